//! Finds: a value that the writer can send where the reader has a `const`.
//!
//! Why it breaks: the reader refuses every other value. A `const` is often a tag or a version, and then the whole
//! message is meant for others.
//!
//! Instead: let readers take both values (`enum`) before writers send the new one.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/const-changed",
        summary: "the reader takes one value only, and the writer can send another",
        breaks: Breaks::Wire,
        source: include_str!("const_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["const"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the writer can send something else in {at} than the one value that the reader takes ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "let readers take both values (`enum`) before writers send the new one")
}
