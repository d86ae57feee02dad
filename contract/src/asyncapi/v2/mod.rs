//! AsyncAPI 2.0 to 2.6, rewritten as a 3.x tree that keeps the places of the text: what reads 3.x then reads 2.x as well, and
//! `convert` prints the same tree.
//!
//! `channel.rs` makes channels and operations, `message.rs` messages and traits, `server.rs` servers, security and parameters,
//! `moved.rs` turns references to the new places.

mod channel;
mod message;
mod moved;
mod server;

use std::collections::{HashMap, HashSet};

use super::resolve::Documents;
use super::shape::is_extension;
use super::v3::{self, payload::Payloads};
use crate::diagnostic::Diagnostic;
use crate::model::Contract;
use crate::source::{Reader, Sources, Span};
use crate::yaml::{Entry, Mapping, Node, Value, reference_token};

/// Whose work `publish` and `subscribe` of a 2.x document describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PointOfView {
    /// As the specification has it: `publish` is what others may send, so the application receives it.
    #[default]
    Application,
    /// As many documents are written: `publish` is what the application sends.
    Client,
}

/// A 2.x document as a 3.x tree.
pub(crate) struct Upgraded {
    /// The tree; its references are relative to the files that their places name.
    pub(crate) node: Node,
    /// What could not be carried over as it was, for the one who converts.
    pub(crate) notes: Vec<Diagnostic>,
}

/// Makes the contract of a 2.x document.
pub(super) fn lower(
    documents: &Documents,
    root: &Node,
    version: &str,
    view: PointOfView,
    sources: &mut Sources,
    reader: &dyn Reader,
    found: &mut Vec<Diagnostic>,
) -> Option<Contract> {
    let documents = documents.with_root(upgrade(documents, root, version, view).node);
    let mut payloads = Payloads::new(&documents, version, sources, reader);
    v3::lower(&documents, documents.root()?, version, &mut payloads, found)
}

/// Rewrites the root of `documents`. `version` becomes the value of `asyncapi`.
pub(crate) fn upgrade(documents: &Documents, root: &Node, version: &str, view: PointOfView) -> Upgraded {
    let mut upgrade = Upgrade {
        documents,
        root,
        view,
        places: HashSet::new(),
        moved: HashMap::new(),
        components_moved: HashSet::new(),
        unchanged: HashSet::new(),
        operations: Vec::new(),
        component_operations: Vec::new(),
        notes: Vec::new(),
    };
    upgrade.find_places();
    let mut node = upgrade.document(version);
    upgrade.turn_references(&mut node);
    Upgraded { node, notes: upgrade.notes }
}

struct Upgrade<'d> {
    documents: &'d Documents,
    root: &'d Node,
    view: PointOfView,
    /// Values of the root document that are rewritten where they stand, so that references to them stay.
    places: HashSet<*const Node>,
    /// Values of the root document that stand elsewhere afterwards: their new JSON pointer.
    moved: HashMap<*const Node, String>,
    /// Entries of `components.channels` that became channels.
    components_moved: HashSet<*const Node>,
    /// Values of other files that are the same in 3.x.
    unchanged: HashSet<*const Node>,
    operations: Vec<Entry>,
    component_operations: Vec<Entry>,
    notes: Vec<Diagnostic>,
}

/// Marks a reference that names a new place already.
const NEW: char = '\u{0}';

fn node(span: Span, value: Value) -> Node {
    Node { span, value }
}

fn text(span: Span, text: impl Into<String>) -> Node {
    node(span, Value::String(text.into()))
}

fn entry(key: impl Into<String>, key_span: Span, value: Node) -> Entry {
    Entry { key: key.into(), key_span, value }
}

fn mapping(span: Span, entries: Vec<Entry>) -> Node {
    node(span, Value::Mapping(Mapping { entries }))
}

/// `$ref` to a place of the new tree; `span` lies in the root document.
fn new_reference(span: Span, pointer: &str) -> Node {
    mapping(span, vec![entry("$ref", span, text(span, format!("{NEW}#{pointer}")))])
}

fn entries(node: &Node) -> &[Entry] {
    node.as_mapping().map_or(&[], |map| &map.entries)
}

fn is_reference(node: &Node) -> bool {
    node.get("$ref").is_some()
}

/// How an object of one kind is rewritten, given its pointer in the new tree.
type Rewrite<'d> = fn(&mut Upgrade<'d>, &'d Node, &str) -> Node;

impl<'d> Upgrade<'d> {
    fn note(&mut self, span: Span, message: impl Into<String>) {
        self.notes.push(Diagnostic::warning("asyncapi/convert", span, message));
    }

    fn follow(&self, node: &'d Node) -> Option<&'d Node> {
        self.documents.follow(node, &mut Vec::new())
    }

    /// Counts every value below a node as copied; `false` when there are too many.
    pub(super) fn may_copy(&self, node: &Node) -> bool {
        self.documents.count_copy()
            && match &node.value {
                Value::Sequence(items) => items.iter().all(|item| self.may_copy(item)),
                Value::Mapping(map) => map.entries.iter().all(|one| self.may_copy(&one.value)),
                _ => true,
            }
    }

    fn component(&self, section: &str, name: &str) -> Option<&'d Node> {
        self.root.get("components")?.get(section)?.get(name)
    }

