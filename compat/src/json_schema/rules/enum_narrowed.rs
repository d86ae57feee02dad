//! Finds: a value that the writer's `enum` or type allows and the reader's `enum` does not.
//!
//! Why it breaks: the reader refuses the message.
//!
//! Instead: let readers accept a new value before writers send it; remove a value when no writer sends it any more.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/enum-narrowed",
        summary: "the reader does not know a value that the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("enum_narrowed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["enum"];
const DIFFERENCES: &[&str] = &["ENUM_ARRAY_NARROWED", "ENUM_ARRAY_CHANGED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the reader does not know every value that the writer can send in {at} ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "keep the value until no writer sends it")
}
