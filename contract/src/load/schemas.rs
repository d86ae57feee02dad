//! Payload schemas of each format, with the files that they name: Avro types, Protobuf imports, JSON Schema references.

use std::sync::Arc;

use super::{bundle, has_extension, sound};
use crate::asyncapi::Documents;
use crate::diagnostic::{Diagnostic, Severity};
use crate::formats::json_schema::{self, Dialect};
use crate::formats::{avro, protobuf};
use crate::schema::Schema;
use crate::source::{FileId, Reader, Sources, Span, resolve_path};
use crate::yaml::{self, Node};

/// An Avro schema. A named type that the text does not define is looked for beside `path`, then in each folder above:
/// `<full.name>.avsc`, `<Name>.avsc`, `full/name.avsc`.
pub(crate) fn read_avro(
    sources: &mut Sources,
    reader: &dyn Reader,
    node: &Node,
    path: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let mut problems = Vec::new();
    let mut resolve = |name: &str| {
        let simple = name.rsplit('.').next().unwrap_or(name);
        let candidates = [format!("{name}.avsc"), format!("{simple}.avsc"), format!("{}.avsc", name.replace('.', "/"))];
        let (name, text) = folders(path).find_map(|folder| {
            let mut paths = candidates.iter().filter_map(|candidate| resolve_path(&folder, candidate));
            paths.find_map(|path| Some((reader.display_name(&path), reader.read(&path).ok()?)))
        })?;
        let file = sources.add(name, text);
        let (node, errors) = yaml::parse(sources, file);
        problems.extend(errors);
        node
    };
    let (mut schema, invalid) = avro::parse(node, &mut resolve, true);
    // A default that does not fit is a mistake, but what is written with the schema can still be read.
    let mut errors = invalid.iter().filter(|d| d.severity == Severity::Error).peekable();
    if errors.peek().is_some() && errors.all(|d| d.id == "avro/default-invalid") {
        schema = avro::parse(node, &mut resolve, false).0;
    }
    found.extend(invalid);
    found.extend(problems);
    Some(Schema::Avro(Arc::new(schema?)))
}

/// An `.avsc` file that is a schema with nothing to say about, which most are: no tree of it is made. Else the number of the file,
/// when it could be read, for those who look closer.
pub(super) fn load_clean_avro(sources: &mut Sources, reader: &dyn Reader, path: &str) -> Result<Schema, Option<FileId>> {
    if !has_extension(path, &["avsc"]) || path.contains("://") {
        return Err(None);
    }
    let text = reader.read_shared(path).map_err(|_| None)?;
    let file = sources.add(reader.display_name(path), text);
    let schema = avro::parse_clean(sources, file).ok_or(Some(file))?;
    // The name of such a file does not decide what it is.
    let is_other = schema.props(&schema.root().props).iter().any(|prop| matches!(prop.key.as_str(), "asyncapi" | "protocol"));
    if is_other { Err(Some(file)) } else { Ok(Schema::Avro(Arc::new(schema))) }
}

/// A path in the folder of a file, then in each folder above, up to the root.
fn folders(path: &str) -> impl Iterator<Item = String> {
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    // A remote document has no folders here.
    let first = folder(path).filter(|_| !path.contains("://")).unwrap_or_default();
    let above = std::iter::successors(Some(first), move |below| (!below.is_empty()).then(|| folder(below).unwrap_or_default()));
    above.map(|folder| if folder.is_empty() { "_".to_owned() } else { format!("{folder}/_") })
}

/// A `.proto` file that is in `sources` already; imports are looked for in its folder and in each folder above.
pub(crate) fn read_protobuf(
    sources: &mut Sources,
    reader: &dyn Reader,
    file: FileId,
    path: &str,
    root: Option<&str>,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let mut import = |wanted: &str| import(reader, path, wanted);
    let own = path.rsplit('/').next().unwrap_or(path);
    let schema = sound(protobuf::parse(sources, file, own, &mut import, root), found)?;
    Some(Schema::Protobuf(Arc::new(schema)))
}

