//! Finds: a text for which the reader's `minLength` is greater than the writer's, or which only the reader limits.
//!
//! Why it breaks: the reader refuses every message with a text that is shorter, the empty one among them.
//!
//! Instead: make writers send longer texts first; raise the reader's limit when no shorter one is left.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/min-length-increased",
        summary: "the reader takes only longer texts than the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("min_length_increased.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["minLength"];
const DIFFERENCES: &[&str] = &["MIN_LENGTH_ADDED", "MIN_LENGTH_INCREASED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "{at} may be shorter for the writer than the reader takes ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "raise the writer's limit first, and the reader's when no shorter text is left")
}
