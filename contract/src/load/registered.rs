//! Schemas as a registry keeps them: one text, and the texts that it refers to by name.

use std::collections::HashMap;
use std::sync::Arc;

use super::{finished, sound};
use crate::diagnostic::{Diagnostic, Severity};
use crate::formats::json_schema::Dialect;
use crate::formats::{avro, json_schema, protobuf};
use crate::schema::{Format, Schema};
use crate::source::Sources;
use crate::yaml::{self, Node};

/// How deep a referenced document is searched for names; the parser refuses deeper ones.
const MAX_DEPTH: usize = 64;

/// A version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The language of the text.
    pub format: Format,
    /// The name that findings show.
    pub name: String,
    /// Of Protobuf: the path that the file itself has; paths of two versions must be equal to be compared.
    pub path: String,
    /// The text.
    pub text: String,
    /// What the text refers to, directly or not.
    pub references: Vec<Referenced>,
}

/// A text that another one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referenced {
    /// What it is called there: an Avro name, the path of a Protobuf import, a `$ref` of JSON Schema.
    pub name: String,
    /// The name that findings show.
    pub shown: String,
    /// The text.
    pub text: String,
}

/// Reads a schema of a registry; `path` of Protobuf is what the file is called, since a registry knows no paths.
///
/// ```
/// use eventpact_contract::load::{self, Registered, Referenced};
/// use eventpact_contract::{schema::Format, source::Sources};
/// let zip = Referenced { name: "geo.Zip".into(), shown: "zip".into(),
///     text: r#"{"type": "fixed", "name": "geo.Zip", "size": 4}"#.into() };
/// let city = Registered { format: Format::Avro, name: "city".into(), path: String::new(),
///     text: r#"{"type": "array", "items": "geo.Zip"}"#.into(), references: vec![zip] };
/// let (schema, problems) = load::load_registered(&mut Sources::new(), &city);
/// assert!(schema.is_some() && problems.is_empty());
/// ```
pub fn load_registered(sources: &mut Sources, schema: &Registered) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let read = match schema.format {
        Format::Avro => read_avro(sources, schema, &mut found),
        Format::JsonSchema => read_json(sources, schema, &mut found),
        Format::Protobuf => read_protobuf(sources, schema, &mut found),
    };
    (read, finished(found, sources, None))
}

/// Registries hold defaults that do not fit: what is written with the schema can still be read.
fn read_avro(sources: &mut Sources, schema: &Registered, found: &mut Vec<Diagnostic>) -> Option<Schema> {
    let file = sources.add(schema.name.as_str(), schema.text.as_str());
    if let Some(clean) = avro::parse_clean(sources, file) {
        return Some(Schema::Avro(Arc::new(clean)));
    }
    let (node, problems) = yaml::parse_avro_json(sources, file);
    found.extend(problems);
    let node = node?;
    let mut documents: Option<HashMap<String, Node>> = None;
    let references = schema.references.iter().map(|r| (r.shown.as_str(), Arc::from(r.text.as_str())));
    let mut references = Some(references);
    let mut resolve = |name: &str| {
        if let Some(references) = references.take() {
            documents = Some(avro_documents(sources, references));
        }
        documents.as_ref()?.get(name).cloned()
    };
    Some(Schema::Avro(Arc::new(sound(avro::parse(&node, &mut resolve, false), found)?)))
}

fn read_json(sources: &mut Sources, schema: &Registered, found: &mut Vec<Diagnostic>) -> Option<Schema> {
    let file = sources.add(schema.name.as_str(), schema.text.as_str());
    let (node, problems) = yaml::parse_json(sources, file);
    found.extend(problems);
    let mut broken = Vec::new();
    let mut resolve = |path: &str| {
        let reference = schema.references.iter().find(|reference| reference.name == path)?;
        let file = sources.add(reference.shown.as_str(), reference.text.as_str());
        let (node, problems) = yaml::parse_json(sources, file);
        broken.extend(problems);
        node
    };
    let (schema, problems) = json_schema::parse_with_booleans(node?, Dialect::Draft07, &mut resolve);
    found.append(&mut broken);
    found.extend(problems);
    Some(Schema::JsonSchema(Arc::new(schema?)))
}

/// As in a registry, a text with a mistake that does not prevent reading it (a number used twice) is taken.
fn read_protobuf(sources: &mut Sources, schema: &Registered, found: &mut Vec<Diagnostic>) -> Option<Schema> {
    let file = sources.add(schema.name.as_str(), schema.text.as_str());
    let mut import = |path: &str| {
        let reference = schema.references.iter().find(|reference| reference.name == path);
        let file = reference.map(|r| (r.shown.clone(), r.text.clone()));
        file.ok_or_else(|| "the registry has no reference of this name for the schema".to_owned())
    };
    let (read, mut problems) = protobuf::parse_files(sources, file, &schema.path, &mut import);
    if read.is_some() {
        for problem in &mut problems {
            problem.severity = problem.severity.max(Severity::Warning);
        }
    }
    found.extend(problems);
    Some(Schema::Protobuf(Arc::new(read?)))
}

/// Full name → the document that defines it. The name of the reference plays no part: as in Confluent's registry, every type of
/// every referenced document is known. Documents that cannot be read are left out.
pub fn avro_documents<'a>(
    sources: &mut Sources,
    references: impl IntoIterator<Item = (&'a str, Arc<str>)>,
) -> HashMap<String, Node> {
    let mut found = HashMap::new();
    for (name, text) in references {
        let file = sources.add(name, text);
        if let (Some(node), _) = yaml::parse_avro_json(sources, file) {
            for name in avro_names(&node) {
                found.entry(name).or_insert_with(|| node.clone());
            }
        }
    }
    found
}

/// The full names that a document of Avro defines, each before those that are defined in it.
pub fn avro_names(node: &Node) -> Vec<String> {
    let mut names = Vec::new();
    collect(node, "", 0, &mut names);
    names
}

fn collect(node: &Node, namespace: &str, depth: usize, names: &mut Vec<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    if let Some(branches) = node.as_sequence() {
        for branch in branches {
            collect(branch, namespace, depth + 1, names);
        }
        return;
    }
    let text = |key: &str| node.get(key).and_then(Node::as_str);
    let mut inner = namespace.to_owned();
    if let (Some("record" | "error" | "enum" | "fixed"), Some(name)) = (text("type"), text("name")) {
        let full = match (name.contains('.'), text("namespace").unwrap_or(namespace)) {
            (true, _) | (_, "") => name.to_owned(),
            (false, namespace) => format!("{namespace}.{name}"),
        };
        inner = full.rsplit_once('.').map_or_else(String::new, |(namespace, _)| namespace.to_owned());
        names.push(full);
    }
    for field in node.get("fields").and_then(Node::as_sequence).unwrap_or_default() {
        if let Some(ty) = field.get("type") {
            collect(ty, &inner, depth + 1, names);
        }
    }
    for key in ["type", "items", "values"] {
        if let Some(ty) = node.get(key).filter(|ty| ty.as_str().is_none()) {
            collect(ty, &inner, depth + 1, names);
        }
    }
}
