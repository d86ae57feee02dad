//! Finds two channels with the same `address` on the same server (a channel that names no server is on all of them). Documents
//! whose servers all speak WebSocket are left out.
//!
//! Why it matters: to the broker they are one channel: messages of both arrive at whoever receives from either.
//!
//! What to do instead: make them one channel with all messages, or give one of them another address or server.

use std::collections::{HashMap, HashSet};

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

/// Channels of one address that others are compared with.
const MAX_SHARED: usize = 100;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/address-shared",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "two channels of one server have different addresses",
        source: include_str!("address_shared.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    // A WebSocket has one address for everything; its channels are kinds of messages.
    let protocols = context.entries(context.root, "servers").map(|(_, server)| server.get("protocol").and_then(Node::as_str));
    let protocols: Vec<&str> = protocols.flatten().collect();
    if !protocols.is_empty() && protocols.iter().all(|protocol| matches!(*protocol, "ws" | "wss")) {
        return;
    }
    let mut by_address: HashMap<&str, Vec<(&Node, HashSet<&str>)>> = HashMap::new();
    for (_, channel) in context.entries(context.root, "channels") {
        let Some(node) = channel.get("address") else { continue };
        let Some(address) = node.as_str().filter(|text| !text.is_empty()) else { continue };
        let listed = channel.get("servers").and_then(Node::as_sequence).unwrap_or_default();
        let servers: HashSet<&str> = listed.iter().filter_map(|one| one.get("$ref")?.as_str()).collect();
        let known = by_address.entry(address).or_default();
        let meets = |other: &HashSet<&str>| servers.is_empty() || other.is_empty() || !servers.is_disjoint(other);
        if let Some((first, _)) = known.iter().take(MAX_SHARED).find(|(_, other)| meets(other)) {
            let span = first.span;
            let found = sink.report(node.span, format!("another channel has the address `{address}` on the same server"));
            found.related.push(crate::diagnostic::Label::new(span, "here"));
        }
        known.push((node, servers));
    }
}
