//! Finds: a message for which `oneOf`, `anyOf`, `allOf`, `not` or `if` of the reader has no answer: a branch was removed or
//! narrowed, or two branches of a `oneOf` now accept the same message.
//!
//! Why it breaks: the reader refuses the message, although each of its branches may look harmless.
//!
//! Instead: keep the branch, and tell branches apart by a property with a `const`.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/branch-removed",
        summary: "no branch of the reader accepts what the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("branch_removed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["oneOf", "anyOf", "allOf", "not", "if", "then", "else"];
const DIFFERENCES: &[&str] = &[
    "COMBINED_TYPE_CHANGED",
    "COMBINED_TYPE_SUBSCHEMAS_CHANGED",
    "PRODUCT_TYPE_EXTENDED",
    "SUM_TYPE_NARROWED",
    "NOT_TYPE_EXTENDED",
];

fn word(found: &Break) -> (String, &'static str) {
    (
        format!("{} of the reader refuses what the writer can send in {}", found.keyword, found.subject()),
        "keep the branch, and tell branches apart by a property with a `const`",
    )
}
