//! A JSON Schema made self-contained: what its references name in other places is copied under `$defs`.
//!
//! Places are kept, so a finding in a copied schema still points to where it is written.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::asyncapi::Documents;
use crate::diagnostic::Diagnostic;
use crate::formats::json_schema::{Dialect, OwnNames, is_meta_schema};
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Value};

/// Keywords whose values are named schemas.
const NAMED: &[&str] = &["properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies"];
/// Keywords whose values are data, in which `$ref` means nothing.
const DATA: &[&str] = &["enum", "const", "default", "examples", "example"];

/// The most schemas that one schema may refer to, directly or not.
const MAX_DEFINITIONS: usize = 5000;

/// The schema with every reference pointing into itself (`None` when that is too large), and the places of all schemas that
/// went into it.
pub(crate) fn bundle(
    documents: &Documents,
    root: &Node,
    dialect: Dialect,
    found: &mut Vec<Diagnostic>,
) -> (Option<Node>, Vec<Span>) {
    let whole = documents.is_whole_file(root);
    let own = OwnNames::of(root, dialect);
    let keeps_names = whole || refers_by_name(root, &own);
    let mut bundler = Bundler {
        documents,
        found,
        root,
        whole,
        own,
        keeps_names,
        names: HashMap::new(),
        taken: HashSet::new(),
        full: false,
        waiting: VecDeque::new(),
    };
    bundler.reserve_names();
    let mut bundled = bundler.schema(root);
    bundler.keeps_names = false;
    let mut definitions = Vec::new();
    let mut reached = vec![root.span];
    while let Some((name, node)) = bundler.waiting.pop_front() {
        reached.push(node.span);
        if definitions.len() >= MAX_DEFINITIONS {
            bundler.too_large(node);
        }
        if bundler.full {
            break;
        }
        definitions.push(Entry { key: name, key_span: node.span, value: bundler.schema(node) });
    }
    if bundler.full {
        return (None, reached);
    }
    if definitions.is_empty() {
        return (Some(bundled), reached);
    }
    if let Value::Mapping(entries) = &mut bundled.value {
        match entries.entries.iter_mut().find(|entry| entry.key == "$defs") {
            Some(Entry { value: Node { value: Value::Mapping(own), .. }, .. }) => own.entries.extend(definitions),
            _ => {
                let value = Node { span: root.span, value: Value::Mapping(Mapping { entries: definitions }) };
                entries.entries.push(Entry { key: "$defs".to_owned(), key_span: root.span, value });
            }
        }
    }
    (Some(bundled), reached)
}

/// A reference below a schema names one of its parts by `$id` or by an anchor.
fn refers_by_name(node: &Node, own: &OwnNames) -> bool {
    match &node.value {
        Value::Sequence(items) => items.iter().any(|item| refers_by_name(item, own)),
        Value::Mapping(map) => map.entries.iter().any(|entry| match (entry.key.as_str(), entry.value.as_str()) {
            ("$ref", Some(text)) => own.has(text),
            ("$dynamicRef" | "$recursiveRef", Some(_)) => true,
            (key, _) => !DATA.contains(&key) && refers_by_name(&entry.value, own),
        }),
        _ => false,
    }
}

struct Bundler<'d, 'f> {
    documents: &'d Documents,
    found: &'f mut Vec<Diagnostic>,
    root: &'d Node,
    /// The root is a whole file: its own `#/…` references stay as they are.
    whole: bool,
    /// The names that the root and the schemas in it give themselves.
    own: OwnNames,
    /// These names stay: something refers to them. Else they are only words, and would lead references astray.
    keeps_names: bool,
    /// The names under `$defs`, those of the root itself included.
    names: HashMap<*const Node, String>,
    taken: HashSet<String>,
    /// No more is copied.
    full: bool,
    waiting: VecDeque<(String, &'d Node)>,
}

impl<'d> Bundler<'d, '_> {
    /// Names that the root's own `$defs` use are not given again.
    fn reserve_names(&mut self) {
        let own = self.root.get("$defs").and_then(Node::as_mapping);
        for entry in own.into_iter().flat_map(|entries| &entries.entries) {
            self.names.insert(&raw const entry.value, entry.key.clone());
            self.taken.insert(entry.key.clone());
        }
    }

