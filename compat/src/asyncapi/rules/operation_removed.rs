//! Finds an operation that the application no longer performs on a channel that still exists.
//!
//! Why it breaks: when it no longer sends, its readers wait for messages that never come: an error. When it no longer receives,
//! nothing fails on the wire, but what others send is no longer handled here: a warning.
//!
//! What to do instead: agree with the other side first, then remove the operation on both sides.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::{Action, Operation};

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/operation-removed",
        summary: "the application no longer sends to, or receives from, a channel",
        breaks: Breaks::Contract,
        source: include_str!("operation_removed.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, scope: &Scope<'_>, report: &mut Report) {
    let (None, Some(channel)) = (versions.new, scope.channel) else { return };
    let old = versions.old;
    let (severity, message) = match old.action {
        Action::Send => (Severity::Error, format!("nothing is sent to `{}` any more: its readers wait for ever", channel.key)),
        Action::Receive => {
            (Severity::Warning, format!("`{}` is no longer received: what others send stays unhandled", channel.key))
        }
    };
    let before = scope.old.channels.get(old.channel).map_or("", |c| c.key.as_str());
    report.findings.push(Finding {
        rule: RULE.info,
        severity,
        message,
        help: "agree with the other side first, then remove the operation on both".to_owned(),
        reader: Place::new(channel.span, format!("no {} operation", old.action.as_str())),
        writer: Place::new(old.span, format!("{} {before}", old.action.as_str())),
        path: format!("/operations/{}", old.key),
        peer: None,
        witness: None,
    });
}
