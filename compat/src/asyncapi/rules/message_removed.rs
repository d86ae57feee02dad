//! Finds a message that a channel no longer carries, neither under its name nor under its key.
//!
//! Why it breaks: its readers wait for a message that never comes, or its writers send one that nobody expects any more.
//!
//! What to do instead: keep the message until none of its clients is left.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::Message;

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/message-removed",
        summary: "a channel no longer carries a message",
        breaks: Breaks::Contract,
        source: include_str!("message_removed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, scope: &Scope<'_>, report: &mut Report) {
    let (None, Some(channel)) = (versions.new, scope.channel) else { return };
    let name = versions.old.name();
    report.findings.push(Finding {
        rule: RULE.info,
        severity: Severity::Error,
        message: format!("channel `{}` no longer carries the message `{name}`", channel.key),
        help: "keep the message until none of its clients is left".to_owned(),
        reader: Place::new(channel.span, format!("no message {name}")),
        writer: Place::new(versions.old.span, format!("message {name}")),
        path: format!("/channels/{}/messages/{name}", channel.key),
        peer: None,
        witness: None,
    });
}
