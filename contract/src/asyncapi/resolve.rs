//! References between documents: every file that a document refers to, and the way from a `$ref` to the node that it names.
//!
//! All files are read first, through the caller's [`Reader`]; after that a reference is followed without any reading. Nothing is
//! ever fetched from a network. References are JSON References: what stands beside a `$ref` is ignored.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Write as _;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Reader, Sources, Span, resolve_address, resolve_path};
use crate::yaml::{self, Entry, Mapping, Node, Value};

/// The most files that one document may pull in.
const MAX_FILES: usize = 1000;
/// The most bytes of all of them.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// The longest chain of references.
const MAX_HOPS: usize = 64;

/// A document and every YAML or JSON file that it refers to, directly or not.
pub(crate) struct Documents {
    files: Vec<Document>,
    by_path: HashMap<String, Result<usize, String>>,
    /// The keys of long objects, by the place of their entries: thousands of references may lead into one.
    indexes: Indexes,
    /// Values that were copied out of the documents so far.
    copied: Cell<usize>,
}

/// Keys and their places, of each object.
type Indexes = HashMap<*const Entry, HashMap<String, usize, Quick>, Quick>;
/// Hashes short texts quickly; strangers cannot know texts that have one hash.
pub(super) type Quick = foldhash::fast::RandomState;

/// Objects with more entries than this get an index.
const LONG: usize = 32;
/// Longer values are compared by their first bytes.
const MAX_CANONICAL: usize = 1024 * 1024;
/// The most values that are copied to make schemas self-contained.
const MAX_COPIED: usize = 500_000;

struct Document {
    path: String,
    file: FileId,
    node: Option<Node>,
}

impl Documents {
    /// Reads `path` and all that it refers to. Texts that are no YAML are reported here, files that are not there only when a
    /// reference to them is followed.
    pub(crate) fn load(sources: &mut Sources, reader: &dyn Reader, path: &str, found: &mut Vec<Diagnostic>) -> Self {
        Self::load_from(None, sources, reader, path, found)
    }

    /// The same; `first` is the file at `path`, when it is among the sources already.
    pub(crate) fn load_from(
        mut first: Option<FileId>,
        sources: &mut Sources,
        reader: &dyn Reader,
        path: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut documents =
            Self { files: Vec::new(), by_path: HashMap::new(), indexes: Indexes::default(), copied: Cell::new(0) };
        let mut open = vec![path.to_owned()];
        let mut bytes = 0;
        while let Some(path) = open.pop() {
            if documents.by_path.contains_key(&path) {
                continue;
            }
            let file = if let Some(file) = first.take() {
                Ok(file)
            } else if documents.files.len() >= MAX_FILES || bytes > MAX_BYTES {
                Err(format!("more than {MAX_FILES} files or {MAX_BYTES} bytes are referred to"))
            } else if is_remote(&path) {
                reader.remote(&path).map(|text| sources.add(path.as_str(), text))
            } else {
                reader.read(&path).map(|text| sources.add(reader.display_name(&path), text))
            };
            let loaded = file.map(|file| {
                bytes += sources.file(file).text().len();
                let (node, problems) = yaml::parse_document(sources, file);
                found.extend(problems);
                if let Some(node) = &node {
                    open.extend(referred_files(node, &path));
                }
                documents.files.push(Document { path: path.clone(), file, node });
                documents.files.len() - 1
            });
            documents.by_path.insert(path, loaded);
        }
        for node in documents.files.iter().filter_map(|document| document.node.as_ref()) {
            index_long(node, &mut documents.indexes);
        }
        documents
    }

    /// Gives the trees to the sources.
    pub(crate) fn keep_trees(self, sources: &mut Sources) {
        for Document { file, node, .. } in self.files {
            if let Some(node) = node {
                sources.keep_tree(file, node);
            }
        }
    }

    /// The document that was asked for: the number of its file, or why it could not be read.
    pub(crate) fn root_file(&self, path: &str) -> Result<FileId, String> {
        match self.by_path.get(path) {
            Some(Ok(n)) => self.files.get(*n).map(|d| d.file).ok_or_else(|| "no such file".to_owned()),
            Some(Err(why)) => Err(why.clone()),
            None => Err("no such file".to_owned()),
        }
    }

    /// The tree of the document that was asked for.
    pub(crate) fn root(&self) -> Option<&Node> {
        self.files.first()?.node.as_ref()
    }

    /// The tree of a file, when it was read as YAML or JSON.
    pub(crate) fn root_of(&self, file: FileId) -> Option<&Node> {
        self.files.iter().find(|document| document.file == file)?.node.as_ref()
    }

