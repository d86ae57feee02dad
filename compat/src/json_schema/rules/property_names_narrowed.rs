//! Finds: a name of a property that the writer may send and the reader's `propertyNames` refuses.
//!
//! Why it breaks: the reader refuses the whole object, whatever the value under that name.
//!
//! Instead: give the same `propertyNames` to the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/property-names-narrowed",
        summary: "the reader does not take every name of a property that the writer may send",
        breaks: Breaks::Wire,
        source: include_str!("property_names_narrowed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["propertyNames"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the writer can send a property in {at} whose name the reader refuses ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "let writers keep to the names before readers ask for them")
}
