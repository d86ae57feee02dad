//! The seam to the formats: text in, canonical text and tree out. One match per verb, nothing else knows a format.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::formats::{avro, json_schema, protobuf};
use eventpact_contract::load::avro_documents;
use eventpact_contract::schema::Schema as Tree;
use eventpact_contract::source::{FileId, Sources, Span};
use eventpact_contract::yaml::{self, Entry, Node, Value};
use eventpact_registry_client::SchemaType;

use crate::serialized::serialized;
use crate::stripped::stripped;
use crate::unreadable::Unreadable;

/// The name of the text that is read, among those that it refers to.
const MAIN: &str = "schema";

/// An import that no reference is called by; see [`stand_in`].
const ALL: &str = "every reference";

/// What the reader of JSON Schema says of a number that limits nothing.
const LIMIT: &str = "json-schema/limit";

/// A schema that a schema refers to, with those that it refers to before it.
#[derive(Debug, Clone)]
pub(crate) struct Referenced {
    /// What the text calls it.
    pub(crate) name: String,
    pub(crate) text: std::sync::Arc<str>,
}

/// How a text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Reading {
    /// Names must be names, and defaults fit their types. Look-ups are more lenient, so that what was stored is found.
    pub(crate) strict: bool,
    /// The normalised text instead of the canonical one.
    pub(crate) normalize: bool,
    /// What clients could not work with is refused: reserved names in JSON Schema, Protobuf that has no descriptor.
    pub(crate) check_fields: bool,
}

impl Reading {
    /// As what is stored is read.
    pub(crate) const LENIENT: Self = Self { strict: false, normalize: false, check_fields: false };
}

/// A schema that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    /// The text that is stored and compared.
    pub(crate) text: String,
    pub(crate) tree: Tree,
    /// A strict reading gives the same.
    pub(crate) is_strict: bool,
}

/// Reads a schema. The error says what is wrong and where.
pub(crate) fn parse(format: &SchemaType, text: &str, references: &[Referenced], how: Reading) -> Result<Parsed, Unreadable> {
    match format {
        SchemaType::Avro => parse_avro(text, references, how),
        SchemaType::Json => parse_json(text, references, how),
        SchemaType::Protobuf => parse_protobuf(text, references, how),
        SchemaType::Other(name) => Err(Unreadable::refused(format!("unknown type {name}"))),
    }
}

/// Another form in which a stored schema can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Avro with everything that it refers to written out.
    Resolved,
    /// Protobuf as a descriptor in base64.
    Serialized,
    /// Protobuf without extensions.
    IgnoreExtensions,
}

impl Form {
    /// Reads the parameter `format`; what is not known means the text as it is stored.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "resolved" => Some(Self::Resolved),
            "serialized" => Some(Self::Serialized),
            "ignore_extensions" => Some(Self::IgnoreExtensions),
            _ => None,
        }
    }
}

/// The schema in another form; in its own text when the format has no such form.
pub(crate) fn in_form(parsed: &Parsed, form: Form) -> String {
    match (&parsed.tree, form) {
        (Tree::Protobuf(schema), Form::Serialized) => serialized(schema, MAIN),
        (Tree::Protobuf(schema), Form::IgnoreExtensions) => stripped(schema),
        (Tree::Avro(schema), Form::Resolved) => avro::resolved_text(schema),
        _ => parsed.text.clone(),
    }
}

/// The same for two schemas of one format that a look-up takes for equal, though their canonical texts may differ.
pub(crate) fn comparison_text(parsed: &Parsed) -> Cow<'_, str> {
    match &parsed.tree {
        Tree::Avro(schema) => avro::comparison_text(schema).into(),
        Tree::Protobuf(_) | Tree::JsonSchema(_) => parsed.text.as_str().into(),
    }
}

/// The payload has a field of this name: of the record, of the object, of some message of the file.
pub(crate) fn has_field(parsed: &Parsed, name: &str) -> bool {
    match &parsed.tree {
        Tree::Avro(schema) => {
            matches!(&schema.root().kind, avro::Kind::Record(record) if record.fields.iter().any(|field| field.name == name))
        }
        Tree::JsonSchema(schema) => properties(&schema.document).any(|property| property == name),
        Tree::Protobuf(schema) => {
            let fields = schema.files.first().into_iter().flat_map(|file| &file.messages).flat_map(|message| &message.fields);
            fields.filter(|field| field.oneof.is_none()).any(|field| field.element.name == name)
        }
    }
}

