//! Where messages stand in a document: in channels and in the components, with their traits.

use std::collections::HashSet;

use crate::asyncapi::resolve::{Documents, Quick};
use crate::yaml::{Mapping, Node};

/// Collects the messages of a document, each once.
pub(in crate::asyncapi) struct Messages<'d> {
    documents: &'d Documents,
    seen: HashSet<*const Node, Quick>,
    found: Vec<&'d Node>,
}

impl<'d> Messages<'d> {
    /// The messages behind all references; of 2.x also the traits, which have examples of their own.
    pub(in crate::asyncapi) fn of(documents: &'d Documents, root: &'d Node, is_2: bool) -> Vec<&'d Node> {
        let mut messages = Self { documents, seen: HashSet::default(), found: Vec::new() };
        let components = messages.get(root, "components");
        for around in [Some(root), components].into_iter().flatten() {
            for channel in messages.values(around, "channels") {
                if is_2 {
                    messages.of_operations(channel);
                } else {
                    messages.values(channel, "messages").into_iter().for_each(|m| messages.add(m, false));
                }
            }
        }
        if let Some(components) = components {
            messages.values(components, "messages").into_iter().for_each(|m| messages.add(m, is_2));
            if is_2 {
                messages.values(components, "messageTraits").into_iter().for_each(|m| messages.add(m, false));
            }
        }
        messages.found
    }

    fn of_operations(&mut self, channel: &'d Node) {
        for operation in ["publish", "subscribe"] {
            let Some(message) = self.get(channel, operation).and_then(|o| self.get(o, "message")) else { continue };
            match self.get(message, "oneOf").and_then(Node::as_sequence) {
                Some(choices) => choices.iter().for_each(|one| self.add(self.behind(one), true)),
                None => self.add(message, true),
            }
        }
    }

    fn add(&mut self, message: &'d Node, with_traits: bool) {
        if message.as_mapping().is_none() || !self.seen.insert(message) {
            return;
        }
        self.found.push(message);
        if with_traits {
            for one in message.get("traits").and_then(Node::as_sequence).unwrap_or_default() {
                self.add(self.behind(one), false);
            }
        }
    }

    fn behind(&self, node: &'d Node) -> &'d Node {
        self.documents.follow(node, &mut Vec::new()).unwrap_or(node)
    }

    fn get(&self, node: &'d Node, key: &str) -> Option<&'d Node> {
        node.get(key).map(|value| self.behind(value))
    }

    fn values(&self, node: &'d Node, key: &str) -> Vec<&'d Node> {
        let map = self.get(node, key).and_then(Node::as_mapping);
        map.map(|Mapping { entries }| entries.iter().map(|e| self.behind(&e.value)).collect()).unwrap_or_default()
    }
}
