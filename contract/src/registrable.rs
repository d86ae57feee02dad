//! A schema as a registry stores it: one text, and the texts that it refers to.

use crate::formats::{avro, json_schema, protobuf};
use crate::schema::{Format, Schema};
use crate::source::Sources;

/// What is registered for a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registrable {
    /// The language of the text.
    pub format: Format,
    /// The text. Avro and JSON Schema stand for themselves: types of other files are written into it.
    pub text: String,
    /// What the text refers to, each before whoever needs it: the imports of Protobuf that are not built in.
    pub references: Vec<RegistrableReference>,
    /// The names that the text itself refers to.
    pub direct: Vec<String>,
}

/// A text that another one refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrableReference {
    /// The name under which it is referred to: the import path.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The names that it refers to itself; they stand earlier.
    pub direct: Vec<String>,
}

/// Makes the texts of a schema.
pub fn registrable(schema: &Schema, sources: &Sources) -> Registrable {
    let alone = |text: String| Registrable { format: schema.format(), text, references: Vec::new(), direct: Vec::new() };
    match schema {
        Schema::Avro(schema) => alone(avro::resolved_text(schema)),
        Schema::JsonSchema(schema) => alone(json_schema::canonical_text(&schema.document)),
        Schema::Protobuf(schema) => {
            let mut references = Vec::new();
            let Some(main) = schema.main() else { return alone(String::new()) };
            let direct = imports(schema, main);
            for name in &direct {
                collect(schema, name, sources, &mut references, 0);
            }
            Registrable { format: Format::Protobuf, text: text(main, sources), references, direct }
        }
    }
}

/// The imports of a file that are not built in.
fn imports(schema: &protobuf::Schema, file: &protobuf::File) -> Vec<String> {
    let known = |path: &str| schema.files.iter().any(|f| f.path == path && f.source.is_some());
    file.imports.iter().filter(|i| known(&i.path)).map(|i| i.path.clone()).collect()
}

/// Imports first; `depth` bounds the recursion, although a linked schema has no cycles.
fn collect(schema: &protobuf::Schema, name: &str, sources: &Sources, found: &mut Vec<RegistrableReference>, depth: usize) {
    let Some(file) = schema.files.iter().find(|f| f.path == name) else { return };
    if depth > schema.files.len() || found.iter().any(|r| r.name == name) {
        return;
    }
    let direct = imports(schema, file);
    for import in &direct {
        collect(schema, import, sources, found, depth + 1);
    }
    found.push(RegistrableReference { name: name.to_owned(), text: text(file, sources), direct });
}

fn text(file: &protobuf::File, sources: &Sources) -> String {
    file.source.map(|id| sources.file(id).text().to_owned()).unwrap_or_default()
}