    /// `true` for the path of the document that was asked for.
    pub(crate) fn is_root_path(&self, path: &str) -> bool {
        self.files.first().is_some_and(|document| document.path == path)
    }

    /// The same files with another tree for the document that was asked for.
    pub(crate) fn with_root(&self, root: Node) -> Self {
        let mut root = Some(root);
        let copy = |document: &Document| Document {
            path: document.path.clone(),
            file: document.file,
            node: root.take().or_else(|| document.node.clone()),
        };
        let files: Vec<Document> = self.files.iter().map(copy).collect();
        let mut indexes = Indexes::default();
        for node in files.iter().filter_map(|document| document.node.as_ref()) {
            index_long(node, &mut indexes);
        }
        Self { files, by_path: self.by_path.clone(), indexes, copied: self.copied.clone() }
    }

    /// Every file that was read, the root document first.
    pub(crate) fn file_ids(&self) -> Vec<FileId> {
        self.files.iter().map(|document| document.file).collect()
    }

    /// The path of a file, as the reader knows it.
    pub(crate) fn path_of(&self, file: FileId) -> &str {
        self.files.iter().find(|document| document.file == file).map_or("", |document| &document.path)
    }

    /// The node that the `$ref` of `node` names, which may be a reference itself.
    pub(crate) fn next<'a>(&'a self, node: &Node, found: &mut Vec<Diagnostic>) -> Option<&'a Node> {
        let reference = self.reference_of(node)?;
        self.step(reference, 1).map_err(|broken| found.push(broken.diagnostic(reference))).ok()
    }

    /// `true` when a node is all of its file.
    pub(crate) fn is_whole_file(&self, node: &Node) -> bool {
        self.files.iter().any(|document| document.node.as_ref().is_some_and(|root| std::ptr::eq(root, node)))
    }

    /// The node behind all references, or `None` with an error at the `$ref` that leads nowhere.
    pub(crate) fn follow<'a>(&'a self, node: &'a Node, found: &mut Vec<Diagnostic>) -> Option<&'a Node> {
        let Some(reference) = self.reference_of(node) else { return Some(node) };
        // Nearly all lead straight to a value, and then nothing needs to be kept of the way.
        match self.step(reference, 1) {
            Ok(next) if self.reference_of(next).is_none() => Some(next),
            _ => self.chain(node, found)?.last().copied(),
        }
    }

    /// The node behind all references, the node itself when it is none; `None` when they lead nowhere.
    pub(crate) fn target<'a>(&'a self, node: &'a Node) -> Option<&'a Node> {
        if node.get("$ref").is_none() { Some(node) } else { self.follow(node, &mut Vec::new()) }
    }

    /// The key of a value (the value itself where it has none) and its path in its file, for findings about it as a whole.
    pub(crate) fn place_of(&self, node: &Node) -> (Span, Vec<String>) {
        let mut path = Vec::new();
        let Some(mut here) = self.root_of(node.span.file) else { return (node.span, path) };
        if std::ptr::eq(here, node) {
            // All of a file: its first key will do, or its bracket.
            let first = node.as_mapping().and_then(|map| map.entries.first()).map_or(node.span, |entry| entry.key_span);
            let bracket = Span { end: (node.span.start + 1).min(node.span.end), ..node.span };
            return (if first.start == node.span.start { first } else { bracket }, path);
        }
        let holds = |value: &Node| value.span.start <= node.span.start && node.span.end <= value.span.end;
        loop {
            let next = match &here.value {
                Value::Mapping(mapping) => {
                    let exact = mapping.entries.iter().find(|entry| std::ptr::eq(&raw const entry.value, node));
                    if let Some(entry) = exact {
                        path.push(entry.key.clone());
                        return (entry.key_span, path);
                    }
                    mapping.entries.iter().find(|entry| holds(&entry.value)).map(|entry| (entry.key.clone(), &entry.value))
                }
                Value::Sequence(items) => {
                    let exact = items.iter().position(|item| std::ptr::eq(item, node));
                    if let Some(n) = exact {
                        path.push(n.to_string());
                        return (node.span, path);
                    }
                    items.iter().enumerate().find(|(_, item)| holds(item)).map(|(n, item)| (n.to_string(), item))
                }
                _ => None,
            };
            match next {
                Some((token, next)) => {
                    path.push(token);
                    here = next;
                }
                None => return (node.span, path),
            }
        }
    }

    /// A text that is the same for equal values: references followed, keys sorted, `1` and `1.0` alike.
    pub(crate) fn canonical(&self, node: &Node) -> String {
        let mut text = String::new();
        self.write_canonical(node, 0, &mut text);
        text
    }

    fn write_canonical(&self, node: &Node, depth: usize, text: &mut String) {
        // Cut where it would not end: such values differ above, or not at all.
        if depth > yaml::MAX_DEPTH || text.len() > MAX_CANONICAL {
            return;
        }
        match &self.target(node).unwrap_or(node).value {
            Value::Null => text.push_str("null"),
            Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => match number.parse::<f64>() {
                Ok(value) => text.push_str(&value.to_string()),
                Err(_) => text.push_str(number),
            },
            Value::String(value) => drop(write!(text, "{value:?}")),
            Value::Sequence(items) => {
                text.push('[');
                for item in items {
                    self.write_canonical(item, depth + 1, text);
                    text.push(',');
                }
                text.push(']');
            }
            Value::Mapping(mapping) => {
                let mut entries: Vec<&Entry> = mapping.entries.iter().collect();
                entries.sort_by(|a, b| a.key.cmp(&b.key));
                text.push('{');
                for entry in entries {
                    let _ = write!(text, "{:?}:", entry.key);
                    self.write_canonical(&entry.value, depth + 1, text);
                    text.push(',');
                }
                text.push('}');
            }
        }
    }

    /// The node, and each node on the way through its references; the last one is no reference.
    pub(crate) fn chain<'a>(&'a self, node: &'a Node, found: &mut Vec<Diagnostic>) -> Option<Vec<&'a Node>> {
        let mut chain = vec![node];
        let mut here = node;
        while let Some(reference) = self.reference_of(here) {
            match self.step(reference, chain.len()) {
                Ok(next) if chain.iter().any(|seen| std::ptr::eq(*seen, next)) => {
                    found.push(Diagnostic::error(
                        "asyncapi/reference-loop",
                        reference.span,
                        "this reference leads back to itself",
                    ));
                    return None;
                }
                Ok(next) => {
                    chain.push(next);
                    here = next;
                }
                Err(broken) => {
                    found.push(broken.diagnostic(reference));
                    return None;
                }
            }
        }
        Some(chain)
    }

    /// The nodes behind the first reference of a node that may be no part of the documents, as after merging traits.
    pub(crate) fn chain_from<'a>(&'a self, node: &Node, found: &mut Vec<Diagnostic>) -> Option<Vec<&'a Node>> {
        self.chain(self.next(node, found)?, found)
    }

    fn step(&self, reference: &Node, hops: usize) -> Result<&Node, Broken> {
        let Some(text) = reference.as_str() else {
            return Err(Broken::new(format!("a reference is a text, and this is {}", reference.kind())));
        };
        if hops > MAX_HOPS {
            return Err(Broken::new(format!("more than {MAX_HOPS} references in a row")));
        }
        self.lookup(text, reference.span.file, hops)
    }

    /// The node that a reference in `from` names; references on the way of its pointer are followed, its last one is not.
    fn lookup(&self, reference: &str, from: FileId, hops: usize) -> Result<&Node, Broken> {
        let (file, fragment) = split(reference);
        let document = if file.is_empty() { self.document(from)? } else { self.other(file, self.path_of(from))? };
        let fragment = percent_decode(fragment);
        let mut node = document;
        if fragment.is_empty() {
            return Ok(node);
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            return Err(Broken::new(format!("`#{fragment}` is no JSON pointer: it starts with `#/`")));
        };
        let mut rest = Some(pointer);
        while let Some(here) = rest {
            let token = match here.bytes().position(|byte| byte == b'/') {
                Some(end) => {
                    rest = here.get(end + 1..);
                    here.get(..end).unwrap_or("")
                }
                None => {
                    rest = None;
                    here
                }
            };
            let token = yaml::unescape_token(token);
            let mut steps = hops;
            let next = loop {
                let next = match &node.value {
                    Value::Mapping(entries) => self.entry(entries, &token),
                    Value::Sequence(items) => token.parse::<usize>().ok().and_then(|n| items.get(n)),
                    _ => None,
                };
                // What stands beside a `$ref` is not looked at, except by one who names it.
                if next.is_some() {
                    break next;
                }
                let Some(reference) = self.reference_of(node) else { break None };
                steps += 1;
                node = self.step(reference, steps)?;
            };
            node = next.ok_or_else(|| {
                let so_far = pointer.strip_suffix(here).unwrap_or("");
                let so_far = so_far.strip_suffix('/').unwrap_or(so_far);
                Broken::new(format!("there is no `{token}` in `{file}#/{so_far}`"))
            })?;
        }
        Ok(node)
    }

    fn entry<'a>(&self, mapping: &'a Mapping, key: &str) -> Option<&'a Node> {
        if mapping.entries.len() <= LONG {
            return mapping.get(key);
        }
        match self.indexes.get(&mapping.entries.as_ptr()) {
            Some(index) => mapping.entries.get(*index.get(key)?).map(|entry| &entry.value),
            None => mapping.get(key),
        }
    }

    fn reference_of<'a>(&self, node: &'a Node) -> Option<&'a Node> {
        self.entry(node.as_mapping()?, "$ref")
    }

    /// Counts a value that is copied; `false` when there are too many.
    pub(crate) fn count_copy(&self) -> bool {
        self.copied.set(self.copied.get() + 1);
        self.copied.get() <= MAX_COPIED
    }

    fn document(&self, file: FileId) -> Result<&Node, Broken> {
        let document = self.files.iter().find(|document| document.file == file);
        document.and_then(|document| document.node.as_ref()).ok_or_else(|| Broken::new("this file could not be read"))
    }

    fn other(&self, file: &str, referrer: &str) -> Result<&Node, Broken> {
        let remote = is_remote(file) || is_remote(referrer);
        let file = if remote { Cow::Borrowed(file) } else { percent_decode(file) };
        if !remote && !is_document(&file) {
            return Err(Broken::new(format!(
                "`{file}` is neither YAML nor JSON by its name, so nothing in it can be referred to here"
            )));
        }
        let Some(path) = target_path(referrer, &file) else {
            return Err(Broken::new(format!("`{file}` lies outside of the folder that may be read")));
        };
        match self.by_path.get(&path) {
            Some(Ok(n)) => {
                let node = self.files.get(*n).and_then(|document| document.node.as_ref());
                node.ok_or_else(|| Broken::new(format!("`{file}` could not be read")))
            }
            Some(Err(why)) if remote => Err(Broken {
                help: Some(
                    "allow its host with --allow-ref-host, or save the file beside the document and refer to it by its path",
                ),
                ..Broken::new(format!("`{path}` can't be read: {why}"))
            }),
            Some(Err(why)) => Err(Broken::new(format!("`{file}` can't be read: {why}"))),
            None => Err(Broken::new(format!("`{file}` was not read"))),
        }
    }
}

