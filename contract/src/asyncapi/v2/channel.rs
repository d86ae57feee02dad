//! Channels with their `publish` and `subscribe`: a channel with its messages, and operations that name it.

use std::collections::HashSet;

use super::server::operation_bindings;
use super::{PointOfView, Upgrade, entries, entry, mapping, new_reference, node, text};
use crate::asyncapi::shape::is_extension;
use crate::source::Span;
use crate::yaml::{Entry, Node, Value, reference_token};

/// The channel that is made.
struct Building {
    /// Its pointer in the new tree.
    at: String,
    /// Its key.
    id: String,
    /// Its address; `None` among the components, where no key says it.
    address: Option<String>,
    /// The key in the root document.
    here: Span,
    messages: Vec<Entry>,
    /// The message behind each entry of `messages`, to know one that both operations name.
    targets: Vec<*const Node>,
}

impl<'d> Upgrade<'d> {
    pub(super) fn channels(&mut self, channels: &'d Node) -> Node {
        let mut taken: HashSet<&str> = entries(channels).iter().map(|one| one.key.as_str()).collect();
        let mut out = Vec::new();
        for one in entries(channels) {
            if is_extension(&one.key) {
                out.push(one.clone());
                continue;
            }
            let Some(item) = self.follow(&one.value).filter(|item| item.as_mapping().is_some()) else {
                out.push(one.clone());
                continue;
            };
            let wanted = item.get("x-channelId").and_then(Node::as_str).filter(|id| !id.is_empty() && taken.insert(id));
            let id = wanted.unwrap_or(&one.key).to_owned();
            let at = format!("/channels/{}", reference_token(&id));
            self.moved.insert(&raw const one.value, at.clone());
            if let Some(next) = self.documents.next(&one.value, &mut Vec::new()) {
                self.moved.entry(next).or_insert_with(|| at.clone());
                self.components_moved.insert(next);
            }
            let building = Building {
                at,
                id: id.clone(),
                address: Some(one.key.clone()),
                here: one.key_span,
                messages: Vec::new(),
                targets: Vec::new(),
            };
            let (channel, operations) = self.channel(item, building);
            self.operations.extend(operations);
            out.push(entry(id, one.key_span, channel));
        }
        let mut seen = HashSet::new();
        for operation in &mut self.operations {
            unique(&mut operation.key, &mut seen);
        }
        mapping(channels.span, out)
    }

    /// Those that a channel of the document refers to became that channel; the others stay.
    pub(super) fn component_channels(&mut self, channels: &'d Node, at: &str) -> Node {
        let mut out = Vec::new();
        for one in entries(channels) {
            if self.components_moved.contains(&std::ptr::from_ref(&one.value)) {
                continue;
            }
            let Some(item) = self.follow(&one.value).filter(|_| !is_extension(&one.key)) else {
                out.push(one.clone());
                continue;
            };
            let building = Building {
                at: format!("{at}/{}", reference_token(&one.key)),
                id: one.key.clone(),
                address: None,
                here: one.key_span,
                messages: Vec::new(),
                targets: Vec::new(),
            };
            let (channel, operations) = self.channel(item, building);
            self.component_operations.extend(operations);
            out.push(entry(one.key.clone(), one.key_span, channel));
        }
        mapping(channels.span, out)
    }

    fn channel(&mut self, item: &'d Node, mut channel: Building) -> (Node, Vec<Entry>) {
        let mut out = Vec::new();
        if let Some(address) = &channel.address {
            out.push(entry("address", channel.here, text(channel.here, address.clone())));
        }
        let (mut operations, mut messages_at) = (Vec::new(), None);
        for one in entries(item) {
            let value = match one.key.as_str() {
                "publish" | "subscribe" => {
                    let message = one.value.as_mapping().and_then(|operation| operation.entry("message"));
                    messages_at.get_or_insert((out.len(), message.map_or(one.key_span, |message| message.key_span)));
                    if let Some(operation) = self.follow(&one.value).filter(|operation| operation.as_mapping().is_some()) {
                        operations.push(self.operation(one, operation, &mut channel));
                    }
                    continue;
                }
                "servers" => server_references(&one.value, channel.here),
                "parameters" => {
                    let at = format!("{}/parameters", channel.at);
                    self.map(&one.value, &at, Self::parameter)
                }
                "bindings" => self.bindings(one.value.clone()),
                "x-channelId" if one.value.as_str() == Some(&channel.id) => continue,
                _ => one.value.clone(),
            };
            out.push(entry(one.key.clone(), one.key_span, value));
        }
        if let Some((at, span)) = messages_at.filter(|_| !channel.messages.is_empty()) {
            // An operation without messages must not get those of the other one.
            for operation in &mut operations {
                if let Value::Mapping(fields) = &mut operation.value.value
                    && fields.get("messages").is_none()
                {
                    fields.entries.push(entry("messages", span, node(channel.here, Value::Sequence(Vec::new()))));
                }
            }
            let messages = std::mem::take(&mut channel.messages);
            out.insert(at, entry("messages", span, mapping(span, messages)));
        }
        (mapping(item.span, out), operations)
    }

