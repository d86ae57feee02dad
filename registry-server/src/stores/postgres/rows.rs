//! A batch as the arguments of the function `append`, and the tables as changes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;

use eventpact_registry_client::wire::{Association, Config};
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use futures_util::TryStreamExt;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Transaction};
use uuid::Uuid;

use super::log;
use crate::audit::Record;
use crate::documents::Document;
use crate::identity::Identity;
use crate::state::{Schema, Version};
use crate::store::{Batch, Change, Entry, Position};
use crate::subject::SubjectName;

/// The call of the function; its arguments are those of [`Arguments::all`], in order.
pub(super) const APPEND: &str = "SELECT entry_seq, entry_batch, entry_body FROM append(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
    $28, $29, $30)";

/// A version, as a key: context, subject, number.
type VersionKey<'b> = (&'b str, &'b str, i32);

/// What a batch comes to, row by row: of several changes to one row the last one counts.
#[derive(Default)]
struct Net<'b> {
    contexts: BTreeMap<&'b str, (u32, bool)>,
    gone_schemas: BTreeSet<(&'b str, u32)>,
    schemas: BTreeMap<(&'b str, u32), (&'b Schema, bool)>,
    gone_versions: BTreeSet<VersionKey<'b>>,
    versions: BTreeMap<VersionKey<'b>, Version>,
    settings: BTreeMap<(&'static str, Cow<'b, str>), Option<String>>,
}

impl<'b> Net<'b> {
    fn of(batch: &'b Batch) -> Result<Self, serde_json::Error> {
        let mut net = Self::default();
        for change in batch.requests.iter().flat_map(|request| request.iter()) {
            net.add(change)?;
        }
        Ok(net)
    }

    fn add(&mut self, change: &'b Change) -> Result<(), serde_json::Error> {
        match change {
            Change::PutContext { context, next_id, listed } => drop(self.contexts.insert(context, (*next_id, *listed))),
            Change::PutSchema { context, id, schema, imported } => {
                self.schemas.insert((context, *id), (schema, *imported));
            }
            Change::DropSchema { context, id } => {
                self.schemas.remove(&(&**context, *id));
                self.gone_schemas.insert((context, *id));
            }
            Change::PutVersion { subject, number, version } => {
                self.versions.insert((&subject.context, &subject.name, *number), *version);
            }
            Change::DropVersion { subject, number } => {
                let key: VersionKey<'b> = (&subject.context, &subject.name, *number);
                self.versions.remove(&key);
                self.gone_versions.insert(key);
            }
            Change::Config { scope, config } => {
                self.settings.insert(("config", Cow::Borrowed(&**scope)), config.as_deref().map(json).transpose()?);
            }
            Change::Mode { scope, mode } => {
                drop(self.settings.insert(("mode", Cow::Borrowed(&**scope)), mode.as_deref().map(str::to_owned)));
            }
            Change::PutAssociation { association } => {
                self.settings.insert(("association", Cow::Borrowed(&*association.guid)), Some(json(&**association)?));
            }
            Change::DropAssociation { association } => {
                drop(self.settings.insert(("association", Cow::Borrowed(&*association.guid)), None));
            }
            Change::PutDocument { name, number, document } => {
                let stored = StoredDocument { text: document.text.to_string(), deleted: document.deleted, ts: document.ts };
                self.settings.insert(("document", Cow::Owned(format!("{number} {name}"))), Some(json(&stored)?));
            }
            Change::DropDocument { name, number } => {
                drop(self.settings.insert(("document", Cow::Owned(format!("{number} {name}"))), None));
            }
            // Nobody else writes to the tables, so nothing is left out; of the audit log, the log itself is where it is kept.
            Change::LeaveOut { .. } | Change::PruneAudit { .. } | Change::Audit { .. } => {}
        }
        Ok(())
    }
}

/// A version of a document, as a setting of the kind `document`; its key is the number and the name.
#[derive(Serialize, Deserialize)]
struct StoredDocument {
    text: String,
    deleted: bool,
    ts: i64,
}

/// The arguments of the function `append`, one list for each column.
pub(super) struct Arguments {
    all: Vec<Box<dyn ToSql + Sync + Send>>,
}

