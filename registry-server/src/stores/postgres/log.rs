//! An entry of the log as JSON, and back.

use std::sync::Arc;

use eventpact_registry_client::wire::{Association, Config, RuleSet};
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use crate::audit::{self, hex, unhex};
use crate::documents::Document;
use crate::identity::Identity;
use crate::state::{Schema, Version};
use crate::store::Change;
use crate::subject::SubjectName;

/// A [`Change`] as it is written.
#[allow(clippy::large_enum_variant, reason = "lives as long as it takes to write or read it")]
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Record {
    PutContext { context: String, next_id: u32, listed: bool },
    PutSchema { context: String, id: u32, imported: bool, schema: SchemaRecord },
    DropSchema { context: String, id: u32 },
    PutVersion { context: String, subject: String, number: i32, id: u32, deleted: bool, ts: i64 },
    DropVersion { context: String, subject: String, number: i32 },
    Config { scope: String, config: Option<Config> },
    Mode { scope: String, mode: Option<String> },
    PutAssociation { association: Association },
    DropAssociation { association: Association },
    PutDocument { name: String, number: i32, text: String, deleted: bool, ts: i64 },
    DropDocument { name: String, number: i32 },
    LeaveOut { context: String, subject: String, number: i32, left_out: bool },
    PruneAudit { number: u64, hash: String, place: u64 },
    Audit { number: u64, previous: String, hash: String, text: String },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaRecord {
    /// The identity, as the guid.
    guid: String,
    format: String,
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rules: Option<RuleSet>,
}

/// The changes of one request.
pub(super) fn write(changes: &[Change]) -> Result<String, serde_json::Error> {
    serde_json::to_string(&changes.iter().map(record).collect::<Vec<_>>())
}

/// The changes of one request, from what [`write()`] gave.
pub(super) fn read(body: &str) -> Result<Arc<[Change]>, serde_json::Error> {
    serde_json::from_str::<Vec<Record>>(body)?.into_iter().map(change).collect()
}

fn record(change: &Change) -> Record {
    match change {
        Change::PutContext { context, next_id, listed } => {
            Record::PutContext { context: context.to_string(), next_id: *next_id, listed: *listed }
        }
        Change::PutSchema { context, id, schema, imported } => {
            Record::PutSchema { context: context.to_string(), id: *id, imported: *imported, schema: schema_record(schema) }
        }
        Change::DropSchema { context, id } => Record::DropSchema { context: context.to_string(), id: *id },
        Change::PutVersion { subject, number, version: Version { id, deleted, ts } } => {
            let (context, subject) = (subject.context.to_string(), subject.name.to_string());
            Record::PutVersion { context, subject, number: *number, id: *id, deleted: *deleted, ts: *ts }
        }
        Change::DropVersion { subject, number } => {
            let (context, subject) = (subject.context.to_string(), subject.name.to_string());
            Record::DropVersion { context, subject, number: *number }
        }
        Change::Config { scope, config } => Record::Config { scope: scope.to_string(), config: config.as_deref().cloned() },
        Change::Mode { scope, mode } => Record::Mode { scope: scope.to_string(), mode: mode.as_deref().map(str::to_owned) },
        Change::PutAssociation { association } => Record::PutAssociation { association: (**association).clone() },
        Change::DropAssociation { association } => Record::DropAssociation { association: (**association).clone() },
        Change::PutDocument { name, number, document: Document { text, deleted, ts } } => {
            let (name, text) = (name.to_string(), text.to_string());
            Record::PutDocument { name, number: *number, text, deleted: *deleted, ts: *ts }
        }
        Change::DropDocument { name, number } => Record::DropDocument { name: name.to_string(), number: *number },
        Change::LeaveOut { subject, number, left_out } => {
            let (context, subject) = (subject.context.to_string(), subject.name.to_string());
            Record::LeaveOut { context, subject, number: *number, left_out: *left_out }
        }
        Change::PruneAudit { through, place } => {
            Record::PruneAudit { number: through.number, hash: hex(&through.hash), place: *place }
        }
        Change::Audit { record } => Record::Audit {
            number: record.number,
            previous: hex(&record.previous),
            hash: hex(&record.hash),
            text: record.text.to_string(),
        },
    }
}

fn schema_record(schema: &Schema) -> SchemaRecord {
    SchemaRecord {
        guid: schema.identity.to_string(),
        format: schema.format.as_str().to_owned(),
        text: schema.text.to_string(),
        references: schema.references.clone(),
        metadata: schema.metadata.clone(),
        rules: schema.rules.clone(),
    }
}

fn change(record: Record) -> Result<Change, serde_json::Error> {
    let wrong = || serde_json::Error::custom("a hash that is none");
    Ok(match record {
        Record::PutContext { context, next_id, listed } => Change::PutContext { context: context.into(), next_id, listed },
        Record::PutSchema { context, id, imported, schema } => {
            let SchemaRecord { guid, format, text, references, metadata, rules } = schema;
            let identity = Identity::parse(&guid).ok_or_else(|| serde_json::Error::custom("a guid that is none"))?;
            let format = SchemaType::from(format.as_str());
            let schema = Schema { identity, format, text: text.into(), references, metadata, rules, foreign: None }.into();
            Change::PutSchema { context: context.into(), id, schema, imported }
        }
        Record::DropSchema { context, id } => Change::DropSchema { context: context.into(), id },
        Record::PutVersion { context, subject, number, id, deleted, ts } => {
            Change::PutVersion { subject: SubjectName::new(context, subject), number, version: Version { id, deleted, ts } }
        }
        Record::DropVersion { context, subject, number } => {
            Change::DropVersion { subject: SubjectName::new(context, subject), number }
        }
        Record::Config { scope, config } => Change::Config { scope: scope.into(), config: config.map(Arc::new) },
        Record::Mode { scope, mode } => Change::Mode { scope: scope.into(), mode: mode.map(Into::into) },
        Record::PutAssociation { association } => Change::PutAssociation { association: Arc::new(association) },
        Record::DropAssociation { association } => Change::DropAssociation { association: Arc::new(association) },
        Record::PutDocument { name, number, text, deleted, ts } => {
            Change::PutDocument { name: name.into(), number, document: Document { text: text.into(), deleted, ts } }
        }
        Record::DropDocument { name, number } => Change::DropDocument { name: name.into(), number },
        Record::LeaveOut { context, subject, number, left_out } => {
            Change::LeaveOut { subject: SubjectName::new(context, subject), number, left_out }
        }
        Record::PruneAudit { number, hash, place } => {
            let hash = unhex(&hash).ok_or_else(wrong)?;
            Change::PruneAudit { through: audit::Head { number, hash }, place }
        }
        Record::Audit { number, previous, hash, text } => {
            let (previous, hash) = (unhex(&previous).ok_or_else(wrong)?, unhex(&hash).ok_or_else(wrong)?);
            let record = audit::Record { number, previous, hash, text: text.into() };
            Change::Audit { record: Arc::new(record) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_survives_being_written_and_read() {
        let subject = SubjectName::parse(":.eu:s\u{0}");
        let schema = Schema {
            identity: Identity::of("\"int\"", &[], None, None),
            format: SchemaType::Avro,
            text: "\"int\"".into(),
            references: vec![Reference::new("a", "b", 3)],
            metadata: Some(Metadata::default()),
            rules: Some(RuleSet::default()),
            foreign: None,
        };
        let config = Config { normalize: Some(true), ..Config::default() };
        let changes = [
            Change::PutContext { context: ".eu".into(), next_id: 2, listed: true },
            Change::PutSchema { context: ".eu".into(), id: 1, schema: schema.into(), imported: true },
            Change::PutVersion { subject: subject.clone(), number: 4, version: Version { id: 1, deleted: true, ts: -5 } },
            Change::DropVersion { subject, number: 4 },
            Change::DropSchema { context: ".eu".into(), id: 1 },
            Change::Config { scope: "".into(), config: Some(config.into()) },
            Change::Config { scope: "s".into(), config: None },
            Change::Mode { scope: "s".into(), mode: Some("IMPORT".into()) },
            Change::PutDocument {
                name: "d".into(),
                number: 1,
                document: Document { text: "asyncapi: 3.0.0".into(), deleted: true, ts: 5 },
            },
            Change::DropDocument { name: ":.eu:d e".into(), number: 2 },
            Change::PruneAudit { through: audit::Head { number: 3, hash: [7; 32] }, place: 4 },
            Change::Audit { record: audit::Record::after(audit::Head::default(), "{}".into()).into() },
        ];
        assert_eq!(*read(&write(&changes).unwrap()).unwrap(), changes);
        assert!(read(r#"[{"kind":"later","context":"."}]"#).is_err());
    }
}
