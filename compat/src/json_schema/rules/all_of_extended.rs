//! Finds: a part of the reader's `allOf` that has no counterpart in the writer's, and refuses what the writer can
//! send.
//!
//! Why it breaks: everything in `allOf` has to hold, so a part more is a demand more.
//!
//! Instead: add the part to the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/all-of-extended",
        summary: "the reader's `allOf` has a part that the writer does not keep to",
        breaks: Breaks::Wire,
        source: include_str!("all_of_extended.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["allOf"];
const DIFFERENCES: &[&str] = &["PRODUCT_TYPE_EXTENDED"];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "a part of the reader's `allOf` that the writer does not have refuses what it can send in {at}",
        at = found.subject()
    );
    (message, "add the part to the writer first")
}
