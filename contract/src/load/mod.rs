//! From a path to what stands there: a contract, or one payload schema, with every file that it refers to.
//!
//! Files come from the caller's [`Reader`]; each one is added to the [`Sources`], so that findings can show its lines.

mod avro_files;
mod bundle;
mod protobuf_files;
mod registered;
mod schemas;

pub use avro_files::load_avro_types;
pub(crate) use avro_files::{is_avro_protocol_file, read_avro_payload, read_avro_protocol};
pub(crate) use bundle::bundle;
pub use protobuf_files::{is_descriptor_set, load_descriptor_set, load_protobuf_folder};
pub use registered::{Referenced, Registered, avro_documents, avro_names, load_registered};
pub(crate) use schemas::{read_avro, read_json_schema, read_protobuf, read_protobuf_file, read_protobuf_text};

use std::collections::BTreeSet;

use crate::asyncapi::{self, Documents, PointOfView};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::formats::json_schema::Dialect;
use crate::model::Contract;
use crate::rule;
use crate::schema::{Format, Schema};
use crate::source::{Reader, Sources, Span};
use crate::yaml::{Node, Value};

/// What a file can hold.
#[derive(Debug, Clone)]
pub enum Document {
    /// An AsyncAPI document.
    Contract(Box<Contract>),
    /// A payload schema on its own.
    Schema(Schema),
}

/// How documents are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// What `publish` and `subscribe` of AsyncAPI 2.x mean.
    pub point_of_view: PointOfView,
    /// Rules on AsyncAPI documents that only warn are left out: for those who ask whether a document can be worked with.
    pub errors_only: bool,
}

/// Reads a file of any kind: a text with a key `asyncapi` is a contract, all else a schema whose format
/// [`load_schema`] finds.
///
/// ```
/// use eventpact_contract::{load, source::{Memory, Sources}};
/// let files = Memory([("user.avsc".to_owned(), r#"{"type": "map", "values": "long"}"#.to_owned())].into());
/// let (document, problems) = load::load(&mut Sources::new(), &files, "user.avsc");
/// assert!(problems.is_empty());
/// assert!(matches!(document, Some(load::Document::Schema(_))));
/// ```
pub fn load(sources: &mut Sources, reader: &dyn Reader, path: &str) -> (Option<Document>, Vec<Diagnostic>) {
    load_with(sources, reader, path, Options::default())
}

/// The same as [`load`], with options.
pub fn load_with(
    sources: &mut Sources,
    reader: &dyn Reader,
    path: &str,
    options: Options,
) -> (Option<Document>, Vec<Diagnostic>) {
    if has_extension(path, &["proto"]) || is_avro_protocol_file(path) || is_descriptor_set(path) {
        let (schema, found) = load_schema(sources, reader, path, None, None);
        return (schema.map(Document::Schema), found);
    }
    let first = match schemas::load_clean_avro(sources, reader, path) {
        Ok(schema) => return (Some(Document::Schema(schema)), Vec::new()),
        Err(first) => first,
    };
    let mut found = Vec::new();
    let documents = Documents::load_from(first, sources, reader, path, &mut found);
    if documents.root().is_some_and(|root| !looks_like_schema(root, path)) {
        let contract = contract(sources, reader, &documents, options, &mut found);
        let found = finished(found, sources, Some(&documents));
        documents.keep_trees(sources);
        return (contract.map(|contract| Document::Contract(Box::new(contract))), found);
    }
    let schema = schema(sources, reader, &documents, path, None, &mut found);
    (schema.map(Document::Schema), finished(found, sources, Some(&documents)))
}

/// Reads an AsyncAPI document with all that it refers to. The contract is there also when parts of it are wrong, as long as
/// its frame can be read; those parts are left out and reported.
pub fn load_contract(sources: &mut Sources, reader: &dyn Reader, path: &str) -> (Option<Contract>, Vec<Diagnostic>) {
    load_contract_with(sources, reader, path, Options::default())
}

/// The same as [`load_contract`], with options.
pub fn load_contract_with(
    sources: &mut Sources,
    reader: &dyn Reader,
    path: &str,
    options: Options,
) -> (Option<Contract>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let documents = Documents::load(sources, reader, path, &mut found);
    if let Err(why) = documents.root_file(path) {
        found.push(unreadable(sources, reader, path, &why));
    }
    let contract = contract(sources, reader, &documents, options, &mut found);
    (contract, finished(found, sources, Some(&documents)))
}

