//! Protocols: named types and messages, from the JSON of an `.avpr` file or from what IDL made of its text.

use std::collections::HashMap;

use super::super::protocol::{Message, Protocol};
use super::super::tree::{Kind, Name, Named, Record, Type, TypeId};
use super::attributes::others;
use super::shape;
use super::{Known, Parser, name};
use crate::diagnostic::{Diagnostic, Label, has_errors};
use crate::source::{FileId, Span};
use crate::yaml::{Entry, Mapping, Node, Value};

const PROTOCOL: &str = "avro/protocol-invalid";
const MESSAGE: &str = "avro/message-invalid";
const MESSAGE_RESERVED: [&str; 5] = ["doc", "response", "request", "errors", "one-way"];

/// A type as it is written, and the namespace around it.
#[derive(Debug)]
pub(in super::super) struct Definition {
    pub(in super::super) namespace: String,
    pub(in super::super) node: Node,
}

/// A protocol before its names are known.
#[derive(Debug)]
pub(in super::super) struct Parts {
    pub(in super::super) file: FileId,
    pub(in super::super) name: Option<(Name, Span)>,
    pub(in super::super) doc: Option<String>,
    pub(in super::super) definitions: Vec<Definition>,
    /// The type that an IDL file is about.
    pub(in super::super) main: Option<Definition>,
    /// Messages with the namespace around them.
    pub(in super::super) messages: Vec<(String, Entry)>,
}

impl Parts {
    pub(in super::super) fn new(file: FileId) -> Self {
        Self { file, name: None, doc: None, definitions: Vec::new(), main: None, messages: Vec::new() }
    }
}

/// Takes the JSON of a protocol apart; `None` when it is none.
pub(in super::super) fn parts_of_protocol(node: &Node) -> (Option<Parts>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut error = |span, text: &str| found.push(Diagnostic::error(PROTOCOL, span, text));
    let Some((name, span)) = node.get("protocol").and_then(|n| Some((n.as_str()?, n.span))) else {
        error(node.span, "this protocol has no name: \"protocol\" must be a string");
        return (None, found);
    };
    let namespace = node.get("namespace").and_then(Node::as_str).unwrap_or("");
    let full = name::full(name, namespace);
    let mut parts = Parts::new(node.span.file);
    parts.doc = node.get("doc").and_then(Node::as_str).map(str::to_owned);
    match node.get("types").map(|types| (&types.value, types.span)) {
        None => {}
        Some((Value::Sequence(types), _)) => {
            for ty in types {
                if ty.as_mapping().is_none() {
                    error(ty.span, "\"types\" lists definitions: objects, not names or unions");
                    continue;
                }
                parts.definitions.push(Definition { namespace: full.namespace.to_string(), node: ty.clone() });
            }
        }
        Some((_, span)) => error(span, "\"types\" must be a list of definitions"),
    }
    match node.get("messages").map(|messages| (&messages.value, messages.span)) {
        None => {}
        Some((Value::Mapping(messages), _)) => {
            parts.messages.extend(messages.entries.iter().map(|entry| (full.namespace.to_string(), entry.clone())));
        }
        Some((_, span)) => error(span, "\"messages\" must be an object, with the names of the messages as keys"),
    }
    parts.name = Some((full, span));
    (Some(parts), found)
}

/// Resolves the names and reads the messages. The protocol is there when nothing is an error.
pub(in super::super) fn build(parts: Parts, strict: bool, is_idl: bool) -> (Option<Protocol>, Vec<Diagnostic>) {
    let mut parser = Parser { is_idl, ..Parser::default() };
    for definition in &parts.definitions {
        parser.ty(&definition.node, &definition.namespace, 0);
    }
    let main = parts.main.as_ref().map(|main| parser.ty(&main.node, &main.namespace, 0));
    let mut messages: Vec<Message> = Vec::new();
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for (namespace, entry) in &parts.messages {
        if let Some(first) = seen.insert(&entry.key, entry.key_span) {
            let found = parser.error(MESSAGE, entry.key_span, format!("there are two messages named '{}'", entry.key));
            found.related.push(Label::new(first, "the first one"));
            continue;
        }
        messages.extend(parser.message(namespace, entry));
    }
    parser.resolve_pending(&mut |_| None);
    for message in &messages {
        parser.check_errors(message);
    }
    if !has_errors(&parser.diagnostics) {
        parser.check_defaults(strict);
    }
    let good = !has_errors(&parser.diagnostics) && main != Some(None);
    let types = parser.defined();
    let Parser { types: all, diagnostics, .. } = parser;
    let (name, span) = parts.name.map_or((None, Span::start_of(parts.file)), |(name, span)| (Some(name), span));
    let protocol = Protocol { name, span, doc: parts.doc, types, messages, main: main.flatten(), file: parts.file, all };
    (good.then_some(protocol), diagnostics)
}

