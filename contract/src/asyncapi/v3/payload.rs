//! Payloads and headers: which format a schema is in, and its reading. A schema that several messages share is read once.

use std::collections::{HashMap, HashSet};

use crate::asyncapi::resolve::{self, Documents};
use crate::asyncapi::schema_format::{self, Language};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::formats::json_schema::{self, Dialect};
use crate::load::{read_avro, read_avro_payload, read_json_schema, read_protobuf, read_protobuf_text};
use crate::model::Payload;
use crate::source::{FileId, Reader, Sources, Span, resolve_path};
use crate::yaml::{Node, Value};

/// Reads the schemas of one document.
pub(in crate::asyncapi) struct Payloads<'s, 'd> {
    documents: &'d Documents,
    version: &'s str,
    sources: &'s mut Sources,
    reader: &'s dyn Reader,
    found: Vec<Diagnostic>,
    read: HashMap<*const Node, Option<Payload>>,
    /// Places of JSON Schemas that were read as a part of another.
    reached: HashSet<Span>,
}

/// The imports that stand in a document, before the files.
struct Imports<'a> {
    below: &'a dyn Reader,
    texts: Option<&'a Node>,
}

impl Imports<'_> {
    fn text(&self, path: &str) -> Option<&str> {
        let texts = self.texts.and_then(Node::as_mapping)?;
        let is_it = |name: &str| path.strip_suffix(name).is_some_and(|folder| folder.is_empty() || folder.ends_with('/'));
        texts.entries.iter().find(|entry| is_it(&entry.key)).and_then(|entry| entry.value.as_str())
    }
}

impl Reader for Imports<'_> {
    fn read(&self, path: &str) -> Result<String, String> {
        self.text(path).map_or_else(|| self.below.read(path), |text| Ok(text.to_owned()))
    }

    fn display_name(&self, path: &str) -> String {
        self.below.display_name(path)
    }
}

impl<'s, 'd> Payloads<'s, 'd> {
    pub(in crate::asyncapi) fn new(
        documents: &'d Documents,
        version: &'s str,
        sources: &'s mut Sources,
        reader: &'s dyn Reader,
    ) -> Self {
        Self { documents, version, sources, reader, found: Vec::new(), read: HashMap::new(), reached: HashSet::new() }
    }

    /// What was reported and not taken yet.
    pub(in crate::asyncapi) fn found(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.found
    }

    /// How much was reported so far.
    pub(in crate::asyncapi) fn reported(&self) -> usize {
        self.found.len()
    }

    /// What was reported since then.
    pub(in crate::asyncapi) fn since(&self, reported: usize) -> &[Diagnostic] {
        self.found.get(reported..).unwrap_or_default()
    }

    /// Takes back what was reported since then.
    pub(in crate::asyncapi) fn forget(&mut self, reported: usize) {
        self.found.truncate(reported);
    }

    /// The payload or the headers of a message as they stand in the document.
    pub(in crate::asyncapi) fn of_document(&mut self, node: &'d Node) -> Option<Payload> {
        let key = self.documents.follow(node, &mut Vec::new()).unwrap_or(node);
        if let Some(known) = self.read.get(&std::ptr::from_ref(key)) {
            return known.clone();
        }
        let payload = self.merged(node);
        self.read.insert(key, payload.clone());
        payload
    }

    /// A schema in a binding: what is wrong with it was said by the shape check, so nothing is reported here. `None` when it
    /// is no JSON Schema without mistakes.
    pub(in crate::asyncapi) fn unreported(&mut self, node: &Node) -> Option<Payload> {
        let (reported, reached) = (self.found.len(), std::mem::take(&mut self.reached));
        let payload = self.merged(node);
        let broken = has_errors(self.since(reported));
        self.found.truncate(reported);
        self.reached = reached;
        payload.filter(|_| !broken)
    }

    /// The payload or the headers of a message whose traits were merged in.
    pub(in crate::asyncapi) fn merged(&mut self, node: &Node) -> Option<Payload> {
        if let Some((format, span)) = self.by_file_name(node) {
            return self.with_format(node, format.to_owned(), span);
        }
        let documents = self.documents;
        let target = documents.follow(node, &mut self.found)?;
        let implied = format!("application/vnd.aai.asyncapi;version={}", self.version);
        let Some(format) = target.get("schemaFormat") else {
            return matches!(target.value, Value::Mapping(_) | Value::Bool(_))
                .then(|| self.json_schema(target, node, implied, Dialect::AsyncApi));
        };
        let (format, format_span) = (format.as_str()?.to_owned(), format.span);
        let schema = target.get("schema")?;
        if let Some(bundled) = target.get("x-protobuf").filter(|_| schema.as_str().is_some()) {
            return Some(self.bundled_protobuf(schema, bundled, format));
        }
        self.with_format(schema, format, format_span)
    }

