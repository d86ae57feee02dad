//! Finds: an object for which the reader's `maxProperties` is smaller than the number of properties that the writer
//! may send.
//!
//! Why it breaks: the reader refuses objects with more properties.
//!
//! Instead: let writers send fewer properties first, then lower the reader's limit.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/max-properties-decreased",
        summary: "the reader takes only smaller objects than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("max_properties_decreased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["maxProperties"];
const DIFFERENCES: &[&str] = &["MAX_PROPERTIES_ADDED", "MAX_PROPERTIES_DECREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("{at} may have more properties than the reader takes ({stated})", at = found.subject(), stated = found.stated());
    (message, "lower the writer's limit first, and the reader's when no larger object is left")
}