/// A number that is the same for two canonical texts whose [`comparison_text`]s are the same, found without parsing. The order of
/// bytes does not count, as that of properties does not, and an `error` counts as a `record`.
pub(crate) fn shape(text: &str) -> u64 {
    const ERROR: &str = "\"type\":\"error\"";
    const RECORD: &str = "\"type\":\"record\"";
    let weigh = |text: &str| text.bytes().map(u64::from).sum::<u64>();
    let errors = text.matches(ERROR).count() as u64;
    let length = text.len() as u64 + errors * (RECORD.len() - ERROR.len()) as u64;
    let weight = weigh(text) + errors * weigh(RECORD) - errors * weigh(ERROR);
    // A schema of 1 MiB weighs less than 2^28.
    length << 32 | weight
}

fn parse_avro(text: &str, references: &[Referenced], how: Reading) -> Result<Parsed, Unreadable> {
    let mut sources = Sources::new();
    let file = sources.add(MAIN, text);
    let (schema, is_strict) = match avro::parse_clean(&sources, file) {
        Some(schema) => (schema, true),
        None => parse_any_avro(&mut sources, file, references, how.strict)?,
    };
    if how.normalize {
        // What was dropped must be gone from the tree as well: it is compared with what is stored.
        let text = avro::normalized_text(&schema);
        let normalized = parse_avro(&text, references, Reading::LENIENT);
        let tree = normalized.map_or_else(|_| Tree::Avro(schema.into()), |parsed| parsed.tree);
        return Ok(Parsed { text, tree, is_strict });
    }
    Ok(Parsed { text: avro::canonical_text(&schema), tree: Tree::Avro(schema.into()), is_strict })
}

/// An Avro schema that there is something to say about, or that refers to others; and whether a strict reading gives the same.
fn parse_any_avro(
    sources: &mut Sources,
    file: FileId,
    references: &[Referenced],
    strict: bool,
) -> Result<(avro::Schema, bool), Unreadable> {
    let (node, diagnostics) = yaml::parse_avro_json(sources, file);
    let node = node.ok_or_else(|| explain(&diagnostics, sources))?;
    let mut documents: Option<HashMap<String, Node>> = None;
    let texts = || references.iter().map(|r| (r.name.as_str(), std::sync::Arc::clone(&r.text)));
    let (schema, diagnostics) = {
        let sources = &mut *sources;
        let mut resolve = |name: &str| documents.get_or_insert_with(|| avro_documents(sources, texts())).get(name).cloned();
        if strict { avro::parse(&node, &mut resolve, true) } else { avro::parse_kept(&node, &mut resolve) }
    };
    let schema = schema.ok_or_else(|| explain(&diagnostics, sources))?;
    Ok((schema, strict || diagnostics.is_empty()))
}

fn parse_json(text: &str, references: &[Referenced], how: Reading) -> Result<Parsed, Unreadable> {
    let mut sources = Sources::new();
    let file = sources.add(MAIN, text);
    let (node, diagnostics) = yaml::parse_json(&sources, file);
    let node = node.ok_or_else(|| explain(&diagnostics, &sources))?;
    let mut read = |node: &Node| {
        let mut resolve = |path: &str| {
            let reference = references.iter().find(|reference| reference.name == path)?;
            let file = sources.add(path, std::sync::Arc::clone(&reference.text));
            yaml::parse_json(&sources, file).0
        };
        json_schema::parse(node, &mut resolve)
    };
    let (mut schema, diagnostics) = read(&node);
    let errors = || diagnostics.iter().filter(|found| found.severity == Severity::Error);
    if schema.is_none() && errors().all(|found| found.id == LIMIT) {
        let places: HashSet<Span> = errors().map(|found| found.primary.span).collect();
        schema = read(&without(node.clone(), &places)).0;
    }
    let schema = schema.ok_or_else(|| explain(&diagnostics, &sources))?;
    if how.check_fields && properties(&node).any(|name| name.starts_with("$$")) {
        return Err(Unreadable::refused("Field names cannot start with $$ prefix"));
    }
    let text = if how.normalize { json_schema::canonical_text(&sorted(node)) } else { json_schema::canonical_text(&node) };
    Ok(Parsed { text, tree: Tree::JsonSchema(schema.into()), is_strict: true })
}

