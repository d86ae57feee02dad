//! Finds a key under `components` or `servers` with something else than letters, digits, `.`, `-` and `_` in it.
//!
//! Why it matters: the specification allows only these; references to other keys must be escaped, and generated names collide.
//!
//! What to do instead: rename it, and what refers to it.

use super::{ALL, Check, Context, Sink};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/component-key",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "keys of components and servers are words",
        source: include_str!("component_key.rs"),
    },
    versions: ALL,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let plain = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let components = context.get(context.root, "components");
    let mut keys: Vec<_> = context.entries(context.root, "servers").map(|(entry, _)| entry).collect();
    for (kind, _) in context.entries(context.root, "components").filter(|(kind, _)| !kind.key.starts_with("x-")) {
        keys.extend(components.into_iter().flat_map(|node| context.entries(node, &kind.key)).map(|(entry, _)| entry));
    }
    for entry in keys.into_iter().filter(|entry| !plain(&entry.key)) {
        sink.report(entry.key_span, format!("`{}` has characters that a key may not have", entry.key)).help =
            Some("letters, digits, `.`, `-` and `_` are allowed".to_owned());
    }
}
