//! Finds: a property that the reader requires as soon as another one is there (`dependentRequired`, `dependencies`),
//! and that the writer may leave out.
//!
//! Why it breaks: the reader refuses messages with the one and without the other.
//!
//! Instead: make writers send both first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/dependent-required-added",
        summary: "the presence of a property makes the reader require another one",
        breaks: Breaks::Wire,
        source: include_str!("dependent_required_added.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["dependentRequired"];
const DIFFERENCES: &[&str] = &["DEPENDENCY_ARRAY_ADDED", "DEPENDENCY_ARRAY_EXTENDED", "DEPENDENCY_ARRAY_CHANGED"];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("the reader requires {at} beside another property, and the writer may send that one alone", at = found.subject());
    (message, "let writers send both first, then ask for it")
}
