//! Finds: a property that the writer describes and the reader does not, while the reader has `additionalProperties:
//! false` or a schema for all others that refuses it.
//!
//! Why it breaks: the reader refuses every message that has the property.
//!
//! Instead: keep the property in the reader until no writer sends it, or open the reader's object.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/property-removed",
        summary: "the writer sends a property that the reader's closed object does not name",
        breaks: Breaks::Wire,
        source: include_str!("property_removed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["additionalProperties:declared"];
const DIFFERENCES: &[&str] =
    &["PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL", "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the writer can send {at}, which the reader has no place for", at = found.subject());
    (message, "keep the property in the reader until no writer sends it")
}
