//! Schema ids: which id an event is sent with, and which schema stands behind a received id.
//!
//! Ids come from a registry, from this process (tests, demonstrations), or bodies carry none. What a received schema means
//! for a reader is decided in [`crate::inbound`].

use std::sync::{Arc, Mutex, PoisonError};

use eventpact_registry_client::{Client, Error as RegistryError, Reference, RegisterRequest, SchemaType};

use crate::codec::framing;
use crate::event::{Event, Schema, SchemaFormat, SchemaReference};

/// The schema of a message could not be settled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SchemaError {
    /// The registry was not reached or could not answer. It says nothing about the message: try again.
    #[error("the schema registry is not available: {0}")]
    RegistryUnavailable(String),
    /// The registry does not know the id, subject or schema.
    #[error("{0}")]
    Unknown(String),
    /// The schemas do not fit: the registry refused to register ours, or ours cannot read what the writer's writes.
    #[error("{0}")]
    Incompatible(String),
}

impl SchemaError {
    /// True when trying again may help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::RegistryUnavailable(_))
    }

    fn of_registry(error: &RegistryError, doing: &str) -> Self {
        let text = format!("{doing}: {error}");
        match error {
            RegistryError::NotFound { .. } => Self::Unknown(text),
            RegistryError::Refused { status: 409 | 422, .. } => Self::Incompatible(text),
            // Also what a retry may not cure (a wrong address, missing rights): it is not the message's fault.
            _ => Self::RegistryUnavailable(text),
        }
    }
}

/// Under which subject the schema of a message is kept. The names are those of the registries' serializers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubjectStrategy {
    /// `<topic>-value`: one schema per topic.
    #[default]
    TopicName,
    /// `<full name>`: one subject per message, whatever the topic.
    RecordName,
    /// `<topic>-<full name>`.
    TopicRecordName,
}

impl SubjectStrategy {
    /// The subject of the messages `full_name` on `topic`.
    pub fn subject(self, topic: &str, full_name: &str) -> String {
        match self {
            Self::TopicName => format!("{topic}-value"),
            Self::RecordName => full_name.to_owned(),
            Self::TopicRecordName => format!("{topic}-{full_name}"),
        }
    }
}

/// Where schema ids come from. Cheap to clone; clones share everything.
///
/// ```no_run
/// use eventpact_runtime::registry_client::Client;
/// use eventpact_runtime::schemas::Schemas;
/// let schemas = Schemas::registry(Client::new("http://localhost:8081")?).auto_register(true);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Schemas {
    source: Source,
    auto_register: bool,
    strategy: SubjectStrategy,
}

#[derive(Debug, Clone)]
enum Source {
    Bare,
    Local(Arc<Mutex<Vec<WriterText>>>),
    Registry(Client),
}

/// The text of a writer's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriterText {
    /// Its language.
    pub format: SchemaFormat,
    /// The text.
    pub text: String,
    /// What it refers to as (name, text), each before whoever needs it.
    pub references: Vec<(String, String)>,
    /// The subject, when the registry told.
    pub subject: Option<String>,
}

impl Schemas {
    /// Ids of a registry. Our own schemas are looked up, not registered, unless [`Schemas::auto_register`] says otherwise.
    pub fn registry(client: Client) -> Self {
        Self { source: Source::Registry(client), auto_register: false, strategy: SubjectStrategy::default() }
    }

    /// Bodies without a wire prefix: both sides are sure to use the same schema.
    pub fn bare() -> Self {
        Self { source: Source::Bare, auto_register: false, strategy: SubjectStrategy::default() }
    }

    /// Ids that this process gives out itself, from 1. For tests and demonstrations: nobody else knows them.
    pub fn local() -> Self {
        Self { source: Source::Local(Arc::default()), auto_register: true, strategy: SubjectStrategy::default() }
    }

    /// Whether a producer registers its schema when the registry does not have it (default: no, it is an error).
    #[must_use]
    pub fn auto_register(mut self, yes: bool) -> Self {
        self.auto_register = yes;
        self
    }

