//! Finds a document without `servers`, or with none in it.
//!
//! Why it matters: a reader does not know where the application can be reached.
//!
//! What to do instead: add `servers` with at least one entry.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-servers",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the document names its servers",
        source: include_str!("asyncapi_servers.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let servers = context.get(context.root, "servers");
    if servers.and_then(Node::as_mapping).is_none_or(|servers| servers.entries.is_empty()) {
        let place = context.root.as_mapping().and_then(|root| root.entry("servers")).map(|entry| entry.key_span);
        let found = sink.report(
            place.unwrap_or_else(|| context.documents.place_of(context.root).0),
            "the document should name at least one server in `servers`",
        );
        if place.is_none() {
            found.path = Some(Vec::new());
        }
    }
}
