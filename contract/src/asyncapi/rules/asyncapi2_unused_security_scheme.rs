//! Finds a security scheme of the components that no server and no operation names.
//!
//! Why it matters: what nobody uses gets old and misleads.
//!
//! What to do instead: remove it, or name it under `security`.

use super::v2::operations;
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;
use std::collections::HashSet;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-unused-securityScheme",
        layer: Layer::Parity,
        severity: Severity::Info,
        summary: "every security scheme is used",
        source: include_str!("asyncapi2_unused_security_scheme.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let servers = context.root.get("servers").and_then(Node::as_mapping);
    let servers = servers.into_iter().flat_map(|servers| &servers.entries).map(|entry| &entry.value);
    let operations: Vec<&Node> = operations(context, context.root).iter().map(|operation| operation.node).collect();
    let used: HashSet<&str> = servers
        .chain(operations)
        .filter_map(|owner| owner.get("security")?.as_sequence())
        .flatten()
        .filter_map(Node::as_mapping)
        .flat_map(|requirement| requirement.entries.iter().map(|entry| entry.key.as_str()))
        .collect();
    let schemes = context.root.get("components").and_then(|components| components.get("securitySchemes")?.as_mapping());
    for entry in schemes.into_iter().flat_map(|schemes| &schemes.entries) {
        if !used.contains(entry.key.as_str()) {
            sink.report(entry.key_span, format!("no server and no operation names the security scheme `{}`", entry.key));
        }
    }
}
