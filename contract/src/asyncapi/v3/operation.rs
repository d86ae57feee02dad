//! Operations and replies: which channel, which of its messages, and what becomes of failures.

use std::collections::HashSet;

use super::payload::Payloads;
use super::{Lowering, bindings, entries, location, security, text};
use crate::asyncapi::traits;
use crate::diagnostic::Diagnostic;
use crate::model::{Action, Channel, Operation, Reply};
use crate::source::Span;
use crate::yaml::{Entry, Node};

impl<'d> Lowering<'d> {
    pub(super) fn operations(&mut self, channels: &[Channel], payloads: &mut Payloads<'_, 'd>) -> Vec<Operation> {
        let listed: Vec<&'d Entry> = entries(self.root, "operations").collect();
        listed.into_iter().filter_map(|entry| self.operation(entry, channels, payloads)).collect()
    }

    fn operation(&mut self, entry: &'d Entry, channels: &[Channel], payloads: &mut Payloads<'_, 'd>) -> Option<Operation> {
        let written = self.follow(&entry.value)?;
        let action = match written.get("action")?.as_str()? {
            "send" => Action::Send,
            "receive" => Action::Receive,
            _ => return None,
        };
        let channel = self.channel_of(written.get("channel")?)?;
        let messages = self.messages_of(written, channel, channels);
        let reply = written.get("reply").and_then(|node| self.reply(node, channels));
        let merged = traits::apply(written, self.documents, &mut Vec::new());
        let node: &Node = &merged;
        let (retry, dead_letter) = self.policies(node, action, &entry.key, channels, &messages, channel);
        Some(Operation {
            key: entry.key.clone(),
            span: entry.key_span,
            action,
            channel,
            messages,
            title: text(node, "title"),
            summary: text(node, "summary"),
            description: text(node, "description"),
            reply,
            security: security(self.documents, node),
            bindings: bindings(self.documents, node, payloads),
            retry,
            dead_letter,
        })
    }

    /// The channel of the document that a reference names.
    pub(super) fn channel_of(&mut self, reference: &Node) -> Option<usize> {
        let documents = self.documents;
        let Some(text) = reference.get("$ref") else {
            let message = "an operation names its channel by reference: `$ref: '#/channels/…'`";
            self.error("asyncapi/operation-channel", reference.span, message);
            return None;
        };
        // A reference that leads nowhere was reported by the shape check when it is a part of the specification; those of
        // `x-` fields are only seen here. Exact repetitions are dropped at the end.
        let (text, target) = (text.clone(), documents.chain_from(reference, &mut self.found)?);
        let index = target.iter().find_map(|node| self.channels.get(&std::ptr::from_ref(*node)).copied());
        if index.is_none() {
            let message = "this is no channel of the document";
            self.error("asyncapi/operation-channel", text.span, message).help =
                Some("refer to `#/channels/…`, not to components".to_owned());
        }
        index
    }

    /// Indexes of the messages that an operation or a reply names: all of the channel when it names none.
    fn messages_of(&mut self, node: &'d Node, channel: usize, channels: &[Channel]) -> Vec<usize> {
        let all = channels.get(channel).map_or(0, |channel| channel.messages.len());
        match node.get("messages").and_then(Node::as_sequence) {
            Some(listed) => self.named_messages(listed, channel, channels),
            None => (0..all).collect(),
        }
    }

    /// Indexes of messages by references, each of which must lead into the channel.
    pub(super) fn named_messages(&mut self, listed: &[Node], channel: usize, channels: &[Channel]) -> Vec<usize> {
        let (mut indexes, mut seen) = (Vec::new(), HashSet::new());
        for reference in listed {
            let Some(chain) = self.documents.chain_from(reference, &mut self.found) else { continue };
            let Some(places) = self.messages.get(channel) else { continue };
            match chain.iter().find_map(|node| places.get(&std::ptr::from_ref(*node)).copied()) {
                Some(index) if seen.insert(index) => indexes.push(index),
                Some(_) => {}
                None => self.found.push(foreign_message(reference.span, channels.get(channel))),
            }
        }
        indexes
    }

    fn reply(&mut self, node: &'d Node, channels: &[Channel]) -> Option<Reply> {
        let node = self.follow(node)?;
        let channel = node.get("channel").and_then(|reference| self.channel_of(reference));
        let messages = channel.map(|channel| self.messages_of(node, channel, channels)).unwrap_or_default();
        let address = node.get("address").and_then(|address| self.follow(address));
        Some(Reply { channel, address: address.and_then(location), messages })
    }
}

fn foreign_message(span: Span, channel: Option<&Channel>) -> Diagnostic {
    let (name, at) = channel.map_or(("?", span), |channel| (channel.key.as_str(), channel.span));
    let message = format!("this is no message of the channel `{name}`");
    Diagnostic::error("asyncapi/foreign-message", span, message)
        .with_related(at, "the channel of the operation")
        .with_help(format!("refer to `#/channels/{name}/messages/…`, not to components"))
}
