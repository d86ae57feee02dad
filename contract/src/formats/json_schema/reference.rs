//! What a `$ref` means: the document and the JSON pointer that it leads to.
//!
//! Lives here: the documents of one schema, `$id` and the anchors in them, pointers. Does not live here: keywords.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::yaml::{Mapping, Node, Places, Value, escape_token, unescape_token};

use super::address;
use super::dialect::{Dialect, Holds};
use super::parse::ResolveFn;

/// How many documents one schema may consist of.
const MAX_DOCUMENTS: usize = 500;

/// One document: the schema itself, or one that it refers to.
struct Document {
    /// The path relative to the schema; empty for the schema itself.
    path: String,
    root: Rc<Node>,
    /// The first one is the document itself.
    resources: Vec<Resource>,
    /// The numbers of the resources by their pointers.
    by_pointer: HashMap<String, usize>,
    /// A meta-schema, which stands for itself.
    known: bool,
}

/// A part of a document with an address of its own: what `$id` makes.
struct Resource {
    address: String,
    pointer: String,
    /// The pointers of the names in it (`$anchor`, `$dynamicAnchor`, `$id: "#name"`).
    anchors: HashMap<String, String>,
}

/// The documents of one schema: number 0 is the schema itself, others are asked for when a reference names them.
pub(super) struct Documents {
    list: Vec<Document>,
    by_path: HashMap<String, Option<usize>>,
    /// Document and resource of an address.
    by_address: HashMap<String, (usize, usize)>,
    dialect: Dialect,
    places: RefCell<Places>,
}

/// A place that a reference leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    /// Number of the document.
    pub(super) document: usize,
    /// JSON pointer in it, in canonical spelling.
    pub(super) pointer: String,
}

impl Documents {
    /// The schema alone.
    pub(super) fn new(root: Rc<Node>, dialect: Dialect) -> Self {
        let mut documents =
            Self { list: Vec::new(), by_path: HashMap::new(), by_address: HashMap::new(), dialect, places: RefCell::default() };
        documents.add(String::new(), root, false);
        documents
    }

    fn add(&mut self, path: String, root: Rc<Node>, known: bool) -> usize {
        let number = self.list.len();
        let resource = Resource { address: path.clone(), pointer: String::new(), anchors: HashMap::new() };
        let mut collector = Collector { dialect: self.dialect, resources: vec![resource] };
        collector.schema(&root, &mut String::new(), 0, 0);
        let resources = collector.resources;
        for (n, resource) in resources.iter().enumerate().filter(|(_, r)| !r.address.is_empty()) {
            self.by_address.entry(resource.address.clone()).or_insert((number, n));
        }
        let by_pointer = resources.iter().enumerate().map(|(n, r)| (r.pointer.clone(), n)).collect();
        self.list.push(Document { path, root, resources, by_pointer, known });
        number
    }

    /// The value at a pointer in one of the documents.
    pub(super) fn at<'n>(&self, root: &'n Node, pointer: &str) -> Option<&'n Node> {
        self.places.borrow_mut().at(root, pointer)
    }

    /// The root of a document.
    pub(super) fn root(&self, document: usize) -> Option<Rc<Node>> {
        self.list.get(document).map(|d| Rc::clone(&d.root))
    }

    /// `true` for a document that every validator knows.
    pub(super) fn is_known(&self, document: usize) -> bool {
        self.list.get(document).is_some_and(|d| d.known)
    }

    /// The number of the resource that a place lies in.
    fn resource_at(&self, document: usize, pointer: &str) -> usize {
        let Some(this) = self.list.get(document) else { return 0 };
        let mut here = pointer;
        loop {
            if let Some(number) = this.by_pointer.get(here) {
                return *number;
            }
            match here.rsplit_once('/') {
                Some((above, _)) => here = above,
                None => return 0,
            }
        }
    }

    /// The address of the part of a document that a place lies in, and `true` when that part is not the document itself.
    pub(super) fn base(&self, document: usize, pointer: &str) -> (&str, bool) {
        let number = self.resource_at(document, pointer);
        let resource = self.list.get(document).and_then(|d| d.resources.get(number));
        (resource.map_or("", |r| &r.address), number != 0)
    }

    /// Finds what a reference at a place means, or says in plain words why it means nothing.
    pub(super) fn find(&mut self, from: &Target, reference: &Node, resolve: &mut ResolveFn<'_>) -> Result<Target, String> {
        let text = reference.as_str().unwrap_or_default();
        let (file, fragment) = text.split_once('#').unwrap_or((text, ""));
        let fragment = address::percent_decode(fragment);
        let resource = self.resource_at(from.document, &from.pointer);
        if file.is_empty() {
            // The document around the schema (an AsyncAPI document) comes first: pointers count from its root.
            let around = if (from.document, resource) == (0, 0) { self.document("", resolve) } else { None };
            let found = around.and_then(|d| self.inside(d, 0, &fragment));
            return found
                .or_else(|| self.inside(from.document, resource, &fragment))
                .ok_or_else(|| format!("nothing stands at '#{fragment}'"));
        }
        let here = self.list.get(from.document);
        let base = here.and_then(|d| d.resources.get(resource)).map_or("", |r| &r.address);
        let address = address::resolve(base, file);
        let path = address::resolve(here.map_or("", |d| &d.path), file);
        let known = self.by_address.get(&address).copied();
        let (document, resource) = match known {
            Some(found) => found,
            None if is_meta_schema(&address) => {
                let root = Node { span: reference.span, value: Value::Mapping(Mapping::default()) };
                (self.add(address, Rc::new(root), true), 0)
            }
            None => match self.document(&path, resolve).or_else(|| self.document(&address, resolve)) {
                Some(document) => (document, 0),
                None => return Err(format!("there is no '{path}' to read")),
            },
        };
        if self.is_known(document) {
            return Ok(Target { document, pointer: String::new() });
        }
        self.inside(document, resource, &fragment).ok_or_else(|| format!("nothing stands at '#{fragment}' in '{path}'"))
    }

    fn document(&mut self, path: &str, resolve: &mut ResolveFn<'_>) -> Option<usize> {
        if let Some(known) = self.by_path.get(path) {
            return *known;
        }
        if self.list.len() >= MAX_DOCUMENTS {
            return None;
        }
        let found = resolve(path).map(|root| self.add(path.to_owned(), Rc::new(root), false));
        self.by_path.insert(path.to_owned(), found);
        found
    }

    /// A pointer or an anchor in one resource.
    fn inside(&self, document: usize, resource: usize, fragment: &str) -> Option<Target> {
        let this = self.list.get(document)?;
        let resource = this.resources.get(resource)?;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            format!("{}{fragment}", resource.pointer)
        } else {
            resource.anchors.get(fragment)?.clone()
        };
        self.at(&this.root, &pointer)?;
        Some(Target { document, pointer: canonical_pointer(&pointer) })
    }
}

