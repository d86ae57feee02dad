//! Finds: a number that is a multiple of what the writer names, and not of what the reader names.
//!
//! Why it breaks: the reader refuses numbers between its steps.
//!
//! Instead: choose a step for the reader that divides the writer's.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/multiple-of-changed",
        summary: "the reader wants multiples of a number that the writer does not keep to",
        breaks: Breaks::Wire,
        source: include_str!("multiple_of_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["multipleOf"];
const DIFFERENCES: &[&str] = &["MULTIPLE_OF_ADDED", "MULTIPLE_OF_EXPANDED", "MULTIPLE_OF_CHANGED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the writer can send a number in {at} between the steps of the reader ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "choose a step for the reader that divides the writer's")
}
