//! Finds: a text that the writer's `pattern` allows, or that it does not limit, and that the reader's `pattern` does
//! not match.
//!
//! Why it breaks: the reader refuses the message. Two patterns that are written differently may well match the same
//! texts; that is no break.
//!
//! Instead: give the reader a pattern that matches both the old and the new form, until no old message is left.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/pattern-changed",
        summary: "the reader's pattern does not match every text of the writer",
        breaks: Breaks::Wire,
        source: include_str!("pattern_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["pattern"];
const DIFFERENCES: &[&str] = &["PATTERN_ADDED", "PATTERN_CHANGED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the writer can send a text in {at} that the reader's pattern does not match ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "let the reader's pattern match the old form too until no message has it")
}
