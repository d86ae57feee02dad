//! A document with all that it refers to in one file: what stands in other files goes to the components.
//!
//! `position.rs` says what a value is by where it stands, `avro.rs` and `protobuf.rs` inline schemas of these formats.

mod avro;
mod position;
mod protobuf;

use std::collections::{HashMap, HashSet, VecDeque};

use crate::asyncapi::{Documents, is_remote, split_reference};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::load::{Options, load_contract_with};
use crate::rule;
use crate::source::{FileId, Reader, Sources};
use crate::yaml::{self, Entry, Mapping, Node, Value, same_value};
use position::Kind;

/// A bundled document.
#[derive(Debug, Clone)]
pub struct Bundled {
    /// YAML, or JSON when the document is JSON.
    pub text: String,
    /// What had to stay in other files.
    pub notes: Vec<Diagnostic>,
}

/// Bundles the document `path`; `Err` with what is wrong with it.
///
/// ```
/// use eventpact_contract::{bundle::bundle, load::Options, source::{Memory, Sources}};
/// let root = "asyncapi: 3.0.0\ninfo: {title: T, version: 1.0.0}\nchannels:\n  c:\n    messages:\n      m: {$ref: 'm.yaml#/M'}\n";
/// let files = Memory([("a.yaml", root), ("m.yaml", "M: {name: m} # theirs\n")].map(|(p, t)| (p.to_owned(), t.to_owned())).into());
/// let bundled = bundle(&mut Sources::new(), &files, "a.yaml", Options::default()).unwrap();
/// assert!(bundled.text.ends_with("m: {$ref: '#/components/messages/M'}\ncomponents:\n  messages:\n    M: {name: m} # theirs\n"));
/// ```
pub fn bundle(sources: &mut Sources, reader: &dyn Reader, path: &str, options: Options) -> Result<Bundled, Vec<Diagnostic>> {
    let (_, mut found) = load_contract_with(sources, reader, path, options);
    rule::demote_beyond(&mut found);
    if has_errors(&found) {
        return Err(found);
    }
    let mut found = Vec::new();
    let documents = Documents::load(sources, reader, path, &mut found);
    let Some(root) = documents.root() else { return Err(found) };
    let mut bundler = Bundler {
        documents: &documents,
        root,
        sources,
        reader,
        places: HashMap::new(),
        whole: HashMap::new(),
        channel_places: HashMap::new(),
        taken: HashSet::new(),
        waiting: VecDeque::new(),
        made: Vec::new(),
        notes: Vec::new(),
        inside: Vec::new(),
        full: false,
    };
    bundler.prepare();
    let mut node = bundler.value(root, Kind::Root);
    while let Some((section, name, target, kind)) = bundler.waiting.pop_front() {
        let value = bundler.value(target, kind);
        bundler.made.push((section, Entry { key: name, key_span: target.span, value }));
    }
    if bundler.full {
        let message = "this document, with all that it refers to, is too large for one file";
        return Err(vec![Diagnostic::error("asyncapi/bundle", root.span, message)]);
    }
    let (made, notes) = (bundler.made, bundler.notes);
    add_components(&mut node, made);
    Ok(Bundled { text: yaml::print(&node, sources), notes })
}

