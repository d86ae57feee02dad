//! Finds: a place where the reader's schema is `false` and the writer may send a value.
//!
//! Why it breaks: the reader refuses every message that has anything there.
//!
//! Instead: forbid it in writers first, and in readers when no message has it.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/property-forbidden",
        summary: "the reader forbids a property or an item that the writer may send",
        breaks: Breaks::Wire,
        source: include_str!("property_forbidden.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["falseSchema"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the reader forbids {at}, which the writer may send", at = found.subject());
    (message, "forbid it in the writer first")
}
