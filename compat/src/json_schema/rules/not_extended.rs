//! Finds: a value that the writer can send and the schema in the reader's `not` accepts.
//!
//! Why it breaks: the reader refuses it.
//!
//! Instead: exclude it in the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/not-extended",
        summary: "the reader's `not` excludes something that the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("not_extended.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["not"];
const DIFFERENCES: &[&str] = &["NOT_TYPE_EXTENDED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("the writer can send a value in {at} that the reader's `not` excludes", at = found.subject());
    (message, "exclude it in the writer first")
}
