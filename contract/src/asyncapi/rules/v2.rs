//! What the rules for AsyncAPI 2 share: the operations and messages of a document, and the fields that name them.

use std::collections::HashMap;

use super::{Context, Sink};
use crate::diagnostic::Label;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// An operation or a message behind its references, and its place in the document: a key or an item.
pub(super) struct Found<'d> {
    pub(super) node: &'d Node,
    pub(super) place: Span,
}

/// The operations of all channels of the document or of its components: of each channel `subscribe` comes first.
pub(super) fn operations<'d>(context: &Context<'d>, parent: &'d Node) -> Vec<Found<'d>> {
    let mut found = Vec::new();
    for (_, channel) in context.entries(parent, "channels") {
        for kind in ["subscribe", "publish"] {
            let Some(entry) = channel.as_mapping().and_then(|channel| channel.entry(kind)) else { continue };
            let node = context.behind(&entry.value);
            if node.as_mapping().is_some() {
                found.push(Found { node, place: entry.key_span });
            }
        }
    }
    found
}

/// The messages of these operations, those under `oneOf` one by one.
pub(super) fn messages<'d>(context: &Context<'d>, parent: &'d Node) -> Vec<Found<'d>> {
    let mut found = Vec::new();
    for operation in operations(context, parent) {
        let Some(entry) = operation.node.as_mapping().and_then(|operation| operation.entry("message")) else { continue };
        let node = context.behind(&entry.value);
        match context.get(node, "oneOf").map(|list| &list.value) {
            Some(Value::Sequence(items)) => {
                let messages = items.iter().map(|item| Found { node: context.behind(item), place: item.span });
                found.extend(messages.filter(|message| message.node.as_mapping().is_some()));
            }
            _ if node.as_mapping().is_some() => found.push(Found { node, place: entry.key_span }),
            _ => {}
        }
    }
    found
}

/// The field of an operation or a message after its traits were applied: the last trait that has it as a text, else its own.
fn merged_id<'d>(context: &Context<'d>, node: &'d Node, field: &str) -> Option<&'d Node> {
    let is_text = |node: &&Node| node.as_str().is_some();
    let traits: Vec<&Node> = context.items(node, "traits").map(|(_, one)| one).collect();
    let of_trait = traits.iter().rev().find_map(|one| context.get(one, field).filter(is_text));
    of_trait.or_else(|| context.get(node, field).filter(is_text))
}

/// Reports each id that was there before.
pub(super) fn unique_ids<'d>(context: &Context<'d>, nodes: impl Iterator<Item = &'d Node>, field: &str, sink: &mut Sink<'_>) {
    let mut first: HashMap<&str, &Node> = HashMap::new();
    for id in nodes.filter_map(|node| merged_id(context, node, field)) {
        let text = id.as_str().unwrap_or("");
        match first.get(text) {
            Some(before) => {
                let found = sink.report(id.span, format!("the {field} `{text}` is there twice"));
                if before.span != id.span {
                    found.related.push(Label::new(before.span, "first here"));
                }
            }
            None => drop(first.insert(text, id)),
        }
    }
}

/// Reports an operation or a message without an id, at `place`.
pub(super) fn wants_id<'d>(context: &Context<'d>, node: &'d Node, place: Span, field: &str, sink: &mut Sink<'_>) {
    let traits = context.get(node, "traits");
    let all_objects = || context.items(node, "traits").all(|(_, one)| one.as_mapping().is_some());
    // By its shape it must be right first.
    if node.as_mapping().is_none() || traits.is_some_and(|traits| traits.as_sequence().is_none() || !all_objects()) {
        return;
    }
    let own = context.get(node, field);
    let of_traits = context.items(node, "traits").filter_map(|(_, one)| context.get(one, field)).last();
    if !of_traits.or(own).is_some_and(is_truthy) {
        sink.report(place, format!("this should have a field `{field}`"));
    }
}

/// Reports names under `servers` of a channel that are no servers of the document; for all versions.
pub(super) fn channel_servers(context: &Context<'_>, sink: &mut Sink<'_>) {
    let root = context.root;
    let lists: Vec<_> = context.entries(root, "channels").map(|(_, channel)| context.get(channel, "servers")).collect();
    let are_texts = |list: &&Node| list.as_sequence().is_some_and(|items| items.iter().all(|item| item.as_str().is_some()));
    let servers = context.get(root, "servers");
    // Only where all of them are names: other things are wrong by their shape, or references, which have their own rules.
    if !lists.iter().flatten().all(are_texts) || servers.is_some_and(|servers| servers.as_mapping().is_none()) {
        return;
    }
    for item in lists.iter().flatten().filter_map(|list| list.as_sequence()).flatten() {
        let name = item.as_str().unwrap_or("");
        if servers.and_then(|servers| servers.get(name)).is_none() {
            sink.report(item.span, format!("the document has no server `{name}`"));
        }
    }
}

/// `false` for what counts as nothing: null, `false`, zero and the empty text.
pub(super) fn is_truthy(node: &Node) -> bool {
    match &node.value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(_) => node.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}
