//! Finds: what the reader asks of an object as soon as a property is there (`dependentSchemas`, `dependencies`), and
//! the writer does not keep to.
//!
//! Why it breaks: the reader refuses messages that have the property.
//!
//! Instead: give the dependency to the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/dependent-schema-narrowed",
        summary: "the presence of a property makes the reader stricter than the writer",
        breaks: Breaks::Wire,
        source: include_str!("dependent_schema_narrowed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["dependentSchemas"];
const DIFFERENCES: &[&str] = &["DEPENDENCY_SCHEMA_ADDED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "with the property that the reader's dependency names, it refuses what the writer can send in {at}",
        at = found.subject()
    );
    (message, "give the dependency to the writer first")
}
