//! Finds: a value that fits none of the branches of the reader's `oneOf`: a branch was removed or narrowed.
//!
//! Why it breaks: the reader refuses every message of that kind.
//!
//! Instead: keep the branch until no writer uses it.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/one-of-branch-removed",
        summary: "no branch of the reader's `oneOf` takes what the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("one_of_branch_removed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["oneOf"];
const DIFFERENCES: &[&str] = &["SUM_TYPE_NARROWED", "COMBINED_TYPE_CHANGED", "COMBINED_TYPE_SUBSCHEMAS_CHANGED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("what the writer can send in {at} fits no branch of the reader's `oneOf`", at = found.subject());
    (message, "keep the branch until no writer uses it")
}
