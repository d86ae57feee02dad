//! AsyncAPI 3.0 and 3.1 into the model: references followed, traits merged, schemas read.
//!
//! What the shape check refuses is left out here without a word: it was reported there.

mod message;
mod operation;
pub(super) mod payload;
mod policy;

use std::collections::{HashMap, HashSet};

use super::expression::RuntimeExpression;
use super::resolve::Documents;
use crate::diagnostic::Diagnostic;
use crate::model::{Binding, Channel, Contract, Info, Message, Parameter, Security, Server};
use crate::source::Span;
use crate::yaml::{Entry, Node, unescape_token};
use payload::Payloads;

/// Everything that the parts of a document are lowered with.
struct Lowering<'d> {
    documents: &'d Documents,
    root: &'d Node,
    found: Vec<Diagnostic>,
    default_content_type: Option<String>,
    /// The values under `servers` by their place, with their keys: a reference is recognised by the node that it leads to.
    servers: HashMap<*const Node, &'d str>,
    /// The values under `channels`, before their references are followed, with their index in the contract.
    channels: HashMap<*const Node, usize>,
    /// For each channel the values of its `messages`, with their index.
    messages: Vec<HashMap<*const Node, usize>>,
}

/// Makes the contract. `version` is the text of the field `asyncapi`; `payloads` keeps the schemas that it reads.
pub(super) fn lower<'d>(
    documents: &'d Documents,
    root: &'d Node,
    version: &str,
    payloads: &mut Payloads<'_, 'd>,
    found: &mut Vec<Diagnostic>,
) -> Option<Contract> {
    root.as_mapping()?;
    let default_content_type = text(root, "defaultContentType");
    let mut lowering = Lowering {
        documents,
        root,
        found: Vec::new(),
        default_content_type,
        servers: HashMap::new(),
        channels: HashMap::new(),
        messages: Vec::new(),
    };
    let servers = lowering.servers(payloads);
    let channels = lowering.channels(payloads);
    let operations = lowering.operations(&channels, payloads);
    payloads.unused_schemas(root);
    found.append(&mut lowering.found);
    found.append(payloads.found());
    Some(Contract {
        file: root.span.file,
        asyncapi: version.to_owned(),
        id: text(root, "id"),
        info: info(root),
        default_content_type: lowering.default_content_type,
        servers,
        channels,
        operations,
        files: documents.file_ids(),
    })
}

fn info(root: &Node) -> Info {
    let node = root.get("info").unwrap_or(root);
    Info {
        span: node.span,
        title: text(node, "title").unwrap_or_default(),
        version: text(node, "version").unwrap_or_default(),
        description: text(node, "description"),
    }
}

/// A field that is a text.
fn text(node: &Node, field: &str) -> Option<String> {
    node.get(field).and_then(Node::as_str).map(str::to_owned)
}

/// The runtime expression of an object that has one.
fn location(node: &Node) -> Option<RuntimeExpression> {
    RuntimeExpression::parse(node.get("location")?.as_str()?)
}

/// The entries of a map of the document's own keys, extensions apart.
fn entries<'a>(node: &'a Node, field: &str) -> impl Iterator<Item = &'a Entry> {
    let map = node.get(field).and_then(Node::as_mapping);
    map.into_iter().flat_map(|map| &map.entries).filter(|entry| !super::shape::is_extension(&entry.key))
}

