//! Finds a channel that no operation sends to or receives from, also not as a reply, for retries or for dead letters, in a
//! document that has operations.
//!
//! Why it matters: no code is generated for it, and a change of it is compared in no direction.
//!
//! What to do instead: describe the operation, or remove the channel.

use std::collections::HashSet;

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/channel-without-operation",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "every channel is used by an operation",
        source: include_str!("channel_without_operation.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut used = HashSet::new();
    let mut note = |node: Option<&Node>| {
        let chain = node.and_then(|node| context.documents.chain_from(node, &mut Vec::new()));
        used.extend(chain.into_iter().flatten().map(std::ptr::from_ref));
    };
    let mut operations = 0;
    for (_, operation) in context.entries(context.root, "operations") {
        operations += 1;
        note(operation.get("channel"));
        for field in ["reply", "x-retry", "x-dead-letter"] {
            note(context.get(operation, field).and_then(|node| node.get("channel")));
        }
    }
    for (entry, _) in context.entries(context.root, "channels").filter(|_| operations > 0) {
        if !used.contains(&std::ptr::from_ref(&entry.value)) {
            sink.report(entry.key_span, format!("no operation uses the channel `{}`", entry.key));
        }
    }
}