    /// A text with `x-protobuf` beside it, as `eventpact bundle` writes it: `message`, and the texts of `imports` by their names.
    fn bundled_protobuf(&mut self, text: &Node, bundled: &Node, format: String) -> Payload {
        let path = self.documents.path_of(text.span.file).to_owned();
        let reader = Imports { below: self.reader, texts: bundled.get("imports") };
        let root = bundled.get("message").and_then(Node::as_str);
        let schema = read_protobuf_text(self.sources, &reader, text, &path, root, &mut self.found);
        Payload { span: text.span, schema_format: format, schema, opaque: None }
    }

    /// A reference to a file whose name says what it holds, where the format is not said.
    fn by_file_name(&mut self, node: &Node) -> Option<(&'static str, Span)> {
        let reference = node.get("$ref")?;
        let file = resolve::split(reference.as_str()?).0;
        let format = match extension(file) {
            "avsc" | "avpr" | "avdl" => "application/vnd.apache.avro;version=1.9.0",
            "proto" => "application/vnd.google.protobuf;version=3",
            _ => return None,
        };
        let message = format!("`{file}` is read by its name: no `schemaFormat` says what it is");
        let help = format!("write `schemaFormat: {format}` and put the reference under `schema`");
        self.found.push(Diagnostic::warning("asyncapi/schema-format-missing", reference.span, message).with_help(help));
        Some((format, reference.span))
    }

    /// A schema in the format that stands beside it.
    pub(in crate::asyncapi) fn with_format(&mut self, schema: &Node, format: String, format_span: Span) -> Option<Payload> {
        let read = schema_format::read(&format);
        match read.language {
            Language::Unknown | Language::Raml => {
                self.opaque(&format, read.language, format_span);
                let opaque = self.documents.follow(schema, &mut Vec::new()).cloned();
                return Some(Payload { span: schema.span, schema_format: format, schema: None, opaque });
            }
            _ if !read.known_version => {
                let message =
                    format!("`{format}` names no version of this format that is known; the schema is read all the same");
                self.found.push(Diagnostic::warning("asyncapi/schema-format-version", format_span, message));
            }
            _ => {}
        }
        match read.language {
            Language::Protobuf => Some(self.protobuf(schema, format)),
            Language::Avro => {
                if let Some((reference, text)) = reference_to(schema, &["avpr", "avdl"]) {
                    let mut payload = Payload { span: schema.span, schema_format: format, schema: None, opaque: None };
                    if let Some((id, path, root)) = self.open(reference, text) {
                        payload.span = Span::start_of(id);
                        let (sources, found) = (&mut *self.sources, &mut self.found);
                        payload.schema =
                            read_avro_payload(sources, self.reader, (id, &path), root.as_deref(), reference.span, found);
                    }
                    return Some(payload);
                }
                let documents = self.documents;
                let target = documents.follow(schema, &mut self.found)?;
                let path = documents.path_of(target.span.file);
                let read = read_avro(self.sources, self.reader, target, path, &mut self.found);
                Some(Payload { span: target.span, schema_format: format, schema: read, opaque: None })
            }
            Language::JsonSchema(dialect) => {
                let documents = self.documents;
                let target = documents.follow(schema, &mut self.found)?;
                Some(self.json_schema(target, schema, format, dialect))
            }
            Language::Unknown | Language::Raml => None,
        }
    }

    /// `target` is the schema behind the references of `node`.
    fn json_schema(&mut self, target: &Node, node: &Node, format: String, dialect: Dialect) -> Payload {
        // The document's own node, not a copy, so that a reference back to it is recognised.
        let own = self.documents.follow(node, &mut Vec::new()).filter(|own| own.get("schemaFormat").is_none());
        let mut problems = Vec::new();
        let (schema, reached) = read_json_schema(self.documents, own.unwrap_or(target), dialect, &mut problems);
        // The walker of the document has looked at the shape of these, and speaks of it in the words of the official parser.
        let told = matches!(dialect, Dialect::AsyncApi | Dialect::Draft07);
        self.found.extend(problems.into_iter().filter(|problem| !(told && json_schema::is_about_shape(&problem.id))));
        self.reached.extend(reached);
        Payload { span: target.span, schema_format: format, schema, opaque: None }
    }