impl Parser {
    /// Every named type that has a definition, in the order of the text.
    fn defined(&self) -> Vec<TypeId> {
        let known = self.names.values().filter_map(|known| if let Known::Defined(id) = known { Some(*id) } else { None });
        let mut types: Vec<TypeId> = known.filter(|id| self.unfinished(*id).is_none()).collect();
        types.sort_by_key(|id| (self.get(*id).span, *id));
        types
    }

    fn message(&mut self, namespace: &str, entry: &Entry) -> Option<Message> {
        let (key, span) = (&entry.key, entry.key_span);
        let Some(mapping) = entry.value.as_mapping() else {
            self.error(MESSAGE, entry.value.span, format!("the message '{key}' is an object, not {}", entry.value.kind()));
            return None;
        };
        let request = self.request(namespace, entry, mapping)?;
        let one_way = match mapping.get("one-way").map(|node| (node.as_bool(), node.span)) {
            None => false,
            Some((Some(one_way), _)) => one_way,
            Some((None, span)) => {
                self.error(MESSAGE, span, "\"one-way\" is true or false");
                return None;
            }
        };
        let response = match mapping.get("response") {
            Some(node) => self.ty(node, namespace, 0)?,
            None if one_way => self.add(span, Kind::Null, Vec::new()),
            None => {
                self.error(MESSAGE, entry.value.span, format!("the message '{key}' has no \"response\"")).help =
                    Some("Write \"null\" when it answers nothing, or \"one-way\": true.".to_owned());
                return None;
            }
        };
        let errors = self.error_types(namespace, mapping)?;
        if one_way && (mapping.get("errors").is_some() || !matches!(self.get(response).kind, Kind::Null)) {
            self.error(MESSAGE, span, format!("the one-way message '{key}' must answer null, and have no \"errors\""));
        }
        let doc = mapping.get("doc").and_then(Node::as_str).map(str::to_owned);
        let props = others(mapping, |key| MESSAGE_RESERVED.contains(&key));
        Some(Message { name: key.clone(), name_span: span, doc, request, response, errors, one_way, props })
    }

    /// The parameters as the fields of a record.
    fn request(&mut self, namespace: &str, entry: &Entry, mapping: &Mapping) -> Option<TypeId> {
        let Some(items) = mapping.get("request").and_then(Node::as_sequence) else {
            let text = format!("the message '{}' has no list of parameters (\"request\")", entry.key);
            self.error(MESSAGE, entry.value.span, text);
            return None;
        };
        let name = Name { namespace: namespace.into(), name: entry.key.as_str().into() };
        let fields = self.field_list(items, &name, 0)?;
        let named = Named { name, name_span: entry.key_span, aliases: Vec::new(), doc: None };
        Some(self.add(entry.value.span, Kind::Record(Box::new(Record { named, is_error: false, fields })), Vec::new()))
    }

    fn error_types(&mut self, namespace: &str, mapping: &Mapping) -> Option<Vec<TypeId>> {
        let Some(node) = mapping.get("errors") else { return Some(Vec::new()) };
        let Some(items) = node.as_sequence() else {
            self.error(MESSAGE, node.span, "\"errors\" must be a list of names");
            return None;
        };
        let mut errors = Vec::with_capacity(items.len());
        let mut seen: HashMap<TypeId, Span> = HashMap::new();
        for item in items {
            match item.as_str() {
                Some(name) if shape::primitive(name).is_none() => {
                    let id = self.reference(name, item.span, namespace)?;
                    if let Some(first) = seen.insert(id, item.span) {
                        let found = self.error(MESSAGE, item.span, format!("the error '{name}' is listed twice"));
                        found.related.push(Label::new(first, "the first one"));
                        return None;
                    }
                    errors.push(id);
                }
                _ => {
                    self.error(MESSAGE, item.span, "\"errors\" lists the names of error types");
                    return None;
                }
            }
        }
        Some(errors)
    }

    /// What a message throws must be an `error`.
    fn check_errors(&mut self, message: &Message) {
        for id in &message.errors {
            let ty: &Type = self.get(*id);
            if self.unfinished(*id).is_some() || matches!(&ty.kind, Kind::Record(record) if record.is_error) {
                continue;
            }
            let (span, name) = (ty.span, ty.branch_name());
            let text = format!("the message '{}' throws '{name}', which is no error", message.name);
            let found = self.error(MESSAGE, message.name_span, text);
            found.related.push(Label::new(span, "its definition"));
            found.help = Some("Define it as an error instead of a record.".to_owned());
        }
    }
}