    fn operation(&mut self, written: &'d Entry, operation: &'d Node, channel: &mut Building) -> Entry {
        let sends = (written.key == "subscribe") == (self.view == PointOfView::Application);
        let traits = self.traits(operation);
        let own_id = operation.get("operationId").and_then(Node::as_str);
        let id = traits.iter().rev().find_map(|one| one.get("operationId").and_then(Node::as_str)).or(own_id);
        let id = id.filter(|id| !id.is_empty()).map_or_else(|| format!("{}.{}", channel.id, written.key), str::to_owned);
        let span = written.key_span;
        let mut out = vec![
            entry("action", span, text(span, if sends { "send" } else { "receive" })),
            entry("channel", channel.here, new_reference(channel.here, &channel.at)),
        ];
        for one in self.without_overridden(operation, &traits).entries {
            let value = match one.key.as_str() {
                "operationId" => continue,
                "message" => {
                    let Some(message) = operation.get("message") else { continue };
                    let references = self.operation_messages(message, &id, channel);
                    out.push(entry("messages", one.key_span, node(message.span, Value::Sequence(references))));
                    continue;
                }
                "security" => operation.get("security").map_or(one.value, |security| self.security(security)),
                "traits" => self.trait_list(operation, Self::operation_trait),
                "bindings" => operation_bindings(self.bindings(one.value)),
                _ => one.value,
            };
            out.push(entry(one.key, one.key_span, value));
        }
        entry(id, span, mapping(operation.span, out))
    }

    /// References to the messages of an operation; the messages themselves go to the channel.
    fn operation_messages(&mut self, message: &'d Node, operation: &str, channel: &mut Building) -> Vec<Node> {
        let target = self.follow(message).unwrap_or(message);
        let base = format!("{operation}.message");
        match target.get("oneOf").and_then(Node::as_sequence) {
            Some(items) => {
                let each = items.iter().enumerate();
                each.map(|(n, item)| self.channel_message(item, &format!("{base}.{n}"), channel)).collect()
            }
            None => vec![self.channel_message(message, &base, channel)],
        }
    }

    fn channel_message(&mut self, message: &'d Node, default: &str, channel: &mut Building) -> Node {
        let target = self.follow(message).unwrap_or(message);
        let known = channel.targets.iter().position(|known| std::ptr::eq(*known, target));
        let key = match known.and_then(|n| channel.messages.get(n)) {
            Some(known) => known.key.clone(),
            None => {
                let taken: HashSet<&str> = channel.messages.iter().map(|one| one.key.as_str()).collect();
                let named = self.message_key(message, target).filter(|key| !taken.contains(key.as_str()));
                let mut key = named.unwrap_or_else(|| default.to_owned());
                unique(&mut key, &mut taken.into_iter().map(str::to_owned).collect());
                let at = format!("{}/messages/{}", channel.at, reference_token(&key));
                let value = self.object(message, &at, Self::message);
                let span = if message.span.file == channel.here.file { message.span } else { channel.here };
                channel.messages.push(entry(key.clone(), span, value));
                channel.targets.push(target);
                key
            }
        };
        let at = format!("{}/messages/{}", channel.at, reference_token(&key));
        self.moved.entry(message).or_insert_with(|| at.clone());
        new_reference(channel.here, &at)
    }

    /// The `messageId`, else the name under which the components have the message.
    fn message_key(&self, message: &'d Node, target: &'d Node) -> Option<String> {
        let traits = self.traits(target);
        let of_trait = traits.iter().rev().find_map(|one| one.get("messageId").and_then(Node::as_str));
        let id = of_trait.or_else(|| target.get("messageId").and_then(Node::as_str));
        let component = || {
            let chain = self.documents.chain(message, &mut Vec::new())?;
            let reference = chain.iter().rev().find_map(|node| node.get("$ref"))?.as_str()?;
            let pointer = reference.split_once('#')?.1;
            let name = pointer.strip_prefix('/')?.rsplit('/').next()?;
            let is_name = !name.is_empty() && !name.bytes().all(|b| b.is_ascii_digit()) && name != "message";
            is_name.then(|| crate::yaml::unescape_token(&crate::asyncapi::resolve::percent_decode(name)).into_owned())
        };
        let named = id.map(str::to_owned).or_else(component);
        named.filter(|key| !key.is_empty() && !is_extension(key))
    }
}

/// `[name]` as `[{$ref: '#/servers/name'}]`.
fn server_references(servers: &Node, here: Span) -> Node {
    let Value::Sequence(items) = &servers.value else { return servers.clone() };
    let references = items.iter().map(|item| match item.as_str() {
        Some(name) if item.span.file == here.file => new_reference(item.span, &format!("/servers/{}", reference_token(name))),
        Some(name) => new_reference(here, &format!("/servers/{}", reference_token(name))),
        None => item.clone(),
    });
    node(servers.span, Value::Sequence(references.collect()))
}

/// Gives a key that is taken a number behind it.
fn unique(key: &mut String, taken: &mut HashSet<String>) {
    let mut n = 2;
    let stem = key.clone();
    while !taken.insert(key.clone()) {
        *key = format!("{stem}.{n}");
        n += 1;
    }
}