/// A `.proto` file as a whole, without a payload among its messages: the root is its first message.
pub(crate) fn read_protobuf_file(
    sources: &mut Sources,
    reader: &dyn Reader,
    file: FileId,
    path: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let mut import = |wanted: &str| import(reader, path, wanted);
    let own = path.rsplit('/').next().unwrap_or(path);
    let schema = sound(protobuf::parse_files(sources, file, own, &mut import), found)?;
    Some(Schema::Protobuf(Arc::new(schema)))
}

/// An import of the file at `path`: from its folder, or the nearest folder above that has it.
pub(super) fn import(reader: &dyn Reader, path: &str, wanted: &str) -> Result<(String, String), String> {
    let mut folder = path;
    let mut why = None;
    while let Some((above, _)) = folder.rsplit_once('/') {
        match import_from(reader, &format!("{above}/_"), wanted) {
            Ok(file) => return Ok(file),
            Err(reason) => why.get_or_insert(reason),
        };
        folder = above;
    }
    import_from(reader, "_", wanted).map_err(|reason| why.unwrap_or(reason))
}

fn import_from(reader: &dyn Reader, referrer: &str, wanted: &str) -> Result<(String, String), String> {
    let path = resolve_path(referrer, wanted).ok_or("it lies outside of the folder that may be read")?;
    reader.read(&path).map(|text| (reader.display_name(&path), text))
}

/// The text of a `.proto` file that stands inside of a YAML document, as a string.
pub(crate) fn read_protobuf_text(
    sources: &mut Sources,
    reader: &dyn Reader,
    text: &Node,
    path: &str,
    root: Option<&str>,
    found: &mut Vec<Diagnostic>,
) -> Option<Schema> {
    let file = inline_file(sources, text);
    let before = found.len();
    let schema = read_protobuf(sources, reader, file, path, root, found);
    // What stands in the copy stands in the document at the same place.
    if sources.file(file).text().len() == sources.file(text.span.file).text().len() {
        for problem in found.iter_mut().skip(before) {
            for label in std::iter::once(&mut problem.primary).chain(&mut problem.related) {
                if label.span.file == file {
                    label.span.file = text.span.file;
                }
            }
        }
    }
    schema
}

/// A copy of the document in which all but the lines of the text is blank, so that every place in it is a place in the
/// document. A text that is written in quotes differs from its lines: it becomes a file of its own.
fn inline_file(sources: &mut Sources, text: &Node) -> FileId {
    let content = text.as_str().unwrap_or("");
    let source = sources.file(text.span.file);
    let at = source.line_column(text.span.start);
    let raw = sources.text(text.span);
    let lines =
        |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect() };
    if lines(raw) == lines(content) {
        let blank = |text: &str| -> String {
            text.chars().map(|c| if matches!(c, '\n' | '\r') { c.to_string() } else { " ".repeat(c.len_utf8()) }).collect()
        };
        let all = source.text();
        let (start, end) = (text.span.start as usize, text.span.end as usize);
        let masked = format!("{}{raw}{}", blank(all.get(..start).unwrap_or("")), blank(all.get(end..).unwrap_or("")));
        let name = source.name().to_owned();
        return sources.add(name, masked);
    }
    let name = format!("{} (text at {at})", source.name());
    sources.add(name, content.to_owned())
}

/// A JSON Schema of a dialect, unless it names another one itself, made self-contained; and the places of the schemas that went
/// into it.
pub(crate) fn read_json_schema(
    documents: &Documents,
    node: &Node,
    dialect: Dialect,
    found: &mut Vec<Diagnostic>,
) -> (Option<Schema>, Vec<Span>) {
    let (bundled, reached) = bundle(documents, node, dialect, found);
    let schema = bundled.and_then(|bundled| {
        let (schema, problems) = json_schema::parse_with_booleans(bundled, dialect, &mut |_| None);
        found.extend(problems);
        schema
    });
    (schema.map(|schema| Schema::JsonSchema(Arc::new(schema))), reached)
}
