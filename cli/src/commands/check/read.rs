//! One version of a document: which reader a file gets, and which of its mistakes stop a comparison.

use std::sync::Arc;

use anyhow::{Result, bail};
use eventpact_contract::diagnostic::{Diagnostic, Severity};
use eventpact_contract::load::{self, Document, Registered, is_descriptor_set};
use eventpact_contract::rule;
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Sources, Span};

use super::documents::{Kind, Pairing, Version};
use super::roles::ending;
use crate::input::{Entry, Tree};

impl Pairing<'_> {
    /// A `.proto` file, also by what the user says.
    pub(super) fn is_protobuf(&self, entry: &Entry) -> bool {
        self.kind.map_or(ending(&entry.path) == "proto", |kind| kind == Kind::Protobuf)
    }

    /// The file has messages or types of which `--message` names one.
    fn has_messages(&self, tree: &Tree, entry: &Entry) -> bool {
        if let Some(schema) = tree.registered.get(&entry.path) {
            return schema.format == Format::Protobuf;
        }
        let by_name = || is_descriptor_set(&entry.path) || matches!(ending(&entry.path).as_str(), "proto" | "avpr" | "avdl");
        match self.kind {
            Some(Kind::Protobuf) => true,
            Some(Kind::Avro) | None => by_name(),
            Some(Kind::JsonSchema | Kind::Asyncapi) => false,
        }
    }

    /// Refuses `--message` where no document would look at it.
    pub(super) fn refuse_message<'t>(&self, tree: &Tree, mut entries: impl Iterator<Item = &'t Entry> + Clone) -> Result<()> {
        let (Some(message), Some(first)) = (self.message, entries.clone().next()) else { return Ok(()) };
        if entries.any(|entry| self.has_messages(tree, entry)) {
            return Ok(());
        }
        let name = if tree.single { tree.reader.display_name(&first.path) } else { tree.label.clone() };
        bail!(
            "--message {message} names a message of a Protobuf file or a type of an Avro protocol or IDL file, and {name} has none \
             of these; leave it out, or say what the file is with --type"
        );
    }

    pub(super) fn read(
        &self,
        sources: &mut Sources,
        tree: &Tree,
        entry: &Entry,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Version> {
        let before = sources.iter().count();
        if let Some(schema) = tree.registered.get(&entry.path) {
            return self.read_registered(sources, schema, problems);
        }
        let format = match self.kind {
            Some(Kind::Avro) => Some(Format::Avro),
            Some(Kind::Protobuf) => Some(Format::Protobuf),
            Some(Kind::JsonSchema) => Some(Format::JsonSchema),
            Some(Kind::Asyncapi) | None => None,
        };
        // Whoever wants advice validates.
        let options = load::Options { errors_only: true, ..self.read.options() };
        let (document, found) = if let Some(format) = format {
            let (schema, found) = load::load_schema(sources, &*tree.reader, &entry.path, Some(format), self.message);
            (schema.map(Document::Schema), found)
        } else if self.kind == Some(Kind::Asyncapi) {
            let (contract, found) = load::load_contract_with(sources, &*tree.reader, &entry.path, options);
            (contract.map(|c| Document::Contract(Box::new(c))), found)
        } else if self.message.is_some() && matches!(ending(&entry.path).as_str(), "proto" | "avpr" | "avdl") {
            let (schema, found) = load::load_schema(sources, &*tree.reader, &entry.path, None, self.message);
            (schema.map(Document::Schema), found)
        } else {
            load::load_with(sources, &*tree.reader, &entry.path, options)
        };
        problems.extend(stopping(found, document.is_some()));
        // The document itself is the first file that is read.
        let file = sources.iter().nth(before).map(|(id, _)| Span::start_of(id))?;
        document.map(|document| Version { at: place(&document, file), document })
    }

    /// A version of a subject.
    fn read_registered(&self, sources: &mut Sources, schema: &Registered, problems: &mut Vec<Diagnostic>) -> Option<Version> {
        let before = sources.iter().count();
        let (read, found) = load::load_registered(sources, schema);
        problems.extend(stopping(found, read.is_some()));
        let file = sources.iter().nth(before).map(|(id, _)| Span::start_of(id))?;
        let schema = match (read?, self.message) {
            (Schema::Protobuf(schema), Some(name)) => {
                let package = schema.main().map(|f| f.package.as_str()).unwrap_or_default();
                let full = [name.to_owned(), format!("{package}.{name}")].into_iter().find(|n| schema.message(n).is_some());
                let Some(full) = full else {
                    problems.push(Diagnostic::error("protobuf/root", file, format!("there is no message '{name}'")));
                    return None;
                };
                Schema::Protobuf(Arc::new(schema.with_root(full)))
            }
            (schema, _) => schema,
        };
        let document = Document::Schema(schema);
        Some(Version { at: place(&document, file), document })
    }
}

/// What stops a comparison; `validate` is the command for the rest. A default that does not fit its type does not stop it, nor does a
/// boolean where draft-04 has no boolean schema: registries hold such schemas.
pub(super) fn stopping(found: Vec<Diagnostic>, readable: bool) -> impl Iterator<Item = Diagnostic> {
    found.into_iter().filter(rule::stops).map(move |mut problem| {
        if readable && ["avro/default-invalid", "json-schema/boolean-schema"].contains(&problem.id.as_str()) {
            problem.severity = Severity::Warning;
        }
        problem
    })
}

/// The place that stands for a whole document: where its title, its type or its message is, else the start of its file.
fn place(document: &Document, file: Span) -> Span {
    match document {
        Document::Contract(contract) => contract.info.span,
        Document::Schema(Schema::Avro(schema)) => schema.root().span,
        Document::Schema(Schema::JsonSchema(schema)) => schema.root().span,
        Document::Schema(Schema::Protobuf(schema)) => schema.message(&schema.root).map_or(file, |m| m.element.name_span),
    }
}
