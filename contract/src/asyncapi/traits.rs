//! Traits: JSON Merge Patch (RFC 7386) in the order of AsyncAPI 3: first the traits in turn, then the object itself, which wins.

use std::borrow::Cow;

use super::resolve::Documents;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Mapping, Node, Value};

/// How deep two objects are merged into each other.
const MAX_DEPTH: usize = 64;

/// An operation or a message with its traits merged in; its references below the top stay references.
pub(super) fn apply<'a>(object: &'a Node, documents: &Documents, found: &mut Vec<Diagnostic>) -> Cow<'a, Node> {
    let Some(traits) = object.get("traits").and_then(Node::as_sequence).filter(|traits| !traits.is_empty()) else {
        return Cow::Borrowed(object);
    };
    let mut merged = Mapping::default();
    for one in traits {
        if let Some(Value::Mapping(patch)) = documents.follow(one, found).map(|node| &node.value) {
            merge(&mut merged, patch, documents, 0);
        }
    }
    if let Value::Mapping(own) = &object.value {
        merge(&mut merged, own, documents, 0);
    }
    merged.entries.retain(|entry| entry.key != "traits");
    Cow::Owned(Node { span: object.span, value: Value::Mapping(merged) })
}

fn merge(target: &mut Mapping, patch: &Mapping, documents: &Documents, depth: usize) {
    for entry in &patch.entries {
        if entry.value.value == Value::Null {
            target.entries.retain(|old| old.key != entry.key);
            continue;
        }
        let Some(old) = target.entries.iter_mut().find(|old| old.key == entry.key) else {
            target.entries.push(entry.clone());
            continue;
        };
        // References that lead nowhere are reported where they are checked, not here.
        let mut ignored = Vec::new();
        let below = documents.follow(&old.value, &mut ignored).cloned();
        let above = documents.follow(&entry.value, &mut ignored);
        match (below.map(|node| node.value), above.map(|node| &node.value)) {
            (Some(Value::Mapping(mut below)), Some(Value::Mapping(above))) if depth < MAX_DEPTH => {
                merge(&mut below, above, documents, depth + 1);
                old.value.value = Value::Mapping(below);
            }
            _ => old.value = entry.value.clone(),
        }
        old.key_span = entry.key_span;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Memory, Sources};

    #[test]
    fn the_object_wins_and_null_deletes() {
        let text = "op: {a: own, traits: [{a: one, b: {x: 1, y: 1}, c: 1, t: [1, 2]}, {$ref: '#/two'}]}\ntwo: {b: {y: 2, z: {$ref: '#/z'}}, c: null, t: [3]}\nz: 3\n";
        let reader = Memory([("a.yaml".to_owned(), text.to_owned())].into());
        let (mut sources, mut found) = (Sources::new(), Vec::new());
        let documents = Documents::load(&mut sources, &reader, "a.yaml", &mut found);
        let merged = apply(documents.root().unwrap().get("op").unwrap(), &documents, &mut found);
        assert_eq!(merged.to_json().to_string(), r##"{"a":"own","b":{"x":1,"y":2,"z":{"$ref":"#/z"}},"t":[3]}"##);
        assert!(found.is_empty());
    }
}
