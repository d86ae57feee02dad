//! Finds: a place where the writer can send a type of value that the reader does not accept.
//!
//! Why it breaks: the reader refuses the whole message. `number` instead of `integer` is safe for the reader, the
//! other way round is not; a type that can be absent (`null`) has to be accepted by the reader first.
//!
//! Instead: let readers accept both types first (`type: [string, integer]`), then change what is sent.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/type-changed",
        summary: "the reader wants another type than the writer sends",
        breaks: Breaks::Wire,
        source: include_str!("type_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["type"];
const DIFFERENCES: &[&str] = &["TYPE_CHANGED", "TYPE_NARROWED", "SCHEMA_ADDED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the reader refuses a type that the writer can send in {at} ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "let readers accept both types first, then change what is sent")
}