fn entries(node: &Node) -> &[Entry] {
    if let Value::Mapping(mapping) = &node.value { &mapping.entries } else { &[] }
}

/// The names of the properties of the schema itself.
fn properties(node: &Node) -> impl Iterator<Item = &str> {
    let found = entries(node).iter().find(|entry| entry.key == "properties");
    found.into_iter().flat_map(|entry| entries(&entry.value)).map(|entry| entry.key.as_str())
}

/// The same value with the keys of every object in order. The reader of the text has bounded the depth.
fn sorted(mut node: Node) -> Node {
    match &mut node.value {
        Value::Sequence(items) => *items = std::mem::take(items).into_iter().map(sorted).collect(),
        Value::Mapping(mapping) => {
            let entries = std::mem::take(&mut mapping.entries).into_iter();
            mapping.entries = entries.map(|entry| Entry { value: sorted(entry.value), ..entry }).collect();
            mapping.entries.sort_by(|a, b| a.key.cmp(&b.key));
        }
        _ => {}
    }
    node
}

/// The same value without the whole numbers at some places. The original takes limits below zero, which limit nothing: the text keeps
/// them, the tree does without.
fn without(mut node: Node, places: &HashSet<Span>) -> Node {
    let whole = |node: &Node| node.as_f64().is_some_and(|number| number.fract() == 0.0);
    match &mut node.value {
        Value::Sequence(items) => *items = std::mem::take(items).into_iter().map(|item| without(item, places)).collect(),
        Value::Mapping(mapping) => {
            let entries = std::mem::take(&mut mapping.entries).into_iter();
            let kept = entries.filter(|entry| !(places.contains(&entry.value.span) && whole(&entry.value)));
            mapping.entries = kept.map(|entry| Entry { value: without(entry.value, places), ..entry }).collect();
        }
        _ => {}
    }
    node
}

/// A text, or a descriptor in base64 as other tools keep it. As in the original, the types of a reference are found without an
/// import of it, unless what clients could not work with is refused.
fn parse_protobuf(text: &str, references: &[Referenced], how: Reading) -> Result<Parsed, Unreadable> {
    let read = parse_proto_text(text, references, how, false);
    let read = read.or_else(|why| match references {
        [_, ..] if !how.check_fields => parse_proto_text(text, references, how, true).map_err(|_| why),
        _ => Err(why),
    });
    read.or_else(|why| {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| why.clone())?;
        let texts = protobuf::descriptor_texts(&bytes).map_err(|_| why.clone())?;
        let [(_, text)] = texts.as_slice() else { return Err(why) };
        parse_proto_text(text, references, how, false)
    })
}

/// `import_all`: as if the text had an import of all references at its end.
fn parse_proto_text(text: &str, references: &[Referenced], how: Reading, import_all: bool) -> Result<Parsed, Unreadable> {
    let mut sources = Sources::new();
    let imported = if import_all { format!("{text}\nimport {ALL:?};") } else { text.to_owned() };
    let file = sources.add(MAIN, imported);
    let mut import = |path: &str| {
        let reference = references.iter().find(|reference| reference.name == path);
        match reference {
            Some(reference) => Ok((path.to_owned(), reference.text.to_string())),
            None if protobuf::has_fallback(path) => Err("it is built in".to_owned()),
            None => Ok((path.to_owned(), stand_in(references))),
        }
    };
    // As in the original, a text with a mistake that does not prevent reading it (a number used twice) is taken.
    let (schema, diagnostics) = protobuf::parse_files(&mut sources, file, MAIN, &mut import);
    let mut schema = schema.ok_or_else(|| explain(&diagnostics, &sources))?;
    if import_all && let Some(file) = std::sync::Arc::make_mut(&mut schema.files).first_mut() {
        file.imports.retain(|import| import.path != ALL);
    }
    if schema.files.iter().any(|file| file.syntax.is_edition()) {
        // As the original says it: its clients could not read what they get.
        return Err(Unreadable::syntax("Could not parse Protobuf - Syntax error in :1:8: edition is not currently supported"));
    }
    if how.check_fields && diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Err(explain(&diagnostics, &sources));
    }
    let text = if how.normalize { protobuf::normalized_text(&schema) } else { protobuf::canonical_text(&schema) };
    Ok(Parsed { text, tree: Tree::Protobuf(schema.into()), is_strict: true })
}

