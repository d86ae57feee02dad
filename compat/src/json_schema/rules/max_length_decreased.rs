//! Finds: a text for which the reader's `maxLength` is smaller than the writer's, or which only the reader limits.
//!
//! Why it breaks: the reader refuses every message with a text between the two limits.
//!
//! Instead: shorten what writers send first; lower the reader's limit when no longer text is left in the topic.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/max-length-decreased",
        summary: "the reader takes only shorter texts than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("max_length_decreased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["maxLength"];
const DIFFERENCES: &[&str] = &["MAX_LENGTH_ADDED", "MAX_LENGTH_DECREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "{at} may be longer for the writer than the reader takes ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "lower the writer's limit first, and the reader's when no longer text is left")
}
