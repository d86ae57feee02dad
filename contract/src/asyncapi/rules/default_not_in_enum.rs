//! Finds a `default` of a channel parameter or a server variable that its own `enum` does not list.
//!
//! Why it matters: whoever fills in the default gets an address that nobody serves.
//!
//! What to do instead: add the default to the `enum`, or name another one.

use super::{ALL, Check, Context, Sink};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/default-not-in-enum",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "the default of a parameter or a server variable is one of its `enum`",
        source: include_str!("default_not_in_enum.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    for around in [Some(context.root), components].into_iter().flatten() {
        for (_, channel) in context.entries(around, "channels") {
            context.entries(channel, "parameters").for_each(|(_, node)| of_values(node, sink));
        }
        for (_, server) in context.entries(around, "servers") {
            context.entries(server, "variables").for_each(|(_, node)| of_values(node, sink));
        }
    }
    for (_, node) in components.into_iter().flat_map(|c| context.entries(c, "parameters")) {
        of_values(node, sink);
    }
    for (_, node) in components.into_iter().flat_map(|c| context.entries(c, "serverVariables")) {
        of_values(node, sink);
    }
}

fn of_values(node: &Node, sink: &mut Sink<'_>) {
    let (Some(default), Some(listed)) = (node.get("default"), node.get("enum").and_then(Node::as_sequence)) else { return };
    let Some(text) = default.as_str() else { return };
    if !listed.iter().any(|value| value.as_str() == Some(text)) {
        let span = node.get("enum").map_or(node.span, |node| node.span);
        let found = sink.report(default.span, format!("the default `{text}` is not one of the `enum`"));
        found.related.push(crate::diagnostic::Label::new(span, "these are allowed"));
    }
}
