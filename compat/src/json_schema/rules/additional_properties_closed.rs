//! Finds: an object in which the writer may send properties that neither side names, and for which the reader has
//! `additionalProperties: false` or a narrower schema than the writer's.
//!
//! Why it breaks: the reader refuses messages that hold more than it knows: those of a writer that is newer than it.
//!
//! Instead: leave the reader open, or close the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/additional-properties-closed",
        summary: "the reader refuses properties that the writer may add",
        breaks: Breaks::Wire,
        source: include_str!("additional_properties_closed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["additionalProperties"];
const DIFFERENCES: &[&str] = &["ADDITIONAL_PROPERTIES_REMOVED", "ADDITIONAL_PROPERTIES_NARROWED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the writer may put more properties into {at} than the reader takes", at = found.subject());
    (message, "leave the reader open, or close the writer first")
}
