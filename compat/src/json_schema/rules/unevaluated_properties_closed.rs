//! Finds: a property that the writer may send and that no part of the reader's schema describes, while it has
//! `unevaluatedProperties`.
//!
//! Why it breaks: the reader refuses the message. What is described depends on the branches that apply, so the same
//! property can be welcome in one message and refused in the next.
//!
//! Instead: leave the reader open, or close the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/unevaluated-properties-closed",
        summary: "the reader refuses properties that none of its branches describes",
        breaks: Breaks::Wire,
        source: include_str!("unevaluated_properties_closed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["unevaluatedProperties"];
const DIFFERENCES: &[&str] = &["UNEVALUATED_PROPERTIES_REMOVED", "UNEVALUATED_PROPERTIES_NARROWED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the writer can send properties in {at} that the reader describes nowhere", at = found.subject());
    (message, "leave the reader open, or close the writer first")
}
