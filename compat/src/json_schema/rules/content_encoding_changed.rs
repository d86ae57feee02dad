//! Finds: a text that the reader's `contentEncoding` or `contentMediaType` refuses. They are asserted in draft-06 and
//! draft-07 only.
//!
//! Why it breaks: a validator of that draft refuses texts that are not base64 or not JSON.
//!
//! Instead: name the encoding in the writer first.

use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::finding::{Break, Check};

pub(in super::super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "json-schema/content-encoding-changed",
        summary: "the reader wants a text in an encoding that the writer does not promise",
        breaks: Breaks::Wire,
        source: include_str!("content_encoding_changed.rs"),
    },
    check: Check { keywords: KEYWORDS, differences: DIFFERENCES, word },
};

const KEYWORDS: &[&str] = &["contentEncoding", "contentMediaType"];
const DIFFERENCES: &[&str] = &[];

fn word(found: &Break) -> (String, &'static str) {
    let message = format!(
        "the writer can send a text in {at} that is not in the reader's encoding ({stated})",
        at = found.subject(),
        stated = found.stated()
    );
    (message, "name the encoding in the writer first")
}
