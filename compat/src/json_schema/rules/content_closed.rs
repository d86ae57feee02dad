//! Finds: properties or items that the writer may send and the reader forbids: `additionalProperties: false`, a narrower
//! schema for them, `propertyNames`, a shorter tuple.
//!
//! Why it breaks: the reader refuses messages that hold more than it knows.
//!
//! Instead: leave the reader open, or close the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/content-closed",
        summary: "the reader refuses properties or items that the writer may add",
        breaks: Breaks::Wire,
        source: include_str!("content_closed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &[
    "additionalProperties",
    "propertyNames",
    "unevaluatedProperties",
    "additionalItems",
    "unevaluatedItems",
    "items",
    "prefixItems",
    "falseSchema",
    "properties",
    "patternProperties",
];
const DIFFERENCES: &[&str] = &[
    "ADDITIONAL_PROPERTIES_REMOVED",
    "ADDITIONAL_PROPERTIES_NARROWED",
    "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL",
    "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "ADDITIONAL_ITEMS_REMOVED",
    "ADDITIONAL_ITEMS_NARROWED",
    "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL",
    "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    "UNEVALUATED_PROPERTIES_REMOVED",
    "UNEVALUATED_PROPERTIES_NARROWED",
    "UNEVALUATED_ITEMS_REMOVED",
    "UNEVALUATED_ITEMS_NARROWED",
];

fn word(found: &Break) -> (String, &'static str) {
    (
        format!("the reader forbids something that the writer may put into {}", found.subject()),
        "leave the reader open, or close the writer first",
    )
}
