//! Finds: a list in which the reader describes the first items by position and refuses what the writer may send
//! behind them: `additionalItems`, or `items` beside `prefixItems`.
//!
//! Why it breaks: the reader refuses longer lists.
//!
//! Instead: leave the reader's list open, or close the writer's first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/additional-items-closed",
        summary: "the reader refuses items behind its tuple that the writer may send",
        breaks: Breaks::Wire,
        source: include_str!("additional_items_closed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["additionalItems"];
const DIFFERENCES: &[&str] = &[
    "ADDITIONAL_ITEMS_REMOVED",
    "ADDITIONAL_ITEMS_NARROWED",
    "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL",
    "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the writer can send items in {at} for which the reader's tuple has no place", at = found.subject());
    (message, "leave the reader's list open, or close the writer's first")
}