/// Why a reference leads nowhere.
struct Broken {
    message: String,
    help: Option<&'static str>,
}

impl Broken {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn diagnostic(self, reference: &Node) -> Diagnostic {
        let mut found = Diagnostic::error("invalid-ref", reference.span, self.message);
        found.help = self.help.map(str::to_owned);
        found
    }
}

/// The file part and the fragment (without `#`) of a reference.
pub(crate) fn split(reference: &str) -> (&str, &str) {
    reference.split_once('#').unwrap_or((reference, ""))
}

/// A reference made in the file `from`, as it must be written in `to`; `None` when it can stay.
pub(crate) fn moved_reference(reference: &str, from: &str, to: &str) -> Option<String> {
    let (file, _) = split(reference);
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    if is_remote(reference) || from == to || (!file.is_empty() && folder(from) == folder(to)) {
        return None;
    }
    let target = if file.is_empty() { from.to_owned() } else { resolve_path(from, &percent_decode(file))? };
    let (own, other) = (folder(to), target.clone());
    let own: Vec<&str> = own.split('/').filter(|part| !part.is_empty()).collect();
    let other: Vec<&str> = other.split('/').collect();
    let common = own.iter().zip(&other).take(other.len().saturating_sub(1)).take_while(|(a, b)| a == b).count();
    let mut path = if common == own.len() { "./".to_owned() } else { "../".repeat(own.len() - common) };
    path.push_str(&other.get(common..).unwrap_or_default().join("/"));
    let path = path.replace('%', "%25").replace('#', "%23").replace(' ', "%20");
    let fragment = reference.get(file.len()..).unwrap_or("");
    Some(path + fragment)
}

