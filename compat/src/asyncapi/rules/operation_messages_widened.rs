//! Finds a message that the channel carried before, and that the application sends only now (one that it receives
//! only now is a note).
//!
//! Why it breaks: readers know the message from the channel, but were never sent it: a handler that was left out is missed
//! now. So it is a warning; a message that is new to the channel is an error (`asyncapi/message-added`).
//!
//! What to do instead: let the consumers learn the message first.

use eventpact_contract::model::{Action, Message};

use super::super::change::Change;
use super::super::{Check, Use};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/operation-messages-widened",
        summary: "a message of the channel is now sent too",
        breaks: Breaks::Contract,
        source: include_str!("operation_messages_widened.rs"),
    },
    check: Check::Use(check),
};

fn check(used: &Use<'_>, out: &mut Vec<Change>) {
    for message in &used.new.all {
        let Some(_) = used.partners.old_of(*message).filter(|partner| !used.old.all.contains(partner)) else { continue };
        let Some(name) = used.new_channel.messages.get(*message).map(Message::name) else { continue };
        let channel = &used.old_channel.key;
        let places =
            (Place::new(used.new_at, format!("{} also {name}", used.action.as_str())), Place::new(used.old_at, "without it"));
        let change = match used.action {
            Action::Send => {
                let text = format!(
                    "`{name}` is now sent to `{channel}`, and was not before: its readers know it from the channel, and may not expect it"
                );
                let change = Change::warning(text, places.0, places.1);
                change.help("let the consumers learn the message first")
            }
            Action::Receive => Change::note(format!("`{name}` is now received from `{channel}` too"), places.0, places.1),
        };
        out.push(change.path(format!("/channels/{channel}/messages/{name}/{}", used.action.as_str())));
    }
}
