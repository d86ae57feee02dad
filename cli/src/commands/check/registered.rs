//! What a document of the new version has registered: the payloads of an AsyncAPI document, the types of an Avro protocol.

use std::fmt;
use std::sync::Arc;

use eventpact_contract::load::Document;
use eventpact_contract::model::Contract;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Span;

use super::content;
use super::documents::Version;
use crate::commands::registry::subject;
use crate::input::{Entry, Tree};

/// A schema and where it is registered.
pub(super) type Payload = (Name, Version);

/// How a schema is found in a registry.
pub(super) enum Name {
    /// By its subject.
    Subject(String),
    /// By the full name of the Avro type, under any subject.
    Type(String),
}

impl Name {
    /// The entry of a registry holds it.
    pub(super) fn is(&self, tree: &Tree, entry: &Entry) -> bool {
        match self {
            Self::Subject(subject) => entry.name == *subject,
            Self::Type(name) => entry.name == *name || content::names(tree, entry).contains(&format!("avro {name}")),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(name) | Self::Type(name) => f.write_str(name),
        }
    }
}

/// The payloads of a contract, each with the subject that generated clients register it under.
pub(super) fn payloads(contract: &Contract) -> Vec<Payload> {
    let mut found: Vec<Payload> = Vec::new();
    for channel in &contract.channels {
        for message in &channel.messages {
            let Some(schema) = message.payload.as_ref().and_then(|p| p.schema.as_ref()) else { continue };
            let Some(at) = start(schema) else { continue };
            let name = subject(channel, message.name());
            if !found.iter().any(|(known, _)| matches!(known, Name::Subject(known) if *known == name)) {
                found.push((Name::Subject(name), Version { document: Document::Schema(schema.clone()), at }));
            }
        }
    }
    found
}

fn start(schema: &Schema) -> Option<Span> {
    match schema {
        Schema::Avro(schema) => Some(schema.root().span),
        Schema::JsonSchema(schema) => Some(schema.root().span),
        Schema::Protobuf(schema) => schema.message(&schema.root).map(|message| message.element.name_span),
    }
}

/// A registry knows no paths, and a file that moved has another one: of two files that are compared, the older one gets the path
/// of the newer.
pub(super) fn align(new: &Document, old: &mut Document) {
    if let (Document::Schema(Schema::Protobuf(new)), Document::Schema(Schema::Protobuf(old))) = (new, old)
        && let (Some(newer), Some(older)) = (new.main(), Arc::make_mut(&mut Arc::make_mut(old).files).first_mut())
        && newer.path != older.path
    {
        older.path.clone_from(&newer.path);
    }
}