/// `true` for references that start with a scheme, as `https://…`.
pub(crate) fn is_remote(reference: &str) -> bool {
    let scheme = reference.split("://").next().unwrap_or("");
    scheme.len() < reference.len() && !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+')
}

/// What the file part of a reference in the document `referrer` names: an address when one of the two is one, else a path.
/// `None` when it lies outside of what may be read.
pub(crate) fn target_path(referrer: &str, file: &str) -> Option<String> {
    if is_remote(file) || is_remote(referrer) {
        return Some(resolve_address(referrer, file)).filter(|address| is_remote(address));
    }
    resolve_path(referrer, file)
}

/// `true` for names of files that are read as YAML or JSON: by their extension, or because they have none.
fn is_document(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => ["yaml", "yml", "json", "avsc"].iter().any(|known| extension.eq_ignore_ascii_case(known)),
        None => true,
    }
}

fn index_long(node: &Node, indexes: &mut Indexes) {
    match &node.value {
        Value::Sequence(items) => items.iter().for_each(|item| index_long(item, indexes)),
        Value::Mapping(mapping) => {
            if mapping.entries.len() > LONG {
                let index = mapping.entries.iter().enumerate().map(|(n, entry)| (entry.key.clone(), n)).collect();
                indexes.insert(mapping.entries.as_ptr(), index);
            }
            mapping.entries.iter().for_each(|entry| index_long(&entry.value, indexes));
        }
        _ => {}
    }
}

