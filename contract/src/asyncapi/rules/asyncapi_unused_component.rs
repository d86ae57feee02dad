//! Finds a component that no `$ref` in the document leads to. Security schemes are used by name and have their own
//! rule.
//!
//! Why it matters: what nobody uses gets old and misleads.
//!
//! What to do instead: remove it, or refer to it.

use super::{Check, Context, Sink, V2};
use crate::asyncapi::resolve;
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::{Entry, Node, Value, unescape_token};
use std::collections::HashSet;
use std::fmt::Write as _;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-unused-component",
        layer: Layer::Parity,
        severity: Severity::Info,
        summary: "every component is referred to",
        source: include_str!("asyncapi_unused_component.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut used = HashSet::new();
    references(context.root, &mut String::from("#"), &mut used);
    for (kind, kinds) in entries(context.root.get("components")) {
        for (entry, _) in entries(Some(kinds)).filter(|_| kind.key != "securitySchemes") {
            if !used.contains(&format!("#/components/{}/{}", kind.key, entry.key)) {
                sink.report(entry.key_span, format!("nothing in the document refers to `{}`", entry.key));
            }
        }
    }
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&Entry, &Node)> {
    node.and_then(Node::as_mapping).into_iter().flat_map(|map| &map.entries).map(|entry| (entry, &entry.value))
}

/// The texts of all references, without escapes. One that leads to what it stands in makes no use of it.
fn references(node: &Node, place: &mut String, used: &mut HashSet<String>) {
    let length = place.len();
    match &node.value {
        Value::Sequence(items) => {
            for (n, item) in items.iter().enumerate() {
                let _ = write!(place, "/{n}");
                references(item, place, used);
                place.truncate(length);
            }
        }
        Value::Mapping(mapping) => {
            if let Some(reference) = mapping.get("$ref").and_then(Node::as_str) {
                let target = resolve::percent_decode(reference);
                let target = unescape_token(&target).into_owned();
                let stands_in = place.strip_prefix(&target).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                if !stands_in {
                    used.insert(target);
                }
            }
            for entry in &mapping.entries {
                place.push('/');
                place.push_str(&entry.key);
                references(&entry.value, place, used);
                place.truncate(length);
            }
        }
        _ => {}
    }
}
