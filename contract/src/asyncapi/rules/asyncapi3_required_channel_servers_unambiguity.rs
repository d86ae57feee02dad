//! Finds a channel of the document with a reference under `servers` that does not go to `#/servers/…`, by its text.
//!
//! Why it matters: a server in the components is a template: nobody promises that it exists.
//!
//! What to do instead: add the server under `servers`, if need be as a reference to the components, and refer to it
//! there.

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi3-required-channel-servers-unambiguity",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "a channel refers to servers of the document",
        source: include_str!("asyncapi3_required_channel_servers_unambiguity.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let channels = context.root.get("channels").and_then(Node::as_mapping);
    let servers = channels.into_iter().flat_map(|channels| &channels.entries).filter_map(|entry| entry.value.get("servers"));
    for item in servers.filter_map(Node::as_sequence).flatten() {
        if let Some(reference) = item.get("$ref").filter(|node| node.as_str().is_some_and(|text| !text.contains("#/servers/"))) {
            let found = sink.report(reference.span, "this is no server of the document");
            found.help = Some("refer to `#/servers/…`, not to components".to_owned());
        }
    }
}
