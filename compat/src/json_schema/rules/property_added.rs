//! Finds: a property that only the reader describes, while the writer allows any value under that name.
//!
//! Why it breaks: nothing stops the writer from sending that name with another meaning, and then the reader refuses
//! the message.
//!
//! Instead: close the writer's object (`additionalProperties: false`) before properties are added, describe the
//! property on both sides at once, or check with `--content-model closed-writer` when writers send only what their
//! schema names.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/property-added",
        summary: "the reader describes a property that the writer leaves open",
        breaks: Breaks::Wire,
        source: include_str!("property_added.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["properties:added"];
const DIFFERENCES: &[&str] = &[
    "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
    "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
    "RESERVED_PROPERTY_REMOVED",
    "RESERVED_PROPERTY_CONFLICTS_WITH_PROPERTY",
];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the reader has its own idea of {at}, under which the writer may send anything", at = found.subject());
    (
        message,
        "close the object on the writer's side before properties are added to it, or check with `--content-model closed-writer`",
    )
}
