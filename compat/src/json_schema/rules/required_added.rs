//! Finds: a property that the reader requires and the writer may leave out; also what the presence of another one asks for.
//!
//! Why it breaks: the reader refuses messages without it. A `default` does not help: validators do not fill it in.
//!
//! Instead: make writers send the property first, and require it when all of them do.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/required-added",
        summary: "the reader requires a property that the writer may leave out",
        breaks: Breaks::Wire,
        source: include_str!("required_added.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["required", "dependentRequired", "dependencies", "dependentSchemas"];
const DIFFERENCES: &[&str] = &[
    "REQUIRED_ATTRIBUTE_ADDED",
    "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
    "DEPENDENCY_ARRAY_ADDED",
    "DEPENDENCY_ARRAY_EXTENDED",
    "DEPENDENCY_ARRAY_CHANGED",
    "DEPENDENCY_SCHEMA_ADDED",
];

fn word(found: &Break) -> (String, &'static str) {
    (
        format!("the reader requires {}, which the writer may leave out", found.subject()),
        "let every writer send the property first, then require it",
    )
}