    fn schema(&mut self, node: &'d Node) -> Node {
        let Value::Mapping(entries) = &node.value else { return node.clone() };
        if !self.documents.count_copy() {
            self.too_large(node);
            return Node { span: node.span, value: Value::Bool(true) };
        }
        let mut copied = Vec::with_capacity(entries.entries.len());
        for entry in &entries.entries {
            let value = match entry.key.as_str() {
                "$ref" if entry.value.as_str().is_some() => {
                    copied.extend(self.reference(node, entry));
                    continue;
                }
                "$id" | "id" if !self.keeps_names && !std::ptr::eq(node, self.root) && entry.value.as_str().is_some() => {
                    continue;
                }
                key if DATA.contains(&key) => entry.value.clone(),
                key if NAMED.contains(&key) => self.each(&entry.value),
                _ => match &entry.value.value {
                    Value::Sequence(_) => self.each(&entry.value),
                    _ => self.schema(&entry.value),
                },
            };
            copied.push(Entry { key: entry.key.clone(), key_span: entry.key_span, value });
        }
        Node { span: node.span, value: Value::Mapping(Mapping { entries: copied }) }
    }

    fn too_large(&mut self, node: &Node) {
        if !std::mem::replace(&mut self.full, true) {
            let message = "the schemas of this document, with all that they refer to, are too large together";
            self.found.push(Diagnostic::error("json-schema/too-large", node.span, message));
        }
    }

    /// Named schemas, or a list of them.
    fn each(&mut self, node: &'d Node) -> Node {
        let value = match &node.value {
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| self.schema(item)).collect()),
            Value::Mapping(entries) => {
                let copied = entries.entries.iter().map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: self.schema(&entry.value),
                });
                Value::Mapping(Mapping { entries: copied.collect() })
            }
            other => other.clone(),
        };
        Node { span: node.span, value }
    }

    /// The `$ref` of `node`, turned to the copy of what it names; `None` when it leads nowhere.
    fn reference(&mut self, node: &'d Node, entry: &'d Entry) -> Option<Entry> {
        let text = entry.value.as_str()?;
        let stays = self.whole && text.starts_with('#') && entry.value.span.file == self.root.span.file;
        let named = self.keeps_names && self.own.has(text);
        if stays || named || is_meta_schema(text) {
            return Some(entry.clone());
        }
        let target = self.documents.next(node, self.found)?;
        // A schema with its format around it: the schema counts.
        let target = target.get("schema").filter(|_| target.get("schemaFormat").is_some()).unwrap_or(target);
        let to = if std::ptr::eq(target, self.root) { "#".to_owned() } else { format!("#/$defs/{}", self.name(target, text)) };
        let value = Node { span: entry.value.span, value: Value::String(to) };
        Some(Entry { key: entry.key.clone(), key_span: entry.key_span, value })
    }

    fn name(&mut self, target: &'d Node, reference: &str) -> String {
        if let Some(name) = self.names.get(&std::ptr::from_ref(target)) {
            return name.clone();
        }
        let last = reference.rsplit(['/', '#']).find(|part| !part.is_empty()).unwrap_or("schema");
        let stem = last.split('.').next().filter(|stem| !stem.is_empty() && last.contains(".json")).unwrap_or(last);
        let clean = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
        let stem: String = stem.chars().map(clean).collect();
        let mut name = stem.clone();
        let mut n = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{stem}_{n}");
            n += 1;
        }
        self.names.insert(target, name.clone());
        self.waiting.push_back((name.clone(), target));
        name
    }
}