impl<'d> Lowering<'d> {
    fn error(&mut self, id: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.found.push(Diagnostic::error(id, span, message));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// The node behind references; where one leads nowhere the shape check has said so.
    fn follow(&mut self, node: &'d Node) -> Option<&'d Node> {
        self.documents.follow(node, &mut Vec::new())
    }

    fn servers(&mut self, payloads: &mut Payloads<'_, 'd>) -> Vec<Server> {
        let mut servers = Vec::new();
        for entry in entries(self.root, "servers") {
            let Some(node) = self.follow(&entry.value) else { continue };
            self.servers.insert(&raw const entry.value, &entry.key);
            servers.push(Server {
                key: entry.key.clone(),
                span: entry.key_span,
                host: text(node, "host").unwrap_or_default(),
                pathname: text(node, "pathname"),
                protocol: text(node, "protocol").unwrap_or_default(),
                protocol_version: text(node, "protocolVersion"),
                description: text(node, "description"),
                security: security(self.documents, node),
                bindings: bindings(self.documents, node, payloads),
            });
        }
        servers
    }

    fn channels(&mut self, payloads: &mut Payloads<'_, 'd>) -> Vec<Channel> {
        let mut channels = Vec::new();
        for entry in entries(self.root, "channels") {
            let Some(node) = self.follow(&entry.value).filter(|node| node.as_mapping().is_some()) else { continue };
            let places: Vec<&'d Entry> = entries(node, "messages").collect();
            let messages: Vec<Message> = self.messages(&places, payloads);
            channels.push(Channel {
                key: entry.key.clone(),
                span: entry.key_span,
                address: text(node, "address"),
                title: text(node, "title"),
                summary: text(node, "summary"),
                description: text(node, "description"),
                messages,
                parameters: self.parameters(node),
                servers: self.channel_servers(node),
                bindings: bindings(self.documents, node, payloads),
            });
            self.channels.insert(&raw const entry.value, channels.len() - 1);
            self.messages.push(places.iter().enumerate().map(|(n, entry)| (&raw const entry.value, n)).collect());
        }
        channels
    }

    /// Keys of the servers that a channel names.
    fn channel_servers(&mut self, channel: &'d Node) -> Vec<String> {
        let mut keys = Vec::new();
        for node in channel.get("servers").and_then(Node::as_sequence).unwrap_or_default() {
            // A name, and a reference to something else than a server of the document, are reported by rules.
            let Some(chain) = self.documents.chain(node, &mut Vec::new()) else { continue };
            keys.extend(
                chain.iter().skip(1).find_map(|node| self.servers.get(&std::ptr::from_ref(*node))).map(|key| (*key).to_owned()),
            );
        }
        keys
    }

    /// The parameters of the address; those that are not described are there with their name alone.
    fn parameters(&mut self, channel: &'d Node) -> Vec<Parameter> {
        let address = channel.get("address").and_then(Node::as_str).unwrap_or("");
        let address_span = channel.get("address").map_or(channel.span, |node| node.span);
        let names = template_names(address);
        let mut parameters = Vec::new();
        for entry in entries(channel, "parameters") {
            let Some(node) = self.follow(&entry.value) else { continue };
            let allowed = node.get("enum").and_then(Node::as_sequence).unwrap_or_default();
            parameters.push(Parameter {
                name: entry.key.clone(),
                span: entry.key_span,
                allowed: allowed.iter().filter_map(Node::as_str).map(str::to_owned).collect(),
                default: text(node, "default"),
                description: text(node, "description"),
                location: location(node),
            });
        }
        let described = channel.get("parameters").is_some();
        let mut known: HashSet<String> = parameters.iter().map(|parameter| parameter.name.clone()).collect();
        for name in names {
            if !known.insert(name.to_owned()) {
                continue;
            }
            if !described {
                let message = format!("the parameter `{name}` of the address is not described");
                let help = format!("add `{name}` to the `parameters` of the channel");
                self.found.push(Diagnostic::warning("asyncapi/parameter-not-described", address_span, message).with_help(help));
            }
            parameters.push(Parameter {
                name: name.to_owned(),
                span: address_span,
                allowed: Vec::new(),
                default: None,
                description: None,
                location: None,
            });
        }
        parameters
    }
}

/// The names between braces, each once.
fn template_names(address: &str) -> Vec<&str> {
    let (mut names, mut seen) = (Vec::new(), HashSet::new());
    for part in address.split('{').skip(1) {
        if let Some((name, _)) = part.split_once('}')
            && !name.is_empty()
            && seen.insert(name)
        {
            names.push(name);
        }
    }
    names
}

/// The fields of bindings that hold a schema which says what travels.
const SCHEMAS: &[(&str, &[&str])] = &[
    ("kafka", &["key"]),
    ("ws", &["query", "headers"]),
    ("http", &["query", "headers"]),
    ("jms", &["headers"]),
    ("anypointmq", &["headers"]),
    ("mqtt", &["correlationData"]),
];

fn bindings(documents: &Documents, node: &Node, payloads: &mut Payloads<'_, '_>) -> Vec<Binding> {
    let followed = node.get("bindings").and_then(|node| documents.follow(node, &mut Vec::new()));
    let entries = followed.and_then(Node::as_mapping);
    let mut bindings = Vec::new();
    for entry in entries.into_iter().flat_map(|map| &map.entries) {
        if let Some(node) = documents.follow(&entry.value, &mut Vec::new()) {
            let fields = SCHEMAS.iter().find(|(protocol, _)| *protocol == entry.key).map_or(&[][..], |(_, fields)| *fields);
            let schema = |field: &&str| Some(((*field).to_owned(), payloads.unreported(node.get(field)?)?));
            let schemas = fields.iter().filter_map(schema).collect();
            bindings.push(Binding { protocol: entry.key.clone(), span: entry.key_span, node: node.clone(), schemas });
        }
    }
    bindings
}

/// The alternatives under `security`.
fn security(documents: &Documents, node: &Node) -> Vec<Security> {
    let mut schemes = Vec::new();
    for one in node.get("security").and_then(Node::as_sequence).unwrap_or_default() {
        let Some(scheme) = documents.follow(one, &mut Vec::new()) else { continue };
        let reference = one.get("$ref").and_then(Node::as_str);
        let name = reference.and_then(|text| text.rsplit('/').next()).map(|token| unescape_token(token).into_owned());
        schemes.push(Security { span: one.span, name, scheme: scheme.clone() });
    }
    schemes
}
