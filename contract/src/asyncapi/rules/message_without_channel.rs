//! Finds a message under `components.messages` that no channel lists in its `messages`.
//!
//! Why it matters: nobody can send or receive it, and changes to it are compared with nothing.
//!
//! What to do instead: list it in the `messages` of its channel: `orderPlaced: {$ref: '#/components/messages/orderPlaced'}`; or
//! remove it.

use std::collections::HashSet;

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/message-without-channel",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "every message of the components is carried by a channel",
        source: include_str!("message_without_channel.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let Some(components) = context.get(context.root, "components") else { return };
    let mut carried = HashSet::new();
    for around in [context.root, components] {
        for (_, channel) in context.entries(around, "channels") {
            for (entry, _) in context.entries(channel, "messages") {
                let chain = context.documents.chain(&entry.value, &mut Vec::new()).unwrap_or_default();
                carried.extend(chain.into_iter().map(std::ptr::from_ref));
            }
        }
    }
    for (entry, _) in context.entries(components, "messages") {
        if !carried.contains(&std::ptr::from_ref(&entry.value)) {
            sink.report(entry.key_span, format!("no channel carries the message `{}`", entry.key));
        }
    }
}
