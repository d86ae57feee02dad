//! Finds: a value that two branches of the reader's `oneOf` accept, so that `oneOf` refuses it.
//!
//! Why it breaks: the reader refuses the message although each branch may look harmless. A branch that was added is
//! the usual cause.
//!
//! Instead: tell branches apart by a property with a `const`, or use `anyOf`.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/one-of-overlap",
        summary: "a message of the writer fits more than one branch of the reader's `oneOf`",
        breaks: Breaks::Wire,
        source: include_str!("one_of_overlap.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["oneOf:overlap"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("what the writer can send in {at} fits more than one branch of the reader's `oneOf`", at = found.subject());
    (message, "tell branches apart by a property with a `const`, or use `anyOf`")
}
