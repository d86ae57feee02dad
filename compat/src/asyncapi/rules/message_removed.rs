//! Finds a message that a channel no longer carries: none has its name, its payload or its key.
//!
//! Why it breaks: whoever waits for it waits for ever, and whoever still sends it is not understood.
//!
//! What to do instead: keep the message and mark it deprecated; remove it when none of its clients is left.

use eventpact_contract::model::Message;

use super::super::change::{Change, Holds};
use super::super::{Check, Scope, Versions};
use crate::report::Place;
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

fn check(versions: &Versions<'_, Message>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (None, Some(channel)) = (versions.new, scope.channel.as_ref().and_then(|channel| channel.new)) else { return };
    let name = versions.old.name();
    let new = Place::new(channel.span, format!("no message {name}"));
    let old = Place::new(versions.old.span, format!("message {name}"));
    let change = Change::error(format!("channel `{}` no longer carries the message `{name}`", channel.key), new, old);
    let change = change.help("keep the message until none of its clients is left").rolled_out(Holds::leaving(scope.sides));
    out.push(change.path(format!("/channels/{}/messages/{name}", channel.key)));
}