    /// How subjects are named (default: by topic).
    #[must_use]
    pub fn strategy(mut self, strategy: SubjectStrategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// The subject of `E` on `topic`.
    pub fn subject<E: Event>(&self, topic: &str) -> String {
        self.strategy.subject(topic, E::FULL_NAME)
    }

    /// True when bodies carry a wire prefix.
    pub fn framed(&self) -> bool {
        !matches!(self.source, Source::Bare)
    }

    /// What stands before the payload of an `E` on `topic`: the prefix with the schema's id, or nothing when bodies are bare.
    pub async fn prefix<E: Event>(&self, topic: &str) -> Result<Vec<u8>, SchemaError> {
        let Some(id) = self.id_for::<E>(topic).await? else { return Ok(Vec::new()) };
        let mut prefix = Vec::with_capacity(framing::PREFIX_LEN + 1);
        framing::write_prefix(id, &mut prefix);
        if E::SCHEMA.format == SchemaFormat::Protobuf {
            framing::write_indexes(E::SCHEMA.message_indexes, &mut prefix);
        }
        Ok(prefix)
    }

    /// The id that an `E` is sent with on `topic`; `None` when bodies carry none.
    pub async fn id_for<E: Event>(&self, topic: &str) -> Result<Option<u32>, SchemaError> {
        let subject = self.subject::<E>(topic);
        match &self.source {
            Source::Bare => Ok(None),
            Source::Local(table) => Ok(Some(local_id(table, &E::SCHEMA, &subject))),
            Source::Registry(client) if self.auto_register => register(client, &subject, &E::SCHEMA).await.map(Some),
            Source::Registry(client) => lookup(client, &subject, &E::SCHEMA).await.map(Some),
        }
    }

    /// The schema behind `id`.
    pub async fn writer(&self, id: u32) -> Result<WriterText, SchemaError> {
        let unknown = || SchemaError::Unknown(format!("there is no schema with id {id}"));
        match &self.source {
            Source::Bare => Err(unknown()),
            Source::Local(table) => {
                let index = usize::try_from(id).ok().and_then(|id| id.checked_sub(1)).ok_or_else(unknown)?;
                let table = table.lock().unwrap_or_else(PoisonError::into_inner);
                table.get(index).cloned().ok_or_else(unknown)
            }
            Source::Registry(client) => {
                let doing = || format!("schema id {id}");
                let (schema, references) =
                    client.schema_with_references(id).await.map_err(|error| SchemaError::of_registry(&error, &doing()))?;
                let format = match schema.format() {
                    SchemaType::Avro => SchemaFormat::Avro,
                    SchemaType::Protobuf => SchemaFormat::Protobuf,
                    SchemaType::Json => SchemaFormat::Json,
                    SchemaType::Other(name) => {
                        let text = format!("schema id {id} is of type {name}, which this program cannot read");
                        return Err(SchemaError::Unknown(text));
                    }
                };
                Ok(WriterText { format, text: schema.schema.clone(), references, subject: schema.subject.clone() })
            }
        }
    }
}

fn local_id(table: &Mutex<Vec<WriterText>>, schema: &Schema, subject: &str) -> u32 {
    let references = schema.references.iter().map(|reference| (reference.name.to_owned(), reference.text.to_owned())).collect();
    let wanted =
        WriterText { format: schema.format, text: schema.text.to_owned(), references, subject: Some(subject.to_owned()) };
    let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
    let index = table.iter().position(|known| *known == wanted).unwrap_or_else(|| {
        table.push(wanted);
        table.len() - 1
    });
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn schema_type(format: SchemaFormat) -> SchemaType {
    match format {
        SchemaFormat::Avro => SchemaType::Avro,
        SchemaFormat::Protobuf => SchemaType::Protobuf,
        SchemaFormat::Json => SchemaType::Json,
    }
}

async fn register(client: &Client, subject: &str, schema: &Schema) -> Result<u32, SchemaError> {
    let request = request(client, schema, true).await?;
    register_one(client, subject, &request).await
}

async fn lookup(client: &Client, subject: &str, schema: &Schema) -> Result<u32, SchemaError> {
    let request = request(client, schema, false).await?;
    let found = client.lookup(subject, &request).await.map_err(|error| {
        let doing = format!("subject `{subject}`, looking up our schema (register it first, or turn on auto_register)");
        SchemaError::of_registry(&error, &doing)
    })?;
    Ok(found.id)
}

/// What the registry is asked about `schema`: its text, and the versions that its references have. They are registered first
/// when `register` says so.
async fn request(client: &Client, schema: &Schema, register: bool) -> Result<RegisterRequest, SchemaError> {
    let mut known: Vec<(&SchemaReference, i32)> = Vec::with_capacity(schema.references.len());
    for reference in schema.references {
        let needed = wire_references(&known, |candidate| reference.references.contains(&candidate.name));
        let request = RegisterRequest::new(schema_type(schema.format), reference.text).with_references(needed);
        if register {
            register_one(client, reference.subject, &request).await?;
        }
        // The answer to a registration need not name the version; the look-up always does.
        let found = client.lookup(reference.subject, &request).await.map_err(|error| {
            let doing = format!("subject `{}`, looking up a referenced schema", reference.subject);
            SchemaError::of_registry(&error, &doing)
        })?;
        known.push((reference, found.version));
    }
    let direct = wire_references(&known, |candidate| candidate.direct);
    Ok(RegisterRequest::new(schema_type(schema.format), schema.text).with_references(direct))
}

async fn register_one(client: &Client, subject: &str, request: &RegisterRequest) -> Result<u32, SchemaError> {
    let answer = client
        .register(subject, request)
        .await
        .map_err(|error| SchemaError::of_registry(&error, &format!("subject `{subject}`, registering our schema")))?;
    Ok(answer.id)
}

fn wire_references(known: &[(&SchemaReference, i32)], wanted: impl Fn(&SchemaReference) -> bool) -> Vec<Reference> {
    let wanted = known.iter().filter(|(reference, _)| wanted(reference));
    wanted.map(|(reference, version)| Reference::new(reference.name, reference.subject, *version)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_follow_the_strategy() {
        let of = |strategy: SubjectStrategy| strategy.subject("orders", "shop.OrderPlaced");
        assert_eq!(of(SubjectStrategy::TopicName), "orders-value");
        assert_eq!(of(SubjectStrategy::RecordName), "shop.OrderPlaced");
        assert_eq!(of(SubjectStrategy::TopicRecordName), "orders-shop.OrderPlaced");
    }
}
