//! Finds a message that its channel still carries, and that the application no longer sends (or receives), neither in
//! an operation nor in a reply, while it goes on with others.
//!
//! Why it breaks: readers wait for a message that does not come; senders send one that is not handled.
//!
//! What to do instead: agree with the other side first, then take the message out of the operation.

use std::collections::BTreeSet;

use eventpact_contract::model::Action;

use super::super::change::{Change, Holds};
use super::super::{Check, Use};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/operation-messages-narrowed",
        summary: "a message of the channel is no longer sent, or no longer received",
        breaks: Breaks::Contract,
        source: include_str!("operation_messages_narrowed.rs"),
    },
    check: Check::Use(check),
};

fn check(used: &Use<'_>, out: &mut Vec<Change>) {
    let operations = (&used.new.operations, &used.old.operations);
    let replies = (&used.new.replies, &used.old.replies);
    let mut lost = BTreeSet::new();
    for (new, old) in [operations, replies] {
        let (Some(new), Some(old)) = (new, old) else { continue };
        lost.extend(old.iter().filter(|m| used.partners.new_of(**m).is_some_and(|partner| !new.contains(&partner))));
    }
    for message in &lost {
        let Some(partner) = used.partners.new_of(*message) else { continue };
        let (Some(old), Some(new)) = (used.old_channel.messages.get(*message), used.new_channel.messages.get(partner)) else {
            continue;
        };
        let (channel, name) = (&used.old_channel.key, new.name());
        let (text, holds) = match used.action {
            Action::Send => {
                (format!("`{name}` is no longer sent to `{channel}`: its readers wait for ever"), Holds::CONSUMERS_FIRST)
            }
            Action::Receive => (
                format!("`{name}` is no longer received from `{channel}`: what others send stays unhandled"),
                Holds::PRODUCERS_FIRST,
            ),
        };
        let now = Place::new(used.new_at, format!("{} without it", used.action.as_str()));
        let before = Place::new(used.old_at, format!("{} {}", used.action.as_str(), old.name()));
        let change = Change::error(text, now, before).rolled_out(holds);
        let help = "agree with the other side first, then take the message out of the operation";
        out.push(change.help(help).path(format!("/channels/{channel}/messages/{name}/{}", used.action.as_str())));
    }
}