/// Reads one payload schema. Without a `format`: `.avsc`, `.avpr` and `.avdl` are Avro, `.proto` and descriptor sets (`.binpb`)
/// are Protobuf, and other files are Avro when they look like it (a `type` that only Avro has), else JSON Schema. `root` names the message of a Protobuf file, or the
/// type of an Avro protocol or IDL file; without it the file is read as a whole: its first message is the root, or a union of the
/// types that no other type contains.
pub fn load_schema(
    sources: &mut Sources,
    reader: &dyn Reader,
    path: &str,
    format: Option<Format>,
    root: Option<&str>,
) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    if is_avro_protocol_file(path) && matches!(format, None | Some(Format::Avro)) {
        let schema = match reader.read(path) {
            Ok(text) => {
                let file = sources.add(reader.display_name(path), text);
                read_avro_protocol(sources, reader, file, path, root, &mut found)
            }
            Err(why) => {
                found.push(unreadable(sources, reader, path, &why));
                None
            }
        };
        return (schema, finished(found, sources, None));
    }
    if is_descriptor_set(path) && matches!(format, None | Some(Format::Protobuf)) {
        return match reader.read_bytes(path) {
            Ok(bytes) => load_descriptor_set(sources, &reader.display_name(path), &bytes, root),
            Err(why) => (None, vec![unreadable(sources, reader, path, &why)]),
        };
    }
    let is_proto = format == Some(Format::Protobuf) || (format.is_none() && has_extension(path, &["proto"]));
    let mut first = None;
    if matches!(format, None | Some(Format::Avro)) {
        match schemas::load_clean_avro(sources, reader, path) {
            Ok(schema) => return (Some(schema), found),
            Err(file) => first = file,
        }
    }
    let documents = if is_proto { None } else { Some(Documents::load_from(first, sources, reader, path, &mut found)) };
    let schema = match &documents {
        Some(documents) => schema(sources, reader, documents, path, format, &mut found),
        None => match reader.read(path) {
            Ok(text) => {
                let file = sources.add(reader.display_name(path), text);
                match root {
                    Some(_) => read_protobuf(sources, reader, file, path, root, &mut found),
                    None => read_protobuf_file(sources, reader, file, path, &mut found),
                }
            }
            Err(why) => {
                found.push(unreadable(sources, reader, path, &why));
                None
            }
        },
    };
    (schema, finished(found, sources, documents.as_ref()))
}

fn contract(
    sources: &mut Sources,
    reader: &dyn Reader,
    documents: &Documents,
    options: Options,
    found: &mut Vec<Diagnostic>,
) -> Option<Contract> {
    let root = documents.root()?;
    let mut contract = asyncapi::read(documents, root, options, sources, reader, found)?;
    // What payloads import or name belongs to the contract too. A copy of a document for a text in it has the document's name.
    let payloads = contract.channels.iter().flat_map(|c| &c.messages).flat_map(|m| [&m.payload, &m.headers]).flatten();
    for id in payloads.filter_map(|p| p.schema.as_ref()).flat_map(Schema::files).collect::<BTreeSet<_>>() {
        if !contract.files.iter().any(|known| sources.file(*known).name() == sources.file(id).name()) {
            contract.files.push(id);
        }
    }
    Some(contract)
}

fn schema(
    sources: &mut Sources,
    reader: &dyn Reader,
    documents: &Documents,
    path: &str,
    format: Option<Format>,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    if let Err(why) = documents.root_file(path) {
        found.push(unreadable(sources, reader, path, &why));
        return None;
    }
    let root = documents.root()?;
    if matches!(format, None | Some(Format::Avro)) && looks_like_protocol(root) {
        return read_avro_protocol(sources, reader, root.span.file, path, None, found);
    }
    match format.unwrap_or_else(|| guess(root, path)) {
        Format::Avro => read_avro(sources, reader, root, path, found),
        Format::JsonSchema => read_json_schema(documents, root, Dialect::Draft07, found).0,
        // A `.proto` file is no document of YAML or JSON: it was read before.
        Format::Protobuf => None,
    }
}

