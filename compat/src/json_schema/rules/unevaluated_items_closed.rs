//! Finds: an item that the writer may send and that no part of the reader's schema describes, while it has
//! `unevaluatedItems`.
//!
//! Why it breaks: the reader refuses longer lists.
//!
//! Instead: leave the reader open, or limit the writer's list first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/unevaluated-items-closed",
        summary: "the reader refuses items that no part of it describes",
        breaks: Breaks::Wire,
        source: include_str!("unevaluated_items_closed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["unevaluatedItems"];
const DIFFERENCES: &[&str] = &["UNEVALUATED_ITEMS_REMOVED", "UNEVALUATED_ITEMS_NARROWED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the writer can send items in {at} that the reader describes nowhere", at = found.subject());
    (message, "leave the reader open, or limit the writer's list first")
}
