//! One document out of many: what other files define is copied under `$defs`, so that a validator needs nothing else.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use crate::yaml::{Entry, Mapping, Node, Value, escape_token};

use super::dialect::{Dialect, Holds};
use super::parse::Links;
use super::reference::{Documents, Target};

/// The address that the validator gives to a document that names none.
const NAMELESS: &str = "json-schema:///";

/// The schema with every reference to another document turned into one to `#/$defs/…`, and the definitions put there.
pub(super) fn self_contained(root: Rc<Node>, documents: Documents, links: &Links, dialect: Dialect) -> Node {
    let alone = links.iter().all(|((from, _), to)| *from == 0 && to.document == 0);
    let mut whole = if alone && dialect != Dialect::OpenApi30 {
        drop(documents);
        Rc::unwrap_or_clone(root)
    } else {
        copied(&root, &documents, links, dialect)
    };
    name_dialect(&mut whole, dialect);
    whole
}

fn copied(root: &Node, documents: &Documents, links: &Links, dialect: Dialect) -> Node {
    let mut copier = Copier { documents, links, dialect, keys: HashMap::new(), taken: HashSet::new(), waiting: VecDeque::new() };
    if let Some(definitions) = root.get("$defs").and_then(Node::as_mapping) {
        copier.taken.extend(definitions.entries.iter().map(|e| e.key.clone()));
    }
    let mut whole = copier.schema(&Place { document: 0, pointer: String::new() }, root);
    let mut added = Vec::new();
    while let Some((target, key)) = copier.waiting.pop_front() {
        let Some(document) = documents.root(target.document) else { continue };
        let Some(node) = documents.at(&document, &target.pointer) else { continue };
        let place = Place { document: target.document, pointer: target.pointer };
        added.push(Entry { key, key_span: node.span, value: copier.schema(&place, node) });
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

/// A text without `$schema` is read as draft-07 by all; a schema of another dialect says so.
fn name_dialect(whole: &mut Node, dialect: Dialect) {
    let span = whole.span;
    let Value::Mapping(map) = &mut whole.value else { return };
    if matches!(dialect, Dialect::Draft07 | Dialect::AsyncApi) || map.get("$schema").is_some() {
        return;
    }
    let address = dialect.meta_schema().or(Dialect::Draft04.meta_schema()).unwrap_or_default();
    let value = Node { span, value: Value::String(address.to_owned()) };
    map.entries.insert(0, Entry { key: "$schema".to_owned(), key_span: span, value });
}

/// Where the node stands that is being copied.
struct Place {
    document: usize,
    pointer: String,
}

impl Place {
    fn below(&self, key: &str) -> Self {
        Self { document: self.document, pointer: format!("{}/{}", self.pointer, escape_token(key)) }
    }
}

struct Copier<'a> {
    documents: &'a Documents,
    links: &'a Links,
    dialect: Dialect,
    /// The key under `$defs` of each target that was asked for.
    keys: HashMap<Target, String>,
    taken: HashSet<String>,
    waiting: VecDeque<(Target, String)>,
}

impl Copier<'_> {
    /// A copy of a schema with its references rewritten. The depth is bounded by that of the document.
    fn schema(&mut self, place: &Place, node: &Node) -> Node {
        let Value::Mapping(map) = &node.value else { return node.clone() };
        let copied = map.entries.iter().filter_map(|entry| self.keyword(place, entry)).collect();
        let mut mapping = Mapping { entries: copied };
        if self.dialect == Dialect::OpenApi30 {
            spell_nullable(&mut mapping);
        }
        Node { span: node.span, value: Value::Mapping(mapping) }
    }

    fn keyword(&mut self, place: &Place, entry: &Entry) -> Option<Entry> {
        let key = entry.key.as_str();
        let other = place.document != 0;
        // A copy has a new home: what names its old one would lead references astray.
        let names = ["$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$schema"];
        if other && (names.contains(&key) || key == self.dialect.identifier()) {
            return None;
        }
        let link = self.links.get(&(place.document, entry.value.span));
        let is_reference = matches!(key, "$ref" | "$dynamicRef" | "$recursiveRef");
        if let Some(target) = link.filter(|t| is_reference && (other || t.document != 0)).cloned() {
            let value = Node { span: entry.value.span, value: Value::String(self.reference(place, target)) };
            return Some(Entry { key: "$ref".to_owned(), key_span: entry.key_span, value });
        }
        let below = place.below(key);
        let is_object = matches!(entry.value.value, Value::Mapping(_));
        let value = match self.dialect.holds(key) {
            Some(Holds::Named | Holds::Dependencies | Holds::List) => self.each(&below, &entry.value),
            None if Dialect::is_data(key) => entry.value.clone(),
            // One schema; and a keyword that nobody knows, which a reference may lead into.
            _ if is_object => self.schema(&below, &entry.value),
            _ => self.each(&below, &entry.value),
        };
        Some(Entry { key: entry.key.clone(), key_span: entry.key_span, value })
    }

    /// Schemas by name or in a list.
    fn each(&mut self, place: &Place, node: &Node) -> Node {
        let value = match &node.value {
            Value::Sequence(items) => {
                let copied = items.iter().enumerate().map(|(n, item)| self.schema(&place.below(&n.to_string()), item));
                Value::Sequence(copied.collect())
            }
            Value::Mapping(map) => {
                let copied = map.entries.iter().map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: self.schema(&place.below(&entry.key), &entry.value),
                });
                Value::Mapping(Mapping { entries: copied.collect() })
            }
            plain => plain.clone(),
        };
        Node { span: node.span, value }
    }

    /// The reference to a target, as it is written at a place.
    fn reference(&mut self, place: &Place, target: Target) -> String {
        let pointer = match target.document {
            // From another file back into the schema itself.
            0 => target.pointer,
            _ => format!("/$defs/{}", escape_token(&self.key(target))),
        };
        // A part with an `$id` of its own does not count pointers from the top.
        let (_, apart) = self.documents.base(place.document, &place.pointer);
        let base = match self.documents.base(0, "").0 {
            _ if place.document != 0 || !apart => "",
            "" => NAMELESS,
            named => named,
        };
        format!("{base}#{pointer}")
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

/// `nullable: true` as JSON Schema says it: null among the types.
fn spell_nullable(map: &mut Mapping) {
    let nullable = map.get("nullable").and_then(Node::as_bool) == Some(true);
    let Some(ty) = map.entries.iter_mut().find(|e| e.key == "type").filter(|_| nullable) else { return };
    let span = ty.value.span;
    let null = Node { span, value: Value::String("null".to_owned()) };
    match &mut ty.value.value {
        Value::Sequence(types) if types.iter().all(|t| t.as_str() != Some("null")) => types.push(null),
        Value::String(_) => {
            let own = ty.value.clone();
            ty.value.value = Value::Sequence(vec![own, null]);
        }
        _ => {}
    }
}
