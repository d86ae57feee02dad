//! What a `$ref` means: the document and the JSON pointer that it leads to.
//!
//! Lives here: the documents of one schema, `$id` and `$anchor` in them, pointers. Does not live here: keywords.

use std::collections::HashMap;
use std::rc::Rc;

use crate::yaml::{Node, Value};

use super::parse::ResolveFn;

/// How many documents one schema may consist of.
const MAX_DOCUMENTS: usize = 500;

/// One document: the schema itself, or one that it refers to.
struct Document {
    /// The path relative to the schema; empty for the schema itself.
    path: String,
    root: Rc<Node>,
    /// `$id` and `$anchor` in it, with the pointers of their schemas.
    ids: HashMap<String, String>,
}

/// The documents of one schema: number 0 is the schema itself, others are asked for when a reference names them.
pub(super) struct Documents {
    list: Vec<Document>,
    by_path: HashMap<String, Option<usize>>,
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
    pub(super) fn new(root: &Node) -> Self {
        let mut documents = Self { list: Vec::new(), by_path: HashMap::new() };
        documents.add(String::new(), root.clone());
        documents
    }

    fn add(&mut self, path: String, root: Node) -> usize {
        let mut ids = HashMap::new();
        collect_ids(&root, &mut String::new(), &mut ids, 0);
        self.list.push(Document { path, root: Rc::new(root), ids });
        self.list.len() - 1
    }

    /// The root of a document.
    pub(super) fn root(&self, document: usize) -> Option<Rc<Node>> {
        self.list.get(document).map(|d| Rc::clone(&d.root))
    }

    /// The path of a document, for names.
    pub(super) fn path(&self, document: usize) -> &str {
        self.list.get(document).map_or("", |d| &d.path)
    }

    /// Finds what a reference in a document means, or says in plain words why it means nothing.
    pub(super) fn find(&mut self, from: usize, reference: &str, resolve: &mut ResolveFn<'_>) -> Result<Target, String> {
        let (file, fragment) = reference.split_once('#').map_or((reference, ""), |(f, r)| (f, r));
        let fragment = percent_decode(fragment);
        if file.is_empty() {
            // The document around the schema (an AsyncAPI document) comes first: pointers count from its root.
            let around = if from == 0 { self.document("", resolve) } else { None };
            return around
                .into_iter()
                .chain([from])
                .find_map(|d| self.inside(d, &fragment))
                .ok_or_else(|| format!("nothing stands at '#{fragment}'"));
        }
        if let Some(target) = self.by_id(from, file, &fragment) {
            return Ok(target);
        }
        let path = join(self.path(from), file);
        let Some(document) = self.document(&path, resolve) else {
            return Err(format!("there is no '{path}' to read"));
        };
        self.inside(document, &fragment).ok_or_else(|| format!("nothing stands at '#{fragment}' in '{path}'"))
    }

    fn document(&mut self, path: &str, resolve: &mut ResolveFn<'_>) -> Option<usize> {
        if let Some(known) = self.by_path.get(path) {
            return *known;
        }
        if self.list.len() >= MAX_DOCUMENTS {
            return None;
        }
        let found = resolve(path).map(|root| self.add(path.to_owned(), root));
        self.by_path.insert(path.to_owned(), found);
        found
    }

    /// A pointer or an anchor in one document.
    fn inside(&self, document: usize, fragment: &str) -> Option<Target> {
        let this = self.list.get(document)?;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            fragment.to_owned()
        } else {
            this.ids.get(&format!("#{fragment}"))?.clone()
        };
        at(&this.root, &pointer)?;
        Some(Target { document, pointer: canonical_pointer(&pointer) })
    }

    /// A schema in the same document whose `$id` is the file part of the reference.
    fn by_id(&self, from: usize, file: &str, fragment: &str) -> Option<Target> {
        let this = self.list.get(from)?;
        let base = this.root.get("$id").and_then(Node::as_str).unwrap_or_default();
        let absolute = join(base.split('#').next().unwrap_or_default(), file);
        let start = this.ids.get(file).or_else(|| this.ids.get(&absolute))?;
        let pointer = if fragment.is_empty() || fragment.starts_with('/') {
            format!("{start}{fragment}")
        } else {
            this.ids.get(&format!("#{fragment}"))?.clone()
        };
        at(&this.root, &pointer)?;
        Some(Target { document: from, pointer: canonical_pointer(&pointer) })
    }
}

/// The value at a pointer.
pub(super) fn at<'a>(root: &'a Node, pointer: &str) -> Option<&'a Node> {
    let mut node = root;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        node = match &node.value {
            Value::Mapping(map) => map.get(&key)?,
            Value::Sequence(items) => items.get(key.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(node)
}

/// A part of a pointer: `~` and `/` escaped.
pub(super) fn escape(key: &str) -> String {
    if key.contains(['~', '/']) { key.replace('~', "~0").replace('/', "~1") } else { key.to_owned() }
}

fn canonical_pointer(pointer: &str) -> String {
    let part = |p: &str| escape(&p.replace("~1", "/").replace("~0", "~"));
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The path of `reference` seen from the document `base`: folders are joined, `.` and `..` taken out where that is possible.
fn join(base: &str, reference: &str) -> String {
    if reference.contains("://") || reference.starts_with('/') || reference.starts_with("urn:") {
        return reference.to_owned();
    }
    let (scheme, folder) = base.split_once("://").map_or(("", base), |(s, rest)| (s, rest));
    let mut parts: Vec<&str> = folder.split('/').collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let path = parts.join("/");
    if scheme.is_empty() { path } else { format!("{scheme}://{path}") }
}

/// Every `$id` and `$anchor` with its place. What stands in `enum`, `const`, `default` and `examples` is data.
fn collect_ids(node: &Node, pointer: &mut String, ids: &mut HashMap<String, String>, depth: usize) {
    if depth > crate::yaml::MAX_DEPTH {
        return;
    }
    let length = pointer.len();
    match &node.value {
        Value::Mapping(map) => {
            if let Some(id) = map.get("$id").and_then(Node::as_str) {
                ids.entry(id.trim_end_matches('#').to_owned()).or_insert_with(|| pointer.clone());
            }
            if let Some(anchor) = map.get("$anchor").and_then(Node::as_str) {
                ids.entry(format!("#{anchor}")).or_insert_with(|| pointer.clone());
            }
            for entry in &map.entries {
                if matches!(entry.key.as_str(), "enum" | "const" | "default" | "examples") {
                    continue;
                }
                pointer.push('/');
                pointer.push_str(&escape(&entry.key));
                collect_ids(&entry.value, pointer, ids, depth + 1);
                pointer.truncate(length);
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&index.to_string());
                collect_ids(item, pointer, ids, depth + 1);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let digits = text.get(index + 1..index + 3).filter(|_| byte == b'%');
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(value) => {
                out.push(value);
                index += 3;
            }
            None => {
                out.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
