//! One document out of many: what other files define is copied under `$defs`, so that a validator needs nothing else.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::yaml::{Entry, Mapping, Node, Value};

use super::parse::Links;
use super::reference::{Documents, Target, at};

/// The schema with every reference to another document turned into one to `#/$defs/…`, and the definitions put there.
pub(super) fn self_contained(root: &Node, documents: &Documents, links: &Links) -> Node {
    let mut copier = Copier { links, keys: HashMap::new(), taken: HashSet::new(), waiting: VecDeque::new() };
    if let Some(definitions) = root.get("$defs").and_then(Node::as_mapping) {
        copier.taken.extend(definitions.entries.iter().map(|e| e.key.clone()));
    }
    let mut whole = copier.copy(0, root);
    let mut added = Vec::new();
    while let Some((target, key)) = copier.waiting.pop_front() {
        let Some(document) = documents.root(target.document) else { continue };
        let Some(node) = at(&document, &target.pointer) else { continue };
        let value = copier.copy(target.document, node);
        added.push(Entry { key, key_span: node.span, value });
    }
    if !added.is_empty() {
        put_definitions(&mut whole, added);
    }
    whole
}

fn put_definitions(whole: &mut Node, added: Vec<Entry>) {
    let span = whole.span;
    let Value::Mapping(map) = &mut whole.value else { return };
    if let Some(entry) = map.entries.iter_mut().find(|e| e.key == "$defs") {
        if let Value::Mapping(definitions) = &mut entry.value.value {
            definitions.entries.extend(added);
        }
        return;
    }
    let value = Node { span, value: Value::Mapping(Mapping { entries: added }) };
    map.entries.push(Entry { key: "$defs".to_owned(), key_span: span, value });
}

struct Copier<'a> {
    links: &'a Links,
    /// The key under `$defs` of each target that was asked for.
    keys: HashMap<Target, String>,
    taken: HashSet<String>,
    waiting: VecDeque<(Target, String)>,
}

impl Copier<'_> {
    /// A copy of a node with its references rewritten. The depth is bounded by that of the document.
    fn copy(&mut self, document: usize, node: &Node) -> Node {
        let value = match &node.value {
            Value::Mapping(map) => Value::Mapping(self.mapping(document, map)),
            Value::Sequence(items) => Value::Sequence(items.iter().map(|i| self.copy(document, i)).collect()),
            plain => plain.clone(),
        };
        Node { span: node.span, value }
    }

    fn mapping(&mut self, document: usize, map: &Mapping) -> Mapping {
        let mut entries = Vec::with_capacity(map.entries.len());
        for entry in &map.entries {
            // A copy has a new home: what names its old one would lead references astray.
            let named = matches!(entry.key.as_str(), "$id" | "$anchor" | "$schema") && entry.value.as_str().is_some();
            if document != 0 && named {
                continue;
            }
            let link = self.links.get(&(document, entry.value.span)).filter(|_| entry.key == "$ref");
            let value = match link {
                Some(target) if target.document != 0 => {
                    let key = self.key(target.clone());
                    let text = format!("#/$defs/{}", super::reference::escape(&key));
                    Node { span: entry.value.span, value: Value::String(text) }
                }
                Some(target) if document != 0 => {
                    // A reference from another file back into the schema itself.
                    Node { span: entry.value.span, value: Value::String(format!("#{}", target.pointer)) }
                }
                _ => self.copy(document, &entry.value),
            };
            entries.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
        }
        Mapping { entries }
    }

    /// The key of a target: the last part of its pointer, or a number when that is taken.
    fn key(&mut self, target: Target) -> String {
        if let Some(key) = self.keys.get(&target) {
            return key.clone();
        }
        let last = target.pointer.rsplit('/').next().unwrap_or_default();
        let plain: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')).collect();
        let base = if plain.is_empty() { "schema".to_owned() } else { plain };
        let mut key = base.clone();
        let mut number = 2;
        while !self.taken.insert(key.clone()) {
            key = format!("{base}-{number}");
            number += 1;
        }
        self.keys.insert(target.clone(), key.clone());
        self.waiting.push_back((target, key.clone()));
        key
    }
}
