//! Finds: a number for which the reader's `minimum` or `exclusiveMinimum` is higher than the writer's.
//!
//! Why it breaks: the reader refuses every number between the two limits.
//!
//! Instead: raise the writer's limit first, and the reader's when no smaller number is left.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/minimum-increased",
        summary: "the reader takes only greater numbers than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("minimum_increased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["minimum", "exclusiveMinimum"];
const DIFFERENCES: &[&str] = &["MINIMUM_ADDED", "MINIMUM_INCREASED", "EXCLUSIVE_MINIMUM_ADDED", "EXCLUSIVE_MINIMUM_INCREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "{at} may be smaller for the writer than the reader takes ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "raise the writer's limit first, and the reader's when no smaller number is left")
}
