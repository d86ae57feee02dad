//! Finds a message that is new to a channel, and that the application sends there.
//!
//! Why it breaks: the readers of the channel know the messages of the old contract. They get one that they cannot
//! read; those that stop at what they do not know stop here. (A new message that the application receives is a note:
//! nobody sends it yet.)
//!
//! What to do instead: let the consumers learn the message first, or send it to a channel of its own.

use eventpact_contract::model::Action;

use super::super::change::{Change, Holds};
use super::super::{Check, Use};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/message-added",
        summary: "a channel carries a message that its readers do not know",
        breaks: Breaks::Contract,
        source: include_str!("message_added.rs"),
    },
    check: Check::Use(check),
};

fn check(used: &Use<'_>, out: &mut Vec<Change>) {
    for message in used.new.all.iter().filter(|m| used.partners.old_of(**m).is_none()) {
        let Some(message) = used.new_channel.messages.get(*message) else { continue };
        let (channel, name) = (&used.old_channel.key, message.name());
        let places = (
            Place::new(message.span, format!("message {name}")),
            Place::new(used.old_channel.span, format!("no message {name}")),
        );
        let change = match used.action {
            Action::Send => {
                let message = format!("the message `{name}` is new in what is sent to `{channel}`: its readers do not know it");
                let help = "let the consumers learn the message first, or send it to a channel of its own";
                Change::error(message, places.0, places.1).help(help).rolled_out(Holds::CONSUMERS_FIRST)
            }
            Action::Receive => {
                Change::note(format!("the message `{name}` is new in what is received from `{channel}`"), places.0, places.1)
            }
        };
        out.push(change.path(format!("/channels/{channel}/messages/{name}")));
    }
}
