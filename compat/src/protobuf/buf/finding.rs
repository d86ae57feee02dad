//! From what a rule saw to a finding.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::source::Span;

use crate::report::{Finding, Place};

use super::rule::BufRule;

/// The two ends of a finding: where it is now, and where it was.
pub(super) struct Ends {
    new: Place,
    old: Place,
}

impl Ends {
    /// A place in the new version and what is there, and the same in the previous one.
    pub(super) fn new(new: Span, now: impl Into<String>, old: Span, before: impl Into<String>) -> Self {
        Self { new: Place::new(new, now), old: Place::new(old, before) }
    }
}

/// A finding. `path` names the element without line numbers.
pub(super) fn finding(rule: &BufRule, message: String, help: &str, ends: Ends, path: String) -> Finding {
    Finding {
        rule: rule.info,
        severity: Severity::Error,
        message,
        help: help.to_owned(),
        reader: ends.new,
        writer: ends.old,
        path,
        peer: None,
        witness: None,
    }
}
