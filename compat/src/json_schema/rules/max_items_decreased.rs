//! Finds: a list for which the reader's `maxItems` is smaller than the writer's, or which only the reader limits.
//!
//! Why it breaks: the reader refuses longer lists.
//!
//! Instead: shorten what writers send first, then lower the reader's limit.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/max-items-decreased",
        summary: "the reader takes only shorter lists than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("max_items_decreased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["maxItems"];
const DIFFERENCES: &[&str] = &["MAX_ITEMS_ADDED", "MAX_ITEMS_DECREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("{at} may have more items than the reader takes ({stated})", at = found.subject(), stated = found.stated());
    (message, "lower the writer's limit first, and the reader's when no longer list is left")
}