/// The other files of all references below a node, in the order of the text.
fn referred_files(node: &Node, path: &str) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Sequence(items) => open.extend(items.iter().rev()),
            Value::Mapping(entries) => {
                if let Some(reference) = entries.get("$ref").and_then(Node::as_str) {
                    let file = split(reference).0;
                    if is_remote(file) || (is_remote(path) && !file.is_empty()) {
                        files.extend(target_path(path, file));
                    } else if !file.is_empty() && is_document(&percent_decode(file)) {
                        files.extend(resolve_path(path, &percent_decode(file)));
                    }
                }
                open.extend(entries.entries.iter().rev().map(|entry| &entry.value));
            }
            _ => {}
        }
    }
    files.reverse();
    files
}

/// `%41` is `A`; what is no escape, or no UTF-8 afterwards, stays as it is.
pub(crate) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| first == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or(&[]);
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn follow(reference: &str) -> Result<String, String> {
        let root = format!(
            "start: {{$ref: '{reference}'}}\na~b: {{'c/d e': one}}\nloop: {{$ref: '#/loop'}}\nother: {{$ref: 'x/b.yaml#/in'}}\n"
        );
        let files = [
            ("a.yaml", root.as_str()),
            ("x/b.yaml", "in: {deep: {$ref: c.json}, back: {$ref: '../a.yaml#/a~0b/c~1d%20e'}}"),
            ("x/c.json", "{\"three\": [1, \"two\"]}"),
        ];
        let reader = Memory(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect());
        let (mut sources, mut found) = (Sources::new(), Vec::new());
        let documents = Documents::load(&mut sources, &reader, "a.yaml", &mut found);
        assert!(found.is_empty(), "{found:?}");
        let node = documents.follow(documents.root().unwrap().get("start").unwrap(), &mut found);
        assert_eq!(node.is_none(), found.len() == 1);
        node.map(|n| n.to_json().to_string()).ok_or_else(|| found[0].message.clone())
    }

    #[test]
    fn references_in_another_file() {
        let moved = |reference, from, to| moved_reference(reference, from, to).unwrap_or_default();
        assert_eq!(moved("./x.yaml#/a", "a/b.yaml", "a/c.yaml"), "");
        assert_eq!(moved("#/a", "a/b.yaml", "a/c.yaml"), "./b.yaml#/a");
        assert_eq!(moved("./x.yaml#/a", "a/b.yaml", "c.yaml"), "./a/x.yaml#/a");
        assert_eq!(moved("../x.proto#N", "a/b.yaml", "a/d/c.yaml"), "../../x.proto#N");
        assert_eq!(moved("x y.json", "a/b.yaml", "d/c.yaml"), "../a/x%20y.json");
        assert_eq!(moved("https://x.example/a", "a/b.yaml", "c.yaml"), "");
    }

    #[test]
    fn references() {
        assert_eq!(follow("#/a~0b/c~1d%20e").unwrap(), "\"one\"");
        assert_eq!(follow("./x/b.yaml#/in/back").unwrap(), "\"one\"");
        assert_eq!(follow("#/other/deep/three/1").unwrap(), "\"two\"");
        assert_eq!(follow("#/other/deep/none").unwrap_err(), "there is no `none` in `#/other/deep`");
        assert_eq!(follow("#/loop").unwrap_err(), "this reference leads back to itself");
        assert_eq!(follow("#loop").unwrap_err(), "`#loop` is no JSON pointer: it starts with `#/`");
        assert_eq!(follow("no.yaml").unwrap_err(), "`no.yaml` can't be read: no such file");
        assert_eq!(follow("../no.yaml").unwrap_err(), "`../no.yaml` lies outside of the folder that may be read");
        assert_eq!(
            follow("https://example.org/a.yaml").unwrap_err(),
            "`https://example.org/a.yaml` can't be read: remote references are not fetched"
        );
    }
}
