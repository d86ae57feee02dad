//! Finds: a list for which the reader's `minItems` is greater than the writer's, or which only the reader limits.
//!
//! Why it breaks: the reader refuses shorter lists, the empty one among them.
//!
//! Instead: make writers send longer lists first, then raise the reader's limit.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/min-items-increased",
        summary: "the reader takes only longer lists than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("min_items_increased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["minItems"];
const DIFFERENCES: &[&str] = &["MIN_ITEMS_ADDED", "MIN_ITEMS_INCREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("{at} may have fewer items than the reader takes ({stated})", at = found.subject(), stated = found.stated());
    (message, "raise the writer's limit first, and the reader's when no shorter list is left")
}