    fn find_places(&mut self) {
        let sections = ["messages", "messageTraits", "operationTraits", "parameters", "securitySchemes", "servers", "channels"];
        let components = self.root.get("components");
        for section in sections {
            let section = components.and_then(|components| components.get(section));
            self.places.extend(section.into_iter().flat_map(entries).map(|entry| &raw const entry.value));
        }
        for name in ["servers", "channels"] {
            let section = self.root.get(name);
            self.places.extend(section.into_iter().flat_map(entries).map(|entry| &raw const entry.value));
        }
        for channel in self.root.get("channels").into_iter().flat_map(entries) {
            let parameters = channel.value.get("parameters");
            self.places.extend(parameters.into_iter().flat_map(entries).map(|entry| &raw const entry.value));
            for operation in ["publish", "subscribe"].iter().filter_map(|name| channel.value.get(name)) {
                let Some(message) = operation.get("message") else { continue };
                self.places.insert(message);
                let items = message.get("oneOf").and_then(Node::as_sequence).unwrap_or_default();
                self.places.extend(items.iter().map(std::ptr::from_ref));
            }
        }
    }

    /// An object, or the reference in its place: the reference stays when what it names is rewritten there or is the same in
    /// 3.x; else the object is copied here.
    fn object(&mut self, value: &'d Node, at: &str, rewrite: Rewrite<'d>) -> Node {
        if !is_reference(value) {
            return rewrite(self, value, at);
        }
        let next = self.documents.next(value, &mut Vec::new());
        if next.is_none_or(|next| self.places.contains(&std::ptr::from_ref(next))) {
            return value.clone();
        }
        let Some(target) = self.follow(value) else { return value.clone() };
        if self.unchanged.contains(&std::ptr::from_ref(target)) || !self.may_copy(target) {
            return value.clone();
        }
        let rewritten = rewrite(self, target, at);
        if rewritten == *target {
            self.unchanged.insert(target);
            return value.clone();
        }
        let named = value.get("$ref").and_then(Node::as_str).unwrap_or("").to_owned();
        self.note(value.span, format!("`{named}` is written for AsyncAPI 2 and differs in 3: it is copied to here"));
        rewritten
    }

    /// Each value of a map, extensions apart.
    fn map(&mut self, value: &'d Node, at: &str, rewrite: Rewrite<'d>) -> Node {
        let Value::Mapping(map) = &value.value else { return value.clone() };
        let rewritten = map.entries.iter().map(|one| {
            let at = format!("{at}/{}", reference_token(&one.key));
            let value = if is_extension(&one.key) { one.value.clone() } else { self.object(&one.value, &at, rewrite) };
            entry(one.key.clone(), one.key_span, value)
        });
        mapping(value.span, rewritten.collect())
    }

    fn document(&mut self, version: &str) -> Node {
        let mut out = Vec::new();
        for one in entries(self.root) {
            let value = match one.key.as_str() {
                "asyncapi" => text(one.value.span, version),
                "info" => self.info(&one.value),
                "servers" => self.map(&one.value, "/servers", Self::server),
                "channels" => {
                    out.push(entry("channels", one.key_span, self.channels(&one.value)));
                    if !self.operations.is_empty() {
                        let operations = std::mem::take(&mut self.operations);
                        out.push(entry("operations", one.key_span, mapping(one.value.span, operations)));
                    }
                    continue;
                }
                "components" => self.components(&one.value),
                "tags" | "externalDocs" if self.root.get("info").is_some() => continue,
                _ => one.value.clone(),
            };
            out.push(entry(one.key.clone(), one.key_span, value));
        }
        mapping(self.root.span, out)
    }

    /// Tags and documentation of the whole application stand in `info`.
    fn info(&mut self, info: &'d Node) -> Node {
        let mut info = info.clone();
        if let Value::Mapping(map) = &mut info.value {
            for name in ["tags", "externalDocs"] {
                if let Some(moved) = self.root.as_mapping().and_then(|root| root.entry(name)) {
                    self.moved.insert(&raw const moved.value, format!("/info/{name}"));
                    map.entries.push(moved.clone());
                }
            }
        }
        info
    }

    fn components(&mut self, components: &'d Node) -> Node {
        let mut out = Vec::new();
        for one in entries(components) {
            let at = format!("/components/{}", one.key);
            let value = match one.key.as_str() {
                "servers" => self.map(&one.value, &at, Self::server),
                "channels" => self.component_channels(&one.value, &at),
                "messages" => self.component_messages(&one.value, &at),
                "messageTraits" => self.map(&one.value, &at, Self::message_trait),
                "operationTraits" => self.map(&one.value, &at, Self::operation_trait),
                "parameters" => self.map(&one.value, &at, Self::parameter),
                "schemas" => self.map(&one.value, &at, Self::schema),
                "serverBindings" | "channelBindings" | "messageBindings" => self.map(&one.value, &at, Self::bindings_of),
                "operationBindings" => self.map(&one.value, &at, Self::bindings_of_operation),
                "securitySchemes" => self.map(&one.value, &at, Self::scheme),
                _ => one.value.clone(),
            };
            let emptied = entries(&value).is_empty() && !entries(&one.value).is_empty();
            if !emptied {
                out.push(entry(one.key.clone(), one.key_span, value));
            }
            if one.key == "channels" && !self.component_operations.is_empty() {
                let operations = std::mem::take(&mut self.component_operations);
                out.push(entry("operations", one.key_span, mapping(one.value.span, operations)));
            }
        }
        mapping(components.span, out)
    }
}