    fn protobuf(&mut self, schema: &Node, format: String) -> Payload {
        let mut payload = Payload { span: schema.span, schema_format: format, schema: None, opaque: None };
        if let Some((reference, text)) = reference_to(schema, &["proto"]) {
            if let Some((id, path, root)) = self.open(reference, text) {
                payload.span = Span::start_of(id);
                payload.schema = read_protobuf(self.sources, self.reader, id, &path, root.as_deref(), &mut self.found);
            }
            return payload;
        }
        let Some(target) = self.documents.follow(schema, &mut self.found).cloned() else { return payload };
        if target.as_str().is_none() {
            let message = format!("a Protobuf schema is the text of a `.proto` file, and this is {}", target.kind());
            let help = "put the text in a block (`schema: |`), or refer to a file: `$ref: ./x.proto#my.package.Message`";
            self.found.push(Diagnostic::error("protobuf/not-text", target.span, message).with_help(help));
            return payload;
        }
        let path = self.documents.path_of(target.span.file).to_owned();
        payload.span = target.span;
        payload.schema = read_protobuf_text(self.sources, self.reader, &target, &path, None, &mut self.found);
        payload
    }

    /// Opens a file that is no YAML and no JSON Schema: its number, its path, and the name behind `#`.
    fn open(&mut self, reference: &Node, text: &str) -> Option<(FileId, String, Option<String>)> {
        let (file, fragment) = resolve::split(text);
        let referrer = self.documents.path_of(reference.span.file);
        let remote = resolve::is_remote(file) || resolve::is_remote(referrer);
        let path =
            if remote { resolve::target_path(referrer, file) } else { resolve_path(referrer, &resolve::percent_decode(file)) };
        let content = match &path {
            Some(path) if remote => self.reader.remote(path),
            Some(path) => self.reader.read(path),
            None => Err("it lies outside of the folder that may be read".to_owned()),
        };
        let (path, content) = match content {
            Ok(content) => (path.unwrap_or_default(), content),
            Err(why) => {
                self.found.push(Diagnostic::error("invalid-ref", reference.span, format!("`{file}` can't be read: {why}")));
                return None;
            }
        };
        let name = if remote { path.clone() } else { self.reader.display_name(&path) };
        let id = self.sources.add(name, content);
        let fragment = resolve::percent_decode(fragment);
        let root = fragment.trim_start_matches(['/', '.']);
        Some((id, path, (!root.is_empty()).then(|| root.to_owned())))
    }

    /// Says that a schema is kept as it is.
    fn opaque(&mut self, format: &str, language: Language, span: Span) {
        let message = match language {
            Language::Raml => "RAML is not read: the schema is kept as it is and not checked".to_owned(),
            _ => format!("the schema format `{format}` is not read: the schema is kept as it is and not checked"),
        };
        let help = "read are Avro (application/vnd.apache.avro), Protobuf (application/vnd.google.protobuf), JSON Schema \
                    (application/schema+json) and OpenAPI (application/vnd.oai.openapi)";
        self.found.push(Diagnostic::warning("asyncapi/unknown-schema-format", span, message).with_help(help));
    }

    /// Reads the schemas among the components that no message led to, for what is wrong in them.
    pub(super) fn unused_schemas(&mut self, root: &'d Node) {
        let schemas = root.get("components").and_then(|components| components.get("schemas")).and_then(Node::as_mapping);
        for entry in schemas.into_iter().flat_map(|schemas| &schemas.entries) {
            if !self.reached.contains(&entry.value.span) {
                self.of_document(&entry.value);
            }
        }
    }
}

/// A reference into a file with one of these endings, and its text.
fn reference_to<'n>(schema: &'n Node, endings: &[&str]) -> Option<(&'n Node, &'n str)> {
    let reference = schema.get("$ref")?;
    let text = reference.as_str()?;
    endings.contains(&extension(resolve::split(text).0)).then_some((reference, text))
}

fn extension(file: &str) -> &str {
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}
