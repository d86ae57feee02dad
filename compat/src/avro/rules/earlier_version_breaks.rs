//! Finds: a version of the history that the mode does not look at, with which the latest version goes along and the new one does
//! not.
//!
//! Why it breaks: a check against the latest version says nothing on the versions before it. Consumers that still run with an
//! older version, or messages of it that are still in the topic, are what the change hits. Version 1 has a field without a
//! default, version 2 gives it one, version 3 drops the field: version 2 reads that, version 1 does not.
//!
//! Instead: make sure that this version is gone (no consumer runs with it, none of its messages is stored), or keep what it
//! needs. A warning; a transitive mode (`--mode backward-transitive`, …) makes it an error.

use crate::avro::site::{Check, Lost, Wording};
use crate::mode::Direction;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/earlier-version-breaks",
        summary: "earlier versions that the latest one goes along with are not broken by the new one",
        breaks: Breaks::Wire,
        source: include_str!("earlier_version_breaks.rs"),
    },
    check: Check::LostOtherwise(check),
};

fn check(lost: &Lost<'_>) -> Wording {
    let (versions, why) = (lost.versions, lost.message);
    let (message, mode) = match lost.direction {
        Direction::Backward => {
            (format!("messages of {versions} can be read by the latest version, but not by the new one: {why}"), "backward")
        }
        Direction::Forward => (
            format!(
                "messages of the latest version can be read by {versions} of the history, those of the new version cannot: {why}"
            ),
            "forward",
        ),
    };
    Wording {
        message,
        help: format!("Make sure that nothing depends on {versions} any more, or check with --mode {mode}-transitive."),
    }
}