struct Bundler<'d, 's> {
    documents: &'d Documents,
    root: &'d Node,
    sources: &'s mut Sources,
    reader: &'s dyn Reader,
    /// Values of other files that have a place in the components: the pointer to it.
    places: HashMap<(*const Node, &'static str), String>,
    /// Files that stand in the components as a whole.
    whole: HashMap<FileId, String>,
    /// Channels and messages as operations name them, by what stands there.
    channel_places: HashMap<*const Node, String>,
    taken: HashSet<(&'static str, String)>,
    waiting: VecDeque<(&'static str, String, &'d Node, Kind)>,
    made: Vec<(&'static str, Entry)>,
    notes: Vec<Diagnostic>,
    /// Values of other files that are being copied in place of references.
    inside: Vec<*const Node>,
    /// Too much was copied.
    full: bool,
}

/// How deep copies stand in each other.
const MAX_INSIDE: usize = 8;

fn entries(node: &Node) -> &[Entry] {
    node.as_mapping().map_or(&[], |map| &map.entries)
}

/// The reference `node` with another target.
fn turned(node: &Node, reference: &Node, at: &str) -> Node {
    let Value::Mapping(map) = &node.value else { return node.clone() };
    let entries = map.entries.iter().map(|entry| Entry {
        key: entry.key.clone(),
        key_span: entry.key_span,
        value: if entry.key == "$ref" {
            Node { span: reference.span, value: Value::String(at.to_owned()) }
        } else {
            entry.value.clone()
        },
    });
    Node { span: node.span, value: Value::Mapping(Mapping { entries: entries.collect() }) }
}

impl<'d> Bundler<'d, '_> {
    /// Names that are taken, and what operations may name.
    fn prepare(&mut self) {
        for section in self.root.get("components").into_iter().flat_map(entries) {
            let Some(name) = position::SECTIONS.iter().find(|name| **name == section.key) else { continue };
            self.taken.extend(entries(&section.value).iter().map(|entry| (*name, entry.key.clone())));
        }
        for channel in self.root.get("channels").into_iter().flat_map(entries) {
            let at = format!("#/channels/{}", yaml::reference_token(&channel.key));
            self.channel_places.insert(&raw const channel.value, at.clone());
            let Some(node) = self.documents.follow(&channel.value, &mut Vec::new()) else { continue };
            self.channel_places.entry(node).or_insert_with(|| at.clone());
            for message in node.get("messages").into_iter().flat_map(entries) {
                let at = format!("{at}/messages/{}", yaml::reference_token(&message.key));
                self.channel_places.entry(&raw const message.value).or_insert(at);
            }
        }
        for server in self.root.get("servers").into_iter().flat_map(entries) {
            self.channel_places.insert(&raw const server.value, format!("#/servers/{}", yaml::reference_token(&server.key)));
        }
    }

    fn value(&mut self, node: &'d Node, kind: Kind) -> Node {
        if self.full || (node.span.file != self.root.span.file && !self.documents.count_copy()) {
            self.full = true;
            return Node { span: node.span, value: Value::Null };
        }
        let value = match &node.value {
            Value::Sequence(items) => {
                let each = kind.item();
                Value::Sequence(items.iter().map(|item| self.value(item, each)).collect())
            }
            Value::Mapping(map) => {
                if let Some(reference) = map.get("$ref").filter(|_| kind != Kind::Data) {
                    return self.reference(node, reference, kind);
                }
                if let Some(inlined) = self.with_format(node, kind) {
                    return inlined;
                }
                let entries = map.entries.iter().map(|entry| Entry {
                    key: entry.key.clone(),
                    key_span: entry.key_span,
                    value: self.value(&entry.value, kind.field(&entry.key)),
                });
                Value::Mapping(Mapping { entries: entries.collect() })
            }
            other => other.clone(),
        };
        Node { span: node.span, value }
    }

    /// A reference, turned to where its target stands in the bundle.
    fn reference(&mut self, node: &'d Node, reference: &'d Node, kind: Kind) -> Node {
        let Some(named) = reference.as_str().filter(|named| !is_remote(named)) else { return node.clone() };
        if named.contains(".proto") && kind.is_schema() {
            return self.proto(node, named, None).0;
        }
        if kind == Kind::Place {
            return self.place(node, reference);
        }
        let local = named.starts_with('#') && reference.span.file == self.root.span.file;
        if local {
            return node.clone();
        }
        let Some(target) = self.documents.next(node, &mut Vec::new()) else { return node.clone() };
        let fragment = split_reference(named).1;
        if target.span.file == self.root.span.file {
            return turned(node, reference, &format!("#{fragment}"));
        }
        // Operations name channels and servers at the root, so these stand there themselves.
        if matches!(kind, Kind::RootChannel | Kind::RootServer | Kind::RootOperation) {
            return self.copied(node, kind);
        }
        if let Some(inlined) = self.with_format(target, kind).filter(|_| kind == Kind::AnySchema) {
            return inlined;
        }
        let Some(section) = kind.section() else {
            return self.copied(node, kind);
        };
        // A part of a file that is there as a whole stays a part of it.
        if let (Some(whole), true) = (self.whole.get(&target.span.file), kind.is_schema()) {
            let at = if fragment.is_empty() { whole.clone() } else { format!("{whole}{fragment}") };
            return turned(node, reference, &at);
        }
        let mut at = self.component(target, section, named, kind);
        if kind == Kind::Schema && target.get("schemaFormat").is_some() {
            at.push_str("/schema");
        }
        turned(node, reference, &at)
    }

    /// What a reference leads to, in its place; the reference itself inside of that.
    fn copied(&mut self, node: &'d Node, kind: Kind) -> Node {
        let target = self.documents.follow(node, &mut Vec::new());
        let Some(target) = target.filter(|target| !self.inside.contains(&std::ptr::from_ref(*target))) else {
            return node.clone();
        };
        if self.inside.len() >= MAX_INSIDE {
            return node.clone();
        }
        self.inside.push(target);
        let copied = self.value(target, kind);
        self.inside.pop();
        copied
    }

    /// A reference to a channel, a server or a message of a channel.
    fn place(&self, node: &'d Node, reference: &Node) -> Node {
        if reference.as_str().is_some_and(|named| named.starts_with('#')) && reference.span.file == self.root.span.file {
            return node.clone();
        }
        let chain = self.documents.chain(node, &mut Vec::new()).unwrap_or_default();
        let at = chain.iter().skip(1).find_map(|node| self.channel_places.get(&std::ptr::from_ref(*node)).cloned());
        at.map_or_else(|| node.clone(), |at| turned(node, reference, &at))
    }

    /// The pointer of a value among the components; it gets a place there the first time.
    fn component(&mut self, target: &'d Node, section: &'static str, named: &str, kind: Kind) -> String {
        if let Some(known) = self.places.get(&(std::ptr::from_ref(target), section)) {
            return known.clone();
        }
        let same = self.made_same(target, section);
        if let Some(same) = same {
            self.places.insert((target, section), same.clone());
            return same;
        }
        let stem = position::name_of(named);
        let mut name = stem.clone();
        let mut n = 2;
        while !self.taken.insert((section, name.clone())) {
            name = format!("{stem}_{n}");
            n += 1;
        }
        let at = format!("#/components/{section}/{}", yaml::reference_token(&name));
        self.places.insert((target, section), at.clone());
        if kind.is_schema() && self.documents.is_whole_file(target) {
            self.whole.insert(target.span.file, at.clone());
        }
        let kind = if kind == Kind::Schema { Kind::AnySchema } else { kind };
        self.waiting.push_back((section, name, target, kind));
        at
    }

    /// The place of an equal value without references, of whose kind there is one already.
    fn made_same(&self, target: &Node, section: &'static str) -> Option<String> {
        if position::refers(target) {
            return None;
        }
        let equal = |node: &Node| !position::refers(node) && same_value(node, target);
        let own = self.root.get("components").and_then(|components| components.get(section));
        let own = own.into_iter().flat_map(entries).map(|entry| (&entry.key, &entry.value));
        let waiting = self.waiting.iter().filter(|(of, ..)| *of == section).map(|(_, name, node, _)| (name, *node));
        let made = self.made.iter().filter(|(of, _)| *of == section).map(|(_, entry)| (&entry.key, &entry.value));
        let mut all = own.chain(waiting).chain(made);
        all.find(|(_, node)| equal(node)).map(|(name, _)| format!("#/components/{section}/{}", yaml::reference_token(name)))
    }

    /// A schema beside its format: Avro and Protobuf of other files are inlined. 2.x has the format beside the payload.
    fn with_format(&mut self, node: &'d Node, kind: Kind) -> Option<Node> {
        let schema = match kind {
            Kind::AnySchema => "schema",
            Kind::Message => "payload",
            _ => return None,
        };
        let format = node.get("schemaFormat").and_then(Node::as_str)?;
        let is_avro = format.starts_with("application/vnd.apache.avro");
        if !is_avro && !format.starts_with("application/vnd.google.protobuf") {
            return None;
        }
        let mut more = None;
        let copied = entries(node).iter().map(|entry| {
            let value = match (entry.key == schema, is_avro) {
                (true, true) => self.avro(&entry.value),
                (true, false) => match entry.value.get("$ref").and_then(Node::as_str) {
                    Some(named) => {
                        let (text, beside) = self.proto(&entry.value, named, Some(kind));
                        more = beside;
                        text
                    }
                    None => entry.value.clone(),
                },
                _ => self.value(&entry.value, kind.field(&entry.key)),
            };
            Entry { key: entry.key.clone(), key_span: entry.key_span, value }
        });
        let mut entries: Vec<Entry> = copied.collect();
        entries.extend(more);
        Some(Node { span: node.span, value: Value::Mapping(Mapping { entries }) })
    }
}

/// Puts the made entries behind those that are there.
fn add_components(root: &mut Node, made: Vec<(&'static str, Entry)>) {
    let span = root.span;
    let Value::Mapping(root) = &mut root.value else { return };
    if made.is_empty() {
        return;
    }
    let empty = || Node { span, value: Value::Mapping(Mapping::default()) };
    let section = |map: &mut Mapping, key: &str| -> usize {
        map.entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
            map.entries.push(Entry { key: key.to_owned(), key_span: span, value: empty() });
            map.entries.len() - 1
        })
    };
    let at = section(root, "components");
    let Some(Value::Mapping(components)) = root.entries.get_mut(at).map(|entry| &mut entry.value.value) else { return };
    for (name, entry) in made {
        let at = section(components, name);
        if let Some(Value::Mapping(map)) = components.entries.get_mut(at).map(|entry| &mut entry.value.value) {
            map.entries.push(entry);
        }
    }
}