impl Arguments {
    pub(super) fn of(batch: &Batch) -> Result<Self, serde_json::Error> {
        let net = Net::of(batch)?;
        let bodies = batch.requests.iter().map(|request| log::write(request)).collect::<Result<Vec<_>, _>>()?;
        let mut arguments = Self { all: Vec::new() };
        arguments.add(number(batch.after.sequence)).add(batch.after.batch).add(batch.id).add(bodies);

        arguments.list(net.gone_schemas.iter().map(|(context, _)| (*context).to_owned()));
        arguments.list(net.gone_schemas.iter().map(|(_, id)| i64::from(*id)));
        arguments.list(net.gone_versions.iter().map(|(context, ..)| (*context).to_owned()));
        arguments.list(net.gone_versions.iter().map(|(_, subject, _)| (*subject).to_owned()));
        arguments.list(net.gone_versions.iter().map(|(.., number)| *number));

        arguments.list(net.contexts.keys().map(|context| (*context).to_owned()));
        arguments.list(net.contexts.values().map(|(next_id, _)| i64::from(*next_id)));
        arguments.list(net.contexts.values().map(|(_, listed)| *listed));

        let schemas = || net.schemas.values().map(|(schema, _)| *schema);
        arguments.list(net.schemas.keys().map(|(context, _)| (*context).to_owned()));
        arguments.list(net.schemas.keys().map(|(_, id)| i64::from(*id)));
        arguments.list(schemas().map(|schema| Uuid::from_bytes(schema.identity.0)));
        arguments.list(schemas().map(|schema| schema.format.as_str().to_owned()));
        arguments.list(schemas().map(|schema| schema.text.to_string()));
        arguments.add(schemas().map(|schema| json(&schema.references)).collect::<Result<Vec<_>, _>>()?);
        arguments.add(schemas().map(|schema| schema.metadata.as_ref().map(json).transpose()).collect::<Result<Vec<_>, _>>()?);
        arguments.add(schemas().map(|schema| schema.rules.as_ref().map(json).transpose()).collect::<Result<Vec<_>, _>>()?);
        arguments.list(net.schemas.values().map(|(_, imported)| *imported));

        arguments.list(net.versions.keys().map(|(context, ..)| (*context).to_owned()));
        arguments.list(net.versions.keys().map(|(_, subject, _)| (*subject).to_owned()));
        arguments.list(net.versions.keys().map(|(.., number)| *number));
        arguments.list(net.versions.values().map(|version| i64::from(version.id)));
        arguments.list(net.versions.values().map(|version| version.deleted));
        arguments.list(net.versions.values().map(|version| version.ts));

        arguments.list(net.settings.keys().map(|(kind, _)| (*kind).to_owned()));
        arguments.list(net.settings.keys().map(|(_, key)| key.to_string()));
        arguments.list(net.settings.into_values());
        Ok(arguments)
    }

    fn add(&mut self, value: impl ToSql + Sync + Send + 'static) -> &mut Self {
        self.all.push(Box::new(value));
        self
    }

    fn list<T>(&mut self, values: impl Iterator<Item = T>)
    where
        Vec<T>: ToSql + Sync + Send + 'static,
    {
        self.add(values.collect::<Vec<T>>());
    }

