//! Finds a reference under `messages` of an operation that does not go through the channel of the operation, by its
//! text.
//!
//! Why it matters: code and documentation for the operation would speak of messages that its channel does not carry.
//!
//! What to do instead: refer to `#/channels/…/messages/…`; what stands in the components goes into the channel first.

use super::{Check, Context, Sink, V3};
use crate::asyncapi::shape;
use crate::diagnostic::Label;
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi3-operation-messages-from-referred-channel",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the messages of an operation are messages of its channel",
        source: include_str!("asyncapi3_operation_messages_from_referred_channel.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.root.get("components");
    for parent in std::iter::once(context.root).chain(components) {
        let operations = parent.get("operations").and_then(Node::as_mapping);
        for entry in operations.into_iter().flat_map(|operations| &operations.entries) {
            operation(&entry.value, sink);
        }
    }
}

fn operation(node: &Node, sink: &mut Sink<'_>) {
    let messages = node.get("messages").and_then(Node::as_sequence).unwrap_or_default();
    let channel = node.get("channel").and_then(|channel| channel.get("$ref"));
    // By its shape the operation must be right first.
    let is_reference = |reference: &Node| reference.as_str().is_some_and(shape::is_uri_reference);
    let channel_fits = node.get("channel").is_none_or(|node| node.as_mapping().is_some()) && channel.is_none_or(is_reference);
    let is_item = |item: &Node| item.as_mapping().is_some() && item.get("$ref").is_none_or(is_reference);
    if !channel_fits || !messages.iter().all(is_item) {
        return;
    }
    let below = channel.and_then(Node::as_str).map(|channel| format!("{channel}/messages"));
    for item in messages {
        let Some(reference) = item.get("$ref").and_then(Node::as_str).filter(|text| !text.is_empty()) else { continue };
        if !below.as_ref().is_some_and(|below| reference.starts_with(below)) {
            let found = sink.report(item.span, "this is no message of the channel of the operation");
            if let Some(below) = &below {
                found.help = Some(format!("refer to `{below}/…`, not to components"));
            }
            found.related.extend(channel.map(|channel| Label::new(channel.span, "the channel of the operation")));
        }
    }
}
