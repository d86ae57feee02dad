//! Finds: a list that lacks an item which the reader's `contains` asks for, or has fewer or more of them than
//! `minContains` and `maxContains` say.
//!
//! Why it breaks: the reader refuses the list. An empty list contains nothing, so a new `contains` breaks it.
//!
//! Instead: make writers send the item first, then ask for it.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/contains-narrowed",
        summary: "the reader counts items of a kind, and the writer may send too few or too many",
        breaks: Breaks::Wire,
        source: include_str!("contains_narrowed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["contains", "minContains", "maxContains"];
const DIFFERENCES: &[&str] = &["MIN_CONTAINS_ADDED", "MIN_CONTAINS_INCREASED", "MAX_CONTAINS_ADDED", "MAX_CONTAINS_DECREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the writer can send a list in {at} that has not the items that the reader asks for ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "let writers keep to it before readers ask for it")
}
