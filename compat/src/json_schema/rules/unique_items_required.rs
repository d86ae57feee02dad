//! Finds: a list in which the writer may send an item twice and the reader has `uniqueItems`.
//!
//! Why it breaks: the reader refuses lists with a repetition. 1 and 1.0 are the same item.
//!
//! Instead: remove repetitions in writers first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/unique-items-required",
        summary: "the reader wants different items, and the writer may repeat one",
        breaks: Breaks::Wire,
        source: include_str!("unique_items_required.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["uniqueItems"];
const DIFFERENCES: &[&str] = &["UNIQUE_ITEMS_ADDED"];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("the writer may repeat an item in {at}, and the reader wants all of them different", at = found.subject());
    (message, "remove repetitions in writers before readers ask for different items")
}
