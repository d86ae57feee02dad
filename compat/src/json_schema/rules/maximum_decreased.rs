//! Finds: a number for which the reader's `maximum` or `exclusiveMaximum` is lower than the writer's.
//!
//! Why it breaks: the reader refuses every number between the two limits.
//!
//! Instead: lower the writer's limit first, and the reader's when no greater number is left.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/maximum-decreased",
        summary: "the reader takes only smaller numbers than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("maximum_decreased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["maximum", "exclusiveMaximum"];
const DIFFERENCES: &[&str] = &["MAXIMUM_ADDED", "MAXIMUM_DECREASED", "EXCLUSIVE_MAXIMUM_ADDED", "EXCLUSIVE_MAXIMUM_DECREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "{at} may be greater for the writer than the reader takes ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "lower the writer's limit first, and the reader's when no greater number is left")
}
