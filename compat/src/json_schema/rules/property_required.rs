//! Finds: a property that the reader describes and requires, and that the writer may leave out.
//!
//! Why it breaks: the reader refuses messages without it. A `default` does not help: validators do not fill it in.
//!
//! Instead: make writers send the property first, and require it when all of them do.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/property-required",
        summary: "the reader requires a property that the writer may leave out",
        breaks: Breaks::Wire,
        source: include_str!("property_required.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["required"];
const DIFFERENCES: &[&str] = &[
    "REQUIRED_ATTRIBUTE_ADDED",
    "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the reader requires {at}, which the writer may leave out", at = found.subject());
    (message, "let every writer send the property first, then require it")
}
