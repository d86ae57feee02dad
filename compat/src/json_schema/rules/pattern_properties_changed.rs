//! Finds: a property whose name matches one of the reader's `patternProperties`, with a value that the writer may
//! send and the schema of the pattern refuses.
//!
//! Why it breaks: the reader refuses the message. The writer may not describe such names at all, and then may send
//! anything under them.
//!
//! Instead: give the pattern to the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/pattern-properties-changed",
        summary: "the reader wants something else of the properties whose names match a pattern",
        breaks: Breaks::Wire,
        source: include_str!("pattern_properties_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["patternProperties"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("the writer can send a value in {at} that the reader refuses for names of this pattern", at = found.subject());
    (message, "give the pattern to the writer first, and to the reader when no other value is left")
}
