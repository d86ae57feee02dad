//! Finds: a value that fits none of the branches of the reader's `anyOf`: a branch was removed or narrowed.
//!
//! Why it breaks: the reader refuses every message of that kind.
//!
//! Instead: keep the branch until no writer uses it.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/any-of-branch-removed",
        summary: "no branch of the reader's `anyOf` takes what the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("any_of_branch_removed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["anyOf"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!("what the writer can send in {at} fits no branch of the reader's `anyOf`", at = found.subject());
    (message, "keep the branch until no writer uses it")
}
