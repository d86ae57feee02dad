//! Avro IDL (`.avdl`): protocols, and the syntax of schemas that Avro 1.12 added. Imports come from the caller's reader only.
//!
//! The text becomes the JSON that the same declarations have in an `.avpr` file, with the places of the IDL; from there on one
//! parser reads both.

mod declare;
mod doc;
mod json;
mod lex;
mod notes;
mod parse;
mod types;

use std::collections::HashSet;

use self::parse::{Import, Item};
use super::parse::{Definition, Parts, parts_of_protocol};
use super::tree::Name;
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Reader, Sources, Span, resolve_path};
use crate::yaml;

/// The most files that one file may import, directly or not.
const MAX_FILES: usize = 1000;
/// The longest chain of imports.
const MAX_IMPORTS: usize = 64;

/// The names that IDL gives to types of its own.
fn is_keyword_type(name: &str) -> bool {
    let simple = name.rsplit('.').next().unwrap_or(name);
    matches!(
        simple,
        "boolean"
            | "int"
            | "long"
            | "float"
            | "double"
            | "bytes"
            | "string"
            | "null"
            | "date"
            | "time_ms"
            | "timestamp_ms"
            | "local_timestamp_ms"
            | "uuid"
    )
}

/// Reads a file that is among the sources, and all that it imports: `path` is where the reader found it.
pub(super) fn read(sources: &mut Sources, reader: &dyn Reader, file: FileId, path: &str) -> (Option<Parts>, Vec<Diagnostic>) {
    let mut files = Files { sources, reader, seen: HashSet::from([path.to_owned()]), found: Vec::new() };
    let mut parts = Parts::new(file);
    let whole = files.idl(file, path, 0, &mut parts);
    if parts.name.is_none() {
        // A file of schemas may import a protocol for its types; messages need a protocol to belong to.
        parts.messages.clear();
    }
    (whole.then_some(parts), files.found)
}

struct Files<'r> {
    sources: &'r mut Sources,
    reader: &'r dyn Reader,
    seen: HashSet<String>,
    found: Vec<Diagnostic>,
}

impl Files<'_> {
    /// Adds what an IDL file declares; `false` when its grammar is broken. `depth` counts the imports that led to it.
    fn idl(&mut self, file: FileId, path: &str, depth: usize, parts: &mut Parts) -> bool {
        let text = self.sources.file(file).text();
        if text.len() > yaml::MAX_BYTES {
            let message = format!("the file has {} bytes; at most {} (16 MiB) are read", text.len(), yaml::MAX_BYTES);
            self.found.push(Diagnostic::error("avro/idl-limit", Span::start_of(file), message));
            return false;
        }
        let (parsed, problems) = match lex::lex(file, text) {
            Ok((tokens, docs)) => parse::parse(&tokens, &docs),
            Err(problem) => (None, vec![*problem]),
        };
        self.found.extend(problems);
        let Some(parsed) = parsed else { return false };
        if depth == 0 {
            let namespace = &parsed.namespace;
            parts.name = parsed.name.as_ref().map(|(name, span)| {
                let simple = name.rsplit('.').next().unwrap_or(name);
                (Name { namespace: namespace.into(), name: simple.into() }, *span)
            });
            parts.doc = parsed.doc;
            parts.main = parsed.main.map(|node| Definition { namespace: namespace.clone(), node });
        }
        for item in parsed.items {
            match item {
                Item::Type(node) => parts.definitions.push(Definition { namespace: parsed.namespace.clone(), node }),
                Item::Message(entry) => parts.messages.push((parsed.namespace.clone(), entry)),
                Item::Import(kind, location, span) => self.import(kind, &location, span, path, depth, parts),
            }
        }
        true
    }

    fn import(&mut self, kind: Import, location: &str, span: Span, from: &str, depth: usize, parts: &mut Parts) {
        let Some(path) = resolve_path(from, location) else {
            let text = format!("'{location}' lies outside of the folder that may be read");
            self.found.push(Diagnostic::error("avro/idl-import", span, text).with_help("Name a file by its path from this one."));
            return;
        };
        if !self.seen.insert(path.clone()) {
            return;
        }
        if self.seen.len() > MAX_FILES || depth >= MAX_IMPORTS {
            let text = format!("more than {MAX_FILES} files are imported, or a chain of imports is longer than {MAX_IMPORTS}");
            self.found.push(Diagnostic::error("avro/idl-import", span, text).with_help("Put the types into fewer files."));
            return;
        }
        let text = match self.reader.read(&path) {
            Ok(text) => text,
            Err(why) => {
                let message = format!("'{location}' can't be imported: {why}");
                let help = "The path is seen from the folder of this file; nothing is looked for on a class path.";
                self.found.push(Diagnostic::error("avro/idl-import", span, message).with_help(help));
                return;
            }
        };
        let file = self.sources.add(self.reader.display_name(&path), text);
        if kind == Import::Idl {
            self.idl(file, &path, depth + 1, parts);
            return;
        }
        let (node, problems) = yaml::parse(self.sources, file);
        self.found.extend(problems);
        match (node, kind) {
            (Some(node), Import::Protocol) => {
                let (imported, problems) = parts_of_protocol(&node);
                self.found.extend(problems);
                if let Some(imported) = imported {
                    parts.definitions.extend(imported.definitions);
                    parts.messages.extend(imported.messages);
                }
            }
            (Some(node), _) => parts.definitions.push(Definition { namespace: String::new(), node }),
            (None, _) => {}
        }
    }
}