/// What an import stands for that no reference is called by: as in the original it does no harm, and the types of all references are
/// found through it.
fn stand_in(references: &[Referenced]) -> String {
    let imports = references.iter().map(|reference| format!("import public {:?};\n", reference.name));
    format!("syntax = \"proto3\";\n{}", imports.collect::<String>())
}

/// The first error with its place, and how many there are beside it.
fn explain(diagnostics: &[Diagnostic], sources: &Sources) -> Unreadable {
    let mut errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let Some(first) = errors.next() else {
        return Unreadable::refused("the text could not be read");
    };
    let at = sources.line_column(first.primary.span);
    let place = format!("line {}, column {}", at.line, at.column);
    let name = sources.file(first.primary.span.file).name();
    let place = if name == MAIN { place } else { format!("{place} of {name}") };
    let why = match errors.count() {
        0 => format!("{} ({place})", first.message),
        1 => format!("{} ({place}), and one more error", first.message),
        more => format!("{} ({place}), and {more} more errors", first.message),
    };
    Unreadable::at(why, first, name == MAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Reading = Reading { strict: true, ..Reading::LENIENT };

    #[test]
    fn avro_types_of_other_documents_are_found_whatever_the_reference_is_called() {
        let address = r#"{"type":"record","name":"Address","namespace":"geo","fields":[
            {"name":"zip","type":{"type":"fixed","name":"Zip","size":4}}]}"#;
        let references = [Referenced { name: "whatever".into(), text: address.into() }];
        let city = r#"{"type":"record","name":"City","namespace":"geo","fields":[{"name":"z","type":"geo.Zip"}]}"#;
        let parsed = parse(&SchemaType::Avro, city, &references, PLAIN).unwrap();
        assert_eq!(parsed.text, city.replace("geo.Zip", "Zip"));
        assert!(parse(&SchemaType::Avro, city, &[], PLAIN).is_err());
    }

    #[test]
    fn limits_that_limit_nothing_stay_in_the_text() {
        let text = r#"{"minLength":-1,"properties":{"a":{"multipleOf":0}}}"#;
        assert_eq!(parse(&SchemaType::Json, text, &[], PLAIN).unwrap().text, text);
        assert!(parse(&SchemaType::Json, r#"{"minLength":1.5}"#, &[], PLAIN).is_err());
    }

    #[test]
    fn equal_schemas_have_one_shape_whatever_their_texts() {
        let one = r#"{"type":"error","name":"E","fields":[{"name":"a","type":{"type":"string","x":"1","y":"2"}}]}"#;
        let two = r#"{"type":"record","name":"E","fields":[{"name":"a","type":{"type":"string","y":"2","x":"1"}}]}"#;
        let read = |text: &str| parse(&SchemaType::Avro, text, &[], PLAIN).unwrap();
        assert_ne!(read(one).text, read(two).text);
        assert_eq!(comparison_text(&read(one)), comparison_text(&read(two)));
        assert_eq!(shape(one), shape(two));
        assert_ne!(shape(one), shape(&two.replace("\"1\"", "\"3\"")));
    }

    #[test]
    fn a_descriptor_in_base64_is_the_text_that_it_was_made_of() {
        let read = |text: &str| parse(&SchemaType::Protobuf, text, &[], PLAIN);
        let plain = read("syntax = \"proto3\"; package p; message A { int32 x = 1; repeated string y = 2; }").unwrap();
        let serialized = in_form(&plain, Form::Serialized);
        assert_eq!(read(&serialized).unwrap().text, plain.text);
        assert!(read("aGVsbG8=").is_err());
    }

    #[test]
    fn an_import_that_no_reference_is_called_by_does_no_harm_unless_a_type_is_missing() {
        let inner = Referenced { name: "inner.proto".into(), text: "syntax = \"proto3\"; message In {}".into() };
        let text = "syntax = \"proto3\"; import \"other.proto\"; message A { In in = 1; }";
        assert!(parse(&SchemaType::Protobuf, text, &[inner], PLAIN).is_ok());
        assert!(parse(&SchemaType::Protobuf, text, &[], PLAIN).is_err());
        assert!(parse(&SchemaType::Protobuf, &text.replace("In in = 1;", ""), &[], PLAIN).is_ok());
    }

    #[test]
    fn errors_say_where() {
        let error = parse(&SchemaType::Avro, "{\"type\":\n \"nope\"}", &[], PLAIN).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