/// The names that the schemas in one document give themselves.
pub(crate) struct OwnNames {
    addresses: HashSet<String>,
    anchors: HashSet<String>,
}

impl OwnNames {
    /// All of a schema.
    pub(crate) fn of(root: &Node, dialect: Dialect) -> Self {
        let first = Resource { address: String::new(), pointer: String::new(), anchors: HashMap::new() };
        let mut collector = Collector { dialect, resources: vec![first] };
        collector.schema(root, &mut String::new(), 0, 0);
        let anchors = collector.resources.iter().flat_map(|r| r.anchors.keys().cloned()).collect();
        let addresses = collector.resources.into_iter().map(|r| r.address).filter(|a| !a.is_empty()).collect();
        Self { addresses, anchors }
    }

    /// `true` when a reference names one of them and not a place in the document around.
    pub(crate) fn has(&self, reference: &str) -> bool {
        let (file, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if file.is_empty() {
            return self.anchors.contains(fragment);
        }
        let seen_from = |base: &str| self.addresses.contains(&address::resolve(base, file));
        self.addresses.contains(file) || self.addresses.iter().any(|base| seen_from(base))
    }
}

/// `true` for the addresses of the meta-schemas, which every validator knows.
pub(crate) fn is_meta_schema(address: &str) -> bool {
    ["http://json-schema.org/", "https://json-schema.org/"].iter().any(|known| address.starts_with(known))
}

fn canonical_pointer(pointer: &str) -> String {
    let part = |p: &str| escape_token(&unescape_token(p)).into_owned();
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Finds every `$id` and every anchor in the schemas of a document.
struct Collector {
    dialect: Dialect,
    resources: Vec<Resource>,
}

impl Collector {
    fn schema(&mut self, node: &Node, pointer: &mut String, resource: usize, depth: usize) {
        let Value::Mapping(map) = &node.value else { return };
        if depth > crate::yaml::MAX_DEPTH {
            return;
        }
        let resource = self.names(map, pointer, resource);
        for entry in &map.entries {
            let Some(holds) = self.dialect.holds(&entry.key) else { continue };
            let length = pointer.len();
            push(pointer, &entry.key);
            match (&entry.value.value, holds) {
                (Value::Mapping(named), Holds::Named | Holds::Dependencies) => {
                    for entry in &named.entries {
                        self.child(&entry.value, pointer, &entry.key, resource, depth);
                    }
                }
                (Value::Sequence(items), Holds::List | Holds::OneOrList) => {
                    for (n, item) in items.iter().enumerate() {
                        self.child(item, pointer, &n.to_string(), resource, depth);
                    }
                }
                (Value::Mapping(_), Holds::One | Holds::OneOrList) => self.schema(&entry.value, pointer, resource, depth + 1),
                _ => {}
            }
            pointer.truncate(length);
        }
    }

    fn child(&mut self, node: &Node, pointer: &mut String, key: &str, resource: usize, depth: usize) {
        let length = pointer.len();
        push(pointer, key);
        self.schema(node, pointer, resource, depth + 1);
        pointer.truncate(length);
    }

    /// The names that a schema gives itself; the number of the resource that it is a part of.
    fn names(&mut self, map: &Mapping, pointer: &str, resource: usize) -> usize {
        let mut resource = resource;
        let alone = self.dialect.reference_stands_alone() && map.get("$ref").is_some();
        let id = map.get(self.dialect.identifier()).and_then(Node::as_str).filter(|_| !alone);
        if let Some((address, name)) = id.map(|id| id.split_once('#').unwrap_or((id, ""))) {
            let base = self.resources.get(resource).map_or("", |r| &r.address);
            let full = address::resolve(base, address);
            match self.resources.first_mut() {
                _ if address.is_empty() => {}
                Some(root) if pointer.is_empty() => root.address = full,
                _ => {
                    self.resources.push(Resource { address: full, pointer: pointer.to_owned(), anchors: HashMap::new() });
                    resource = self.resources.len() - 1;
                }
            }
            self.anchor(name, pointer, resource);
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(name) = map.get(keyword).and_then(Node::as_str) {
                self.anchor(name, pointer, resource);
            }
        }
        resource
    }

    fn anchor(&mut self, name: &str, pointer: &str, resource: usize) {
        if let Some(resource) = self.resources.get_mut(resource).filter(|_| !name.is_empty()) {
            resource.anchors.entry(name.to_owned()).or_insert_with(|| pointer.to_owned());
        }
    }
}

fn push(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&escape_token(key));
}
