//! Finds a list of `tags` with two of the same name.
//!
//! Why it matters: tools take the first or the last of them; its description gets lost.
//!
//! What to do instead: remove one of the two.

use super::v2::{messages, operations};
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Label;
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;
use std::collections::{HashMap, HashSet};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-tags-uniqueness",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "a list of tags names each tag once",
        source: include_str!("asyncapi2_tags_uniqueness.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut owners = vec![context.root];
    let components = context.get(context.root, "components");
    for parent in std::iter::once(context.root).chain(components) {
        for operation in operations(context, parent) {
            owners.push(operation.node);
            owners.extend(context.items(operation.node, "traits").map(|(_, node)| node));
        }
        for message in messages(context, parent) {
            owners.push(message.node);
            owners.extend(context.items(message.node, "traits").map(|(_, node)| node));
        }
    }
    if let Some(components) = components {
        owners.extend(context.entries(components, "operationTraits").map(|(_, node)| node));
        owners.extend(context.entries(components, "messageTraits").map(|(_, node)| node));
        for (_, message) in context.entries(components, "messages") {
            owners.push(message);
            owners.extend(context.items(message, "traits").map(|(_, node)| node));
        }
    }
    let mut seen = HashSet::new();
    for owner in owners.into_iter().filter(|owner| seen.insert(std::ptr::from_ref(*owner))) {
        tags(context, owner, sink);
    }
}

fn tags<'d>(context: &Context<'d>, owner: &'d Node, sink: &mut Sink<'_>) {
    let names: Option<Vec<&Node>> =
        context.items(owner, "tags").map(|(_, tag)| context.get(tag, "name").filter(|name| name.as_str().is_some())).collect();
    let mut first: HashMap<&str, &Node> = HashMap::new();
    // A list in which not everything is a tag is wrong by its shape.
    for name in names.into_iter().flatten() {
        let text = name.as_str().unwrap_or("");
        if let Some(before) = first.insert(text, name) {
            first.insert(text, before);
            let found = sink.report(name.span, format!("the tag `{text}` is there twice"));
            found.related.push(Label::new(before.span, "first here"));
        }
    }
}
