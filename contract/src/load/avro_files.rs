//! Files that hold many Avro types: protocols (`.avpr`) and IDL (`.avdl`). One of the types is the payload, or all of them are.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::formats::avro::{self, Protocol};
use crate::schema::Schema;
use crate::source::{FileId, Reader, Sources, Span};
use crate::yaml;

/// Whether a name promises such a file.
pub(crate) fn is_avro_protocol_file(path: &str) -> bool {
    super::has_extension(path, &["avpr", "avdl"])
}

/// Reads a file that is among the sources; `root` names the type that is the payload. Without it the schema stands for all types
/// of the file that no other type contains.
pub(crate) fn read_avro_protocol(
    sources: &mut Sources,
    reader: &dyn Reader,
    file: FileId,
    path: &str,
    root: Option<&str>,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let protocol = read(sources, reader, file, path, found)?;
    let (schema, problems) = protocol.schema(root);
    found.extend(problems);
    Some(Schema::Avro(Arc::new(schema?)))
}

/// The same for the payload of a message, which must be one type; `reference` is what led to the file.
pub(crate) fn read_avro_payload(
    sources: &mut Sources,
    reader: &dyn Reader,
    (file, path): (FileId, &str),
    root: Option<&str>,
    reference: Span,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let protocol = read(sources, reader, file, path, found)?;
    let roots = protocol.roots();
    if root.is_none() && roots.len() > 1 {
        let names: Vec<String> = roots.iter().take(10).map(|id| protocol.get(*id).branch_name()).collect();
        let name = path.rsplit('/').next().unwrap_or(path);
        let message = format!("`{name}` defines several types that can be the payload: {}", names.join(", "));
        let help = format!("name one of them behind the file: {name}#{}", names.first().map_or("", String::as_str));
        found.push(Diagnostic::error("asyncapi/payload", reference, message).with_help(help));
        return None;
    }
    let (schema, mut problems) = protocol.schema(root);
    if root.is_some_and(|_| schema.is_none()) {
        // What is wrong is the name in the reference, not the file.
        for problem in problems.iter_mut().filter(|d| d.id == "avro/name-undefined") {
            problem.primary.span = reference;
        }
    }
    found.extend(problems);
    Some(Schema::Avro(Arc::new(schema?)))
}

/// Reads a protocol or an IDL file for each of its own records: full names and schemas. Empty when the file cannot be read or has
/// errors.
///
/// ```
/// use eventpact_contract::{load, source::{Memory, Sources}};
/// let text = "protocol Shop { record Order { string id; } record Payment { Order of; } }";
/// let files = Memory([("shop.avdl".to_owned(), text.to_owned())].into());
/// let (types, problems) = load::load_avro_types(&mut Sources::new(), &files, "shop.avdl");
/// assert!(problems.is_empty());
/// assert_eq!(types.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Order", "Payment"]);
/// ```
pub fn load_avro_types(sources: &mut Sources, reader: &dyn Reader, path: &str) -> (Vec<(String, Schema)>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let mut types = Vec::new();
    match reader.read(path) {
        Ok(text) => {
            let file = sources.add(reader.display_name(path), text);
            let protocol = read(sources, reader, file, path, &mut found);
            for (protocol, (name, id)) in protocol.iter().flat_map(|p| p.records().into_iter().map(move |record| (p, record))) {
                let (schema, problems) = protocol.schema_of(id);
                found.extend(problems);
                types.extend(schema.map(|schema| (name, Schema::Avro(Arc::new(schema)))));
            }
        }
        Err(why) => found.push(super::unreadable(sources, reader, path, &why)),
    }
    (types, super::finished(found, sources, None))
}

/// The protocol; also when defaults do not fit, as what is written with its types can still be read.
fn read(sources: &mut Sources, reader: &dyn Reader, file: FileId, path: &str, found: &mut Vec<Diagnostic>) -> Option<Protocol> {
    let (protocol, problems) = parse(sources, reader, file, path, true);
    let mut errors = problems.iter().filter(|d| d.severity == Severity::Error).peekable();
    let only_defaults = errors.peek().is_some() && errors.all(|d| d.id == "avro/default-invalid");
    found.extend(problems);
    if only_defaults { parse(sources, reader, file, path, false).0 } else { protocol }
}

fn parse(
    sources: &mut Sources,
    reader: &dyn Reader,
    file: FileId,
    path: &str,
    strict: bool,
) -> (Option<Protocol>, Vec<Diagnostic>) {
    if super::has_extension(path, &["avdl"]) {
        return avro::parse_idl(sources, reader, file, path, strict);
    }
    let (node, mut found) = yaml::parse(sources, file);
    let protocol = node.and_then(|node| {
        let (protocol, more) = avro::parse_protocol(&node, strict);
        found.extend(more);
        protocol
    });
    (protocol, found)
}
