//! Finds: an object for which the reader's `minProperties` is greater than the number of properties that the writer
//! is sure to send.
//!
//! Why it breaks: the reader refuses objects with fewer properties, the empty one among them.
//!
//! Instead: let writers send more properties first, then raise the reader's limit.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/min-properties-increased",
        summary: "the reader takes only larger objects than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("min_properties_increased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["minProperties"];
const DIFFERENCES: &[&str] = &["MIN_PROPERTIES_ADDED", "MIN_PROPERTIES_INCREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("{at} may have fewer properties than the reader takes ({stated})", at = found.subject(), stated = found.stated());
    (message, "raise the writer's limit first, and the reader's when no smaller object is left")
}
