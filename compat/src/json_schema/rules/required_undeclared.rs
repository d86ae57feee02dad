//! Finds: a name in the reader's `required` that stands in none of its `properties`, and that the writer may leave
//! out.
//!
//! Why it breaks: the reader refuses messages without it, whatever its value would have been. Registries that compare
//! property by property do not see it.
//!
//! Instead: describe the property, make writers send it, and require it last. A name that is misspelled in `required`
//! is found here too.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/required-undeclared",
        summary: "the reader requires a property that it does not describe",
        breaks: Breaks::Wire,
        source: include_str!("required_undeclared.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["required:undeclared"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message =
        format!("the reader requires {at}, which it does not describe and the writer may leave out", at = found.subject());
    (message, "describe the property, or correct its name in `required`")
}
