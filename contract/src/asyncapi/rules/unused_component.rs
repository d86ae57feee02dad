//! Finds something in `components` that nothing in the documents refers to. Messages have `asyncapi/message-without-channel`.
//!
//! Why it matters: it is not part of the contract, and changes to it are compared with nothing.
//!
//! What to do instead: refer to it, or remove it.

use std::collections::HashSet;

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::{Entry, Node, Value};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/unused-component",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "every component is referred to",
        source: include_str!("unused_component.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let used = used_components(context);
    let Some(components) = context.get(context.root, "components") else { return };
    for (kind, _) in context.entries(context.root, "components").filter(|(kind, _)| kind.key != "messages") {
        for (entry, _) in context.entries(components, &kind.key) {
            if !used.contains(&(kind.key.clone(), entry.key.clone())) {
                sink.report(entry.key_span, format!("nothing refers to `#/components/{}/{}`", kind.key, entry.key));
            }
        }
    }
}

/// A value to look at, and the kind and the name of the component that it is a part of.
type Part<'d> = (&'d Node, Option<(&'d str, &'d str)>);

/// Kind and name of each component that something else refers to.
fn used_components(context: &Context<'_>) -> HashSet<(String, String)> {
    let mut open: Vec<Part<'_>> = of_root(context.root);
    for file in context.documents.file_ids() {
        let root = context.documents.root_of(file).filter(|root| !std::ptr::eq(*root, context.root));
        open.extend(root.map(|root| (root, None)));
    }
    let mut used = HashSet::new();
    while let Some((node, own)) = open.pop() {
        match &node.value {
            Value::Sequence(list) => open.extend(list.iter().map(|item| (item, own))),
            Value::Mapping(map) => {
                for entry in &map.entries {
                    let target = component(entry);
                    // What refers to itself is not used by that.
                    used.extend(target.filter(|(kind, name)| own != Some((kind.as_str(), name.as_str()))));
                    open.push((&entry.value, own));
                }
            }
            _ => {}
        }
    }
    used
}

/// The parts of the root; of the components each one on its own.
fn of_root(root: &Node) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    for entry in root.as_mapping().into_iter().flat_map(|map| &map.entries) {
        let Some(kinds) = entry.value.as_mapping().filter(|_| entry.key == "components") else {
            found.push((&entry.value, None));
            continue;
        };
        for kind in &kinds.entries {
            let named = kind.value.as_mapping().map(|map| map.entries.as_slice()).unwrap_or_default();
            found.extend(named.iter().map(|one| (&one.value, Some((kind.key.as_str(), one.key.as_str())))));
        }
    }
    found
}

/// The component that a `$ref` leads to or into.
fn component(entry: &Entry) -> Option<(String, String)> {
    let text = entry.value.as_str().filter(|_| entry.key == "$ref")?;
    let pointer = text.split_once('#')?.1.strip_prefix("/components/")?;
    let mut tokens = pointer.split('/').map(crate::asyncapi::resolve::percent_decode);
    let mut token = || tokens.next().map(|token| crate::yaml::unescape_token(&token).into_owned());
    Some((token()?, token()?))
}
