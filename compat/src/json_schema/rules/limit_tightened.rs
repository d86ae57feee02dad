//! Finds: a length, a range, a step, a pattern or a count that is tighter for the reader than for the writer.
//!
//! Why it breaks: the reader refuses values between the two limits.
//!
//! Instead: tighten the writer first, and the reader when no old message is left.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/limit-tightened",
        summary: "a limit of the reader is tighter than the writer's",
        breaks: Breaks::Wire,
        source: include_str!("limit_tightened.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "format",
];
const DIFFERENCES: &[&str] = &[
    "MAX_LENGTH_ADDED",
    "MAX_LENGTH_DECREASED",
    "MIN_LENGTH_ADDED",
    "MIN_LENGTH_INCREASED",
    "PATTERN_ADDED",
    "PATTERN_CHANGED",
    "MAXIMUM_ADDED",
    "MAXIMUM_DECREASED",
    "MINIMUM_ADDED",
    "MINIMUM_INCREASED",
    "EXCLUSIVE_MAXIMUM_ADDED",
    "EXCLUSIVE_MAXIMUM_DECREASED",
    "EXCLUSIVE_MINIMUM_ADDED",
    "EXCLUSIVE_MINIMUM_INCREASED",
    "MULTIPLE_OF_ADDED",
    "MULTIPLE_OF_EXPANDED",
    "MULTIPLE_OF_CHANGED",
    "MAX_ITEMS_ADDED",
    "MAX_ITEMS_DECREASED",
    "MIN_ITEMS_ADDED",
    "MIN_ITEMS_INCREASED",
    "UNIQUE_ITEMS_ADDED",
    "MAX_PROPERTIES_ADDED",
    "MAX_PROPERTIES_DECREASED",
    "MIN_PROPERTIES_ADDED",
    "MIN_PROPERTIES_INCREASED",
    "MAX_CONTAINS_ADDED",
    "MAX_CONTAINS_DECREASED",
    "MIN_CONTAINS_ADDED",
    "MIN_CONTAINS_INCREASED",
];

fn word(found: &Break) -> (String, &'static str) {
    (
        format!("{} of the reader refuses what the writer can send in {}", found.keyword, found.subject()),
        "tighten the writer first, and the reader when no old message is left",
    )
}
