//! Finds: an item that only the reader describes by its position, while the writer may send any value there.
//!
//! Why it breaks: the reader refuses lists with another value at that position.
//!
//! Instead: describe the position in the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/tuple-item-changed",
        summary: "the reader describes a position of a list that the writer leaves open",
        breaks: Breaks::Wire,
        source: include_str!("tuple_item_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["items:added"];
const DIFFERENCES: &[&str] = &["ITEM_ADDED_TO_OPEN_CONTENT_MODEL", "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the reader has its own idea of {at}, where the writer may send anything", at = found.subject());
    (message, "describe the position on the writer's side first")
}
