//! What option names are looked up in: the types and extensions of a schema, and `google/protobuf/descriptor.proto`.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::source::Sources;

use super::builtin;
use super::field_index::FieldIndex;
use super::symbols::{Graph, Symbols};
use super::tree::{Enum, Extend, Field, FieldType, Message, Schema};

/// An extension.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extension<'a> {
    pub(super) field: &'a Field,
    pub(super) extendee: &'a str,
    pub(super) file: usize,
}

/// The names of a schema.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    pub(super) schema: &'a Schema,
    pub(super) graph: Graph<'a>,
    symbols: Symbols,
    /// By full name.
    pub(super) extensions: HashMap<&'a str, Extension<'a>>,
    fields: FieldIndex<'a>,
}

/// The file that defines all options, for schemas that do not import it.
pub(super) fn definitions() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let path = "google/protobuf/descriptor.proto";
        let mut sources = Sources::new();
        let file = sources.add(path, builtin::text(path).unwrap_or_default());
        super::link::built_in(&mut sources, file, path)
    })
}

impl<'a> Pool<'a> {
    pub(super) fn new(schema: &'a Schema, symbols: Symbols) -> Self {
        let mut extensions = HashMap::new();
        for (n, file) in schema.files.iter().enumerate() {
            collect(n, &file.extends, &mut extensions);
            collect_nested(n, &file.messages, &mut extensions);
        }
        Self { schema, graph: Graph::new(&schema.files), symbols, extensions, fields: FieldIndex::default() }
    }

    /// A message of the schema, or of the definitions of options.
    pub(super) fn message(&self, name: &str) -> Option<&'a Message> {
        self.schema.message(name).or_else(|| definitions().message(name))
    }

    /// A field of a message; a group is also called by the name of its message.
    pub(super) fn field(&self, message: &str, name: &str) -> Option<&'a Field> {
        self.fields.named(self.message(message)?, name)
    }

    /// An enum of the schema, or of the definitions of options.
    pub(super) fn enumeration(&self, name: &str) -> Option<&'a Enum> {
        self.schema.enumeration(name).or_else(|| definitions().enumeration(name))
    }

    /// The extension of `extendee` that a name stands for in a scope; the innermost scope decides, as for types.
    pub(super) fn extension(&self, name: &str, scope: &str, visible: &Visible<'a>) -> Option<Extension<'a>> {
        let known = |name: &str| self.extensions.get(name).filter(|e| visible.files.contains(&e.file)).copied();
        if let Some(absolute) = name.strip_prefix('.') {
            return known(absolute);
        }
        let (first, rest) = name.split_once('.').map_or((name, None), |(f, r)| (f, Some(r)));
        let mut scope = scope;
        loop {
            let candidate = if scope.is_empty() { first.to_owned() } else { format!("{scope}.{first}") };
            match rest {
                None => {
                    if let Some(found) = known(&candidate) {
                        return Some(found);
                    }
                }
                Some(rest) if self.is_scope(&candidate, visible) => return known(&format!("{candidate}.{rest}")),
                Some(_) => {}
            }
            if scope.is_empty() {
                return None;
            }
            scope = scope.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    fn is_scope(&self, name: &str, visible: &Visible<'a>) -> bool {
        visible.packages.contains(name) || self.symbols.get(name).is_some_and(|s| visible.files.contains(&s.file))
    }

    /// The extension of a message set that a type stands for in the text format.
    pub(super) fn set_member(&self, extendee: &str, name: &str) -> Option<Extension<'a>> {
        let message = self.message(name.trim_start_matches('.'))?;
        let fields = message.extends.iter().filter(|e| e.extendee == extendee).flat_map(|e| &e.fields);
        let is_own = |f: &&Field| matches!(&f.ty, FieldType::Message(n) if *n == message.element.full_name);
        let field = fields.into_iter().find(is_own)?;
        self.extensions.get(field.element.full_name.as_str()).copied()
    }

    /// What a file may name in its options.
    pub(super) fn visible(&self, file: usize) -> Visible<'a> {
        let files = self.graph.visible(file, true);
        let mut packages = HashSet::new();
        for package in files.iter().filter_map(|f| self.schema.files.get(*f)).map(|f| f.package.as_str()) {
            let mut package = package;
            while !package.is_empty() && packages.insert(package) {
                package = package.rsplit_once('.').map_or("", |(outer, _)| outer);
            }
        }
        Visible { files, packages }
    }
}

/// The files that a file may use in its options, and their packages.
#[derive(Debug)]
pub(super) struct Visible<'a> {
    files: HashSet<usize>,
    packages: HashSet<&'a str>,
}

fn collect<'a>(file: usize, extends: &'a [Extend], found: &mut HashMap<&'a str, Extension<'a>>) {
    for extend in extends {
        for field in &extend.fields {
            let extension = Extension { field, extendee: &extend.extendee, file };
            found.entry(field.element.full_name.as_str()).or_insert(extension);
        }
    }
}

/// Nesting is bounded by the parser.
fn collect_nested<'a>(file: usize, messages: &'a [Message], found: &mut HashMap<&'a str, Extension<'a>>) {
    for message in messages {
        collect(file, &message.extends, found);
        collect_nested(file, &message.messages, found);
    }
}
