//! Finds a `{variable}` in the `host` or `pathname` of a server that its `variables` do not describe, and a variable that
//! stands in neither.
//!
//! Why it matters: nobody can tell what to fill in, and generated configuration keeps the braces. The official parser checks
//! this in 2.x only.
//!
//! What to do instead: describe each variable under `variables`, under the name that stands in the braces, and remove the
//! others.

use super::beyond;
use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/server-variables",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "the variables of a server are those in its `host` and `pathname`",
        source: include_str!("server_variables.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    for around in [Some(context.root), components].into_iter().flatten() {
        for (_, server) in context.entries(around, "servers") {
            of_server(context, server, sink);
        }
    }
}

fn of_server(context: &Context<'_>, server: &Node, sink: &mut Sink<'_>) {
    let fields: Vec<&Node> = ["host", "pathname"].iter().filter_map(|field| server.get(field)).collect();
    let described = server.get("variables").map(|node| context.documents.follow(node, &mut Vec::new()).unwrap_or(node));
    let described = described.and_then(Node::as_mapping).map(|map| map.entries.as_slice()).unwrap_or_default();
    for field in &fields {
        for name in beyond::template_names(field.as_str().unwrap_or("")) {
            if !described.iter().any(|entry| entry.key == name) {
                sink.report(field.span, format!("the variable `{name}` is not described")).help =
                    Some(format!("add `{name}` to the `variables` of the server"));
            }
        }
    }
    for entry in described {
        let is_used = |field: &&Node| beyond::template_names(field.as_str().unwrap_or("")).contains(&entry.key.as_str());
        if !fields.iter().any(is_used) {
            sink.report(entry.key_span, format!("neither `host` nor `pathname` has a `{{{}}}`", entry.key));
        }
    }
}