fn guess(root: &Node, path: &str) -> Format {
    if has_extension(path, &["avsc"]) || looks_like_avro(root) { Format::Avro } else { Format::JsonSchema }
}

/// The JSON of an Avro protocol, in a file of any name.
fn looks_like_protocol(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    root.get("protocol").and_then(Node::as_str).is_some() && (has("types") || has("messages"))
}

/// `true` for what can only be Avro: a record, an enum with symbols, a fixed, an Avro map, a union.
fn looks_like_avro(root: &Node) -> bool {
    if root.as_sequence().is_some() {
        return true;
    }
    match root.get("type").and_then(Node::as_str) {
        Some("record" | "error" | "fixed" | "enum" | "map" | "bytes" | "int" | "long" | "float" | "double") => true,
        Some("array") => root.get("items").is_some_and(|items| items.as_str().is_some()),
        _ => false,
    }
}

/// The words that make an object a schema: a document that says neither `asyncapi` nor one of these is meant to be a contract.
const SCHEMA_WORDS: &[&str] = &[
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "$anchor",
    "$dynamicRef",
    "definitions",
    "type",
    "properties",
    "required",
    "items",
    "additionalProperties",
    "patternProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "enum",
    "const",
    "format",
    "title",
    "description",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "protocol",
];

/// `false` for AsyncAPI documents, also for those that forgot to say so.
fn looks_like_schema(root: &Node, path: &str) -> bool {
    match &root.value {
        Value::Mapping(mapping) => {
            let has = |word: &&str| mapping.entry(word).is_some();
            !has(&"asyncapi") && (mapping.entries.is_empty() || has_extension(path, &["avsc"]) || SCHEMA_WORDS.iter().any(has))
        }
        Value::Bool(_) => true,
        _ => has_extension(path, &["avsc", "json"]),
    }
}

/// Whether what follows the last dot of the name is one of these, in letters of any case.
fn has_extension(path: &str, wanted: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_some_and(|(_, extension)| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(extension)))
}

fn unreadable(sources: &mut Sources, reader: &dyn Reader, path: &str, why: &str) -> Diagnostic {
    let file = sources.add(reader.display_name(path), "");
    Diagnostic::error("source/unreadable", Span::start_of(file), format!("this file can't be read: {why}"))
}

/// The most findings of one document: more are no help, and a hostile file could have millions.
const MAX_FINDINGS: usize = 500;

fn finished(mut found: Vec<Diagnostic>, sources: &Sources, documents: Option<&Documents>) -> Vec<Diagnostic> {
    if documents.and_then(Documents::root).is_some_and(|root| root.get("asyncapi").is_some()) {
        for found in &mut found {
            found.layer = rule::layer_of(&found.id);
        }
    }
    crate::diagnostic::sort(&mut found, sources);
    if found.len() > MAX_FINDINGS {
        // What decides stays, and of that what comes first.
        found.sort_by_key(|found| (found.severity, found.layer));
        let dropped = found.split_off(MAX_FINDINGS);
        crate::diagnostic::sort(&mut found, sources);
        if let (Some(worst), Some(last)) = (dropped.first(), found.last()) {
            let message = format!("there are {} more findings; these are the first and the worst", dropped.len());
            let mut more = Diagnostic::new("source/too-many-findings", worst.severity, last.primary.span, message);
            more.layer = worst.layer;
            found.push(more);
        }
    }
    for found in found.iter_mut().filter(|found| found.path.is_none()) {
        let span = found.primary.span;
        // What is wrong with the text is wrong with all of it; a key that is there twice has a place all the same.
        let is_text = found.id.starts_with("yaml/") && found.id != "yaml/duplicate-key";
        found.path = documents.and_then(|documents| match documents.root_of(span.file) {
            Some(root) if !is_text => root.path_to(span),
            _ => documents.file_ids().contains(&span.file).then(Vec::new),
        });
    }
    found
}

/// Adds what a parser found, and drops its result when that is an error: a schema with errors is none.
fn sound<T>((value, problems): (Option<T>, Vec<Diagnostic>), found: &mut Vec<Diagnostic>) -> Option<T> {
    let broken = has_errors(&problems);
    found.extend(problems);
    value.filter(|_| !broken)
}