    /// As the driver wants them.
    pub(super) fn all(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.all.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}

/// A sequence number as the database has it.
pub(super) fn number(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

/// A sequence number from the database.
pub(super) fn sequence(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A row of the log: its number, its batch, its body.
pub(super) fn entry(row: &Row) -> Result<Entry, LoadError> {
    let position = Position { sequence: sequence(row.try_get(0)?), batch: row.try_get(1)? };
    let damaged = |cause| LoadError::Unreadable(format!("entry {} of the log: {cause}", position.sequence));
    Ok(Entry { position, changes: log::read(row.try_get(2)?).map_err(damaged)? })
}

/// Why something stored could not be read.
#[derive(Debug)]
pub(super) enum LoadError {
    /// The database failed.
    Database(tokio_postgres::Error),
    /// It holds what this version cannot understand.
    Unreadable(String),
}

impl From<tokio_postgres::Error> for LoadError {
    fn from(cause: tokio_postgres::Error) -> Self {
        Self::Database(cause)
    }
}

/// Makes a change of a row.
type Read = fn(&Row) -> Result<Change, LoadError>;

/// What [`load`] reads: an order in which it can be applied.
const READS: [(&str, Read); 4] = [
    ("SELECT context, next_id, listed FROM contexts", read_context),
    (
        "SELECT context, id, identity, format, text, refs, metadata, rules, imported FROM schemas ORDER BY context, id",
        read_schema,
    ),
    ("SELECT context, subject, version, id, deleted, ts FROM versions ORDER BY context, subject, version", read_version),
    ("SELECT kind, key, value FROM settings", read_setting),
];

/// Reads the tables, as they are in this transaction.
pub(super) async fn load(transaction: &Transaction<'_>, apply: &mut dyn FnMut(Change)) -> Result<(), LoadError> {
    for (sql, read) in READS {
        let mut rows = pin!(transaction.query_raw(sql, std::iter::empty::<&str>()).await?);
        while let Some(row) = rows.try_next().await? {
            apply(read(&row)?);
        }
    }
    // Where the audit log ends.
    if let Some(row) = transaction.query_opt("SELECT seq, body FROM changes ORDER BY seq DESC LIMIT 1", &[]).await? {
        audited(&row)?.map(|(_, record)| Change::Audit { record }).into_iter().for_each(apply);
    }
    Ok(())
}

/// The record in a row of the log with its number and its body, if it has one: older versions wrote none.
pub(super) fn audited(row: &Row) -> Result<Option<(u64, Arc<Record>)>, LoadError> {
    let place = sequence(row.try_get(0)?);
    let damaged = |cause| LoadError::Unreadable(format!("entry {place} of the log: {cause}"));
    let changes = log::read(row.try_get(1)?).map_err(damaged)?;
    Ok(changes.iter().find_map(|change| match change {
        Change::Audit { record } => Some((place, Arc::clone(record))),
        _ => None,
    }))
}

fn id(row: &Row, column: usize) -> Result<u32, LoadError> {
    let number: i64 = row.try_get(column)?;
    u32::try_from(number).map_err(|_| LoadError::Unreadable(format!("the id {number}")))
}

fn read_context(row: &Row) -> Result<Change, LoadError> {
    let context = row.try_get::<_, &str>(0)?.into();
    Ok(Change::PutContext { context, next_id: id(row, 1)?, listed: row.try_get(2)? })
}

fn read_schema(row: &Row) -> Result<Change, LoadError> {
    let schema = Schema {
        identity: Identity(row.try_get::<_, Uuid>(2)?.into_bytes()),
        format: SchemaType::from(row.try_get::<_, &str>(3)?),
        text: row.try_get::<_, &str>(4)?.into(),
        references: from_json::<Vec<Reference>>(row.try_get(5)?)?,
        metadata: row.try_get::<_, Option<&str>>(6)?.map(from_json::<Metadata>).transpose()?,
        rules: row.try_get::<_, Option<&str>>(7)?.map(from_json).transpose()?,
        foreign: None,
    };
    let context = row.try_get::<_, &str>(0)?.into();
    Ok(Change::PutSchema { context, id: id(row, 1)?, schema: Arc::new(schema), imported: row.try_get(8)? })
}

fn read_version(row: &Row) -> Result<Change, LoadError> {
    let subject = SubjectName::new(row.try_get::<_, &str>(0)?, row.try_get::<_, &str>(1)?);
    let version = Version { id: id(row, 3)?, deleted: row.try_get(4)?, ts: row.try_get(5)? };
    Ok(Change::PutVersion { subject, number: row.try_get(2)?, version })
}

fn read_setting(row: &Row) -> Result<Change, LoadError> {
    let (kind, key, value): (&str, &str, &str) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    match kind {
        "config" => Ok(Change::Config { scope: key.into(), config: Some(Arc::new(from_json::<Config>(value)?)) }),
        "mode" => Ok(Change::Mode { scope: key.into(), mode: Some(value.into()) }),
        "association" => Ok(Change::PutAssociation { association: Arc::new(from_json::<Association>(value)?) }),
        "document" => {
            let unreadable = || LoadError::Unreadable(format!("a document of the key '{key}'"));
            let (number, name) = key.split_once(' ').ok_or_else(unreadable)?;
            let StoredDocument { text, deleted, ts } = from_json(value)?;
            let document = Document { text: text.into(), deleted, ts };
            Ok(Change::PutDocument { name: name.into(), number: number.parse().map_err(|_| unreadable())?, document })
        }
        other => Err(LoadError::Unreadable(format!("a setting of the kind '{other}'"))),
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(value)
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, LoadError> {
    serde_json::from_str(text).map_err(|cause| LoadError::Unreadable(cause.to_string()))
}
