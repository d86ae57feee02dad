//! Finds: a value that the reader's `then` or `else` refuses, in a message that its `if` sends there.
//!
//! Why it breaks: the reader refuses such messages. Registries that compare keyword by keyword do not look into
//! `then` and `else`.
//!
//! Instead: give the condition to the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/conditional-changed",
        summary: "the reader's `if` leads to a demand that the writer does not keep to",
        breaks: Breaks::Wire,
        source: include_str!("conditional_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["then"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "where the reader's `if` decides, it refuses what the writer can send in {at} ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "give the condition to the writer first")
}
