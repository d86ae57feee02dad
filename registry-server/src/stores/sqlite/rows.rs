//! The tables, how a change becomes rows and rows become changes, and the sums by which damage is found.
//!
//! SQLite does not notice a changed byte inside a value. So each row carries a sum over all of it, and the head carries the sum of
//! these sums: a row that differs, is missing or comes twice is found when the file is loaded.

use std::sync::Arc;

use eventpact_registry_client::wire::{Association, Config, RuleSet};
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use md5::{Digest, Md5};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, OptionalExtension, Params, Row, params};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::audit::Record;
use crate::documents::Document;
use crate::identity::Identity;
use crate::state::{Schema, Version};
use crate::store::{Change, Position};
use crate::subject::SubjectName;

/// What a new file gets. Lists and objects are JSON, as the wire has them.
pub(super) const TABLES: &str = "
    CREATE TABLE head (
        one      INTEGER PRIMARY KEY CHECK (one = 1),
        sequence INTEGER NOT NULL,
        batch    BLOB NOT NULL,
        total    INTEGER NOT NULL,
        sum      INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE contexts (
        context TEXT PRIMARY KEY,
        next_id INTEGER NOT NULL,
        listed  INTEGER NOT NULL,
        sum     INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE schemas (
        context    TEXT NOT NULL REFERENCES contexts (context),
        id         INTEGER NOT NULL,
        identity   BLOB NOT NULL,
        format     TEXT NOT NULL,
        text       TEXT NOT NULL,
        refs       TEXT NOT NULL,
        metadata   TEXT,
        rules      TEXT,
        sum        INTEGER NOT NULL,
        PRIMARY KEY (context, id)
    ) STRICT;
    CREATE TABLE versions (
        context TEXT NOT NULL,
        subject TEXT NOT NULL,
        version INTEGER NOT NULL,
        id      INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        ts      INTEGER NOT NULL,
        sum     INTEGER NOT NULL,
        PRIMARY KEY (context, subject, version),
        FOREIGN KEY (context, id) REFERENCES schemas (context, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX versions_by_id ON versions (context, id);
    CREATE TABLE configs (scope TEXT PRIMARY KEY, body TEXT NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE modes (scope TEXT PRIMARY KEY, mode TEXT NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE associations (guid TEXT PRIMARY KEY, body TEXT NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// What layout 4 added: AsyncAPI documents, and the audit log, of which only the last row counts for the sum of sums. The others are bound to it by hashes,
/// so a start does not read them all.
pub(super) const TABLES_4: &str = "
    CREATE TABLE documents (
        name    TEXT NOT NULL,
        version INTEGER NOT NULL,
        text    TEXT NOT NULL,
        deleted INTEGER NOT NULL,
        ts      INTEGER NOT NULL,
        sum     INTEGER NOT NULL,
        PRIMARY KEY (name, version)
    ) STRICT;
    CREATE TABLE audit (
        number   INTEGER PRIMARY KEY,
        previous BLOB NOT NULL,
        hash     BLOB NOT NULL,
        text     TEXT NOT NULL,
        sum      INTEGER NOT NULL
    ) STRICT;
";

/// The sum of a row: of its table and its values, each with its length before it.
struct Sum(Md5);

impl Sum {
    fn of(table: &str) -> Self {
        Self(Md5::new()).text(table)
    }

    fn bytes(mut self, value: &[u8]) -> Self {
        self.0.update((value.len() as u64).to_be_bytes());
        self.0.update(value);
        self
    }

    fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    fn number(self, value: impl Into<i64>) -> Self {
        self.bytes(&value.into().to_be_bytes())
    }

    fn done(self) -> i64 {
        let sum: [u8; 16] = self.0.finalize().into();
        sum.first_chunk().copied().map(i64::from_be_bytes).unwrap_or_default()
    }
}

fn context_sum(context: &str, next_id: u32, listed: bool) -> i64 {
    Sum::of("contexts").text(context).number(next_id).number(listed).done()
}

/// The lists and objects of a schema, as JSON: references, metadata, rules.
type Json<'a> = [Option<&'a str>; 3];

fn schema_sum(context: &str, id: u32, schema: &Schema, json: Json<'_>) -> i64 {
    let sum =
        Sum::of("schemas").text(context).number(id).bytes(&schema.identity.0).text(schema.format.as_str()).text(&schema.text);
    json.into_iter().fold(sum, |sum, part| sum.number(part.is_some()).text(part.unwrap_or(""))).done()
}

fn version_sum(subject: &SubjectName, number: i32, version: Version) -> i64 {
    let sum = Sum::of("versions").text(&subject.context).text(&subject.name).number(number);
    sum.number(version.id).number(version.deleted).number(version.ts).done()
}

fn document_sum(name: &str, number: i32, document: &Document) -> i64 {
    let sum = Sum::of("documents").text(name).number(number).text(&document.text);
    sum.number(document.deleted).number(document.ts).done()
}

fn audit_sum(record: &Record) -> i64 {
    Sum::of("audit").bytes(&record.number.to_be_bytes()).bytes(&record.previous).bytes(&record.hash).text(&record.text).done()
}

fn setting_sum(table: &str, scope: &str, value: &str) -> i64 {
    Sum::of(table).text(scope).text(value).done()
}

/// Writes one change. Gives what the sum of all rows changes by, to be combined with exclusive or.
pub(super) fn write(connection: &Connection, change: &Change) -> Result<i64, Error> {
    let put = |before: i64, after: i64, sql: &str, values: &[&dyn rusqlite::ToSql]| {
        connection.prepare_cached(sql)?.execute(values).map(|_| before ^ after)
    };
    let sum = |sql: &str, key: &[&dyn rusqlite::ToSql]| number(connection, sql, key);
    match change {
        Change::PutContext { context, next_id, listed } => put_context(connection, context, *next_id, *listed),
        Change::PutSchema { context, id, schema, .. } => put_schema(connection, context, *id, schema),
        Change::DropSchema { context, id } => {
            sum("DELETE FROM schemas WHERE context = ?1 AND id = ?2 RETURNING sum", params![context, id])
        }
        Change::PutVersion { subject, number, version } => {
            let key = params![subject.context, subject.name, number];
            let before = sum("SELECT sum FROM versions WHERE context = ?1 AND subject = ?2 AND version = ?3", key)?;
            let after = version_sum(subject, *number, *version);
            put(
                before,
                after,
                "INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO UPDATE SET id = excluded.id, deleted = excluded.deleted, ts = excluded.ts, sum = excluded.sum",
                params![subject.context, subject.name, number, version.id, version.deleted, version.ts, after],
            )
        }
        Change::DropVersion { subject, number } => sum(
            "DELETE FROM versions WHERE context = ?1 AND subject = ?2 AND version = ?3 RETURNING sum",
            params![subject.context, subject.name, number],
        ),
        Change::Config { scope, config: Some(config) } => {
            let (before, body) = (sum("SELECT sum FROM configs WHERE scope = ?1", params![scope])?, json(&**config)?);
            let after = setting_sum("configs", scope, &body);
            put(before, after, "INSERT OR REPLACE INTO configs VALUES (?1, ?2, ?3)", params![scope, body, after])
        }
        Change::Config { scope, config: None } => sum("DELETE FROM configs WHERE scope = ?1 RETURNING sum", params![scope]),
        Change::Mode { scope, mode: Some(mode) } => {
            let before = sum("SELECT sum FROM modes WHERE scope = ?1", params![scope])?;
            let after = setting_sum("modes", scope, mode);
            put(before, after, "INSERT OR REPLACE INTO modes VALUES (?1, ?2, ?3)", params![scope, mode, after])
        }
        Change::Mode { scope, mode: None } => sum("DELETE FROM modes WHERE scope = ?1 RETURNING sum", params![scope]),
        Change::PutAssociation { association } => {
            let before = sum("SELECT sum FROM associations WHERE guid = ?1", params![association.guid])?;
            let body = json(&**association)?;
            let after = setting_sum("associations", &association.guid, &body);
            put(before, after, "INSERT OR REPLACE INTO associations VALUES (?1, ?2, ?3)", params![association.guid, body, after])
        }
        Change::DropAssociation { association } => {
            sum("DELETE FROM associations WHERE guid = ?1 RETURNING sum", params![association.guid])
        }
        Change::PutDocument { name, number, document } => {
            let before = sum("SELECT sum FROM documents WHERE name = ?1 AND version = ?2", params![name, number])?;
            let after = document_sum(name, *number, document);
            let values = params![name, number, document.text, document.deleted, document.ts, after];
            put(before, after, "INSERT OR REPLACE INTO documents VALUES (?1, ?2, ?3, ?4, ?5, ?6)", values)
        }
        Change::DropDocument { name, number } => {
            sum("DELETE FROM documents WHERE name = ?1 AND version = ?2 RETURNING sum", params![name, number])
        }
        // Only the last row counts for the sum of sums, and that one stays.
        Change::PruneAudit { through, .. } => {
            let sql = "DELETE FROM audit WHERE number <= ?1 AND number < (SELECT max(number) FROM audit)";
            let number = i64::try_from(through.number).map_err(|cause| Error::ToSqlConversionFailure(cause.into()))?;
            connection.prepare_cached(sql)?.execute(params![number]).map(|_| 0)
        }
        // Nobody else writes to the file, so nothing is left out.
        Change::LeaveOut { .. } => Ok(0),
        Change::Audit { record } => {
            let before = sum("SELECT sum FROM audit ORDER BY number DESC LIMIT 1", &[])?;
            let (number, after) = (audit_number(record)?, audit_sum(record));
            let values = params![number, record.previous, record.hash, record.text, after];
            put(before, after, "INSERT INTO audit VALUES (?1, ?2, ?3, ?4, ?5)", values)
        }
    }
}

/// The number in the only row that there may be, else 0.
fn number(connection: &Connection, sql: &str, key: impl Params) -> Result<i64, Error> {
    let found = connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?;
    Ok(found.unwrap_or(0))
}

fn audit_number(record: &Record) -> Result<i64, Error> {
    i64::try_from(record.number).map_err(|cause| Error::ToSqlConversionFailure(cause.into()))
}

/// The counter never goes back: what the table says after the update must be what was decided in memory.
fn put_context(connection: &Connection, context: &str, next_id: u32, listed: bool) -> Result<i64, Error> {
    let before = number(connection, "SELECT sum FROM contexts WHERE context = ?1", params![context])?;
    let after = context_sum(context, next_id, listed);
    let stored: u32 = connection
        .prepare_cached(
            "INSERT INTO contexts VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET next_id = max(next_id, excluded.next_id), listed = excluded.listed, sum = excluded.sum
             RETURNING next_id",
        )?
        .query_row(params![context, next_id, listed, after], |row| row.get(0))?;
    if stored == next_id { Ok(before ^ after) } else { Err(Error::IntegralValueOutOfRange(0, i64::from(stored))) }
}

fn put_schema(connection: &Connection, context: &str, id: u32, schema: &Schema) -> Result<i64, Error> {
    let references = json(&schema.references)?;
    let metadata = schema.metadata.as_ref().map(json).transpose()?;
    let rules = schema.rules.as_ref().map(json).transpose()?;
    let sum = schema_sum(context, id, schema, [Some(&references), metadata.as_deref(), rules.as_deref()]);
    connection.prepare_cached("INSERT INTO schemas VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(params![
        context,
        id,
        schema.identity.0,
        schema.format.as_str(),
        &*schema.text,
        references,
        metadata,
        rules,
        sum,
    ])?;
    Ok(sum)
}

/// The end of the log, and the sum of the sums of all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub(super) position: Position,
    pub(super) total: i64,
}

impl Head {
    fn sum(&self) -> i64 {
        let Position { sequence, batch } = self.position;
        Sum::of("head").bytes(&sequence.to_be_bytes()).bytes(batch.as_bytes()).number(self.total).done()
    }
}

/// Writes the head.
pub(super) fn put_head(connection: &Connection, head: &Head) -> Result<(), Error> {
    let sequence = i64::try_from(head.position.sequence).map_err(|cause| Error::ToSqlConversionFailure(cause.into()))?;
    let values = params![sequence, head.position.batch.as_bytes(), head.total, head.sum()];
    connection.prepare_cached("INSERT OR REPLACE INTO head VALUES (1, ?1, ?2, ?3, ?4)")?.execute(values).map(drop)
}

/// Why the rows cannot be used.
#[derive(Debug)]
pub(super) enum LoadError {
    /// What is read is not what was written.
    Damaged(String),
    /// SQLite could not read.
    Sqlite(Error),
}

impl From<Error> for LoadError {
    fn from(cause: Error) -> Self {
        match cause {
            // A value of another kind than was written.
            Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) | Error::InvalidColumnType(..) => {
                Self::Damaged(cause.to_string())
            }
            other => Self::Sqlite(other),
        }
    }
}

/// Reads and verifies the head.
pub(super) fn head(connection: &Connection) -> Result<Head, LoadError> {
    let row = |row: &Row<'_>| {
        let (sequence, batch): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
        let sequence = u64::try_from(sequence).map_err(|_| Error::IntegralValueOutOfRange(0, sequence))?;
        let position = Position { sequence, batch: Uuid::from_bytes(batch) };
        Ok((Head { position, total: row.get(2)? }, row.get::<_, i64>(3)?))
    };
    let found = connection.query_row("SELECT sequence, batch, total, sum FROM head", [], row).optional()?;
    match found {
        Some((head, sum)) if head.sum() == sum => Ok(head),
        Some(_) => Err(LoadError::Damaged("the head does not have its sum".into())),
        None => Err(LoadError::Damaged("there is no head".into())),
    }
}

/// A row as it was read: the change that it makes, the sum that it must have, and the sum that it has.
type Loaded = (Change, i64, i64);

/// Makes a change of a row.
type Read = fn(&Row<'_>) -> Result<Loaded, Error>;

/// What [`load`] reads: an order in which it can be applied.
const READS: [(&str, Read); 8] = [
    ("SELECT context, next_id, listed, sum FROM contexts ORDER BY context", read_context),
    ("SELECT context, id, identity, format, text, refs, metadata, rules, sum FROM schemas ORDER BY context, id", read_schema),
    ("SELECT context, subject, version, id, deleted, ts, sum FROM versions ORDER BY context, subject, version", read_version),
    ("SELECT scope, body, sum FROM configs ORDER BY scope", read_config),
    ("SELECT scope, mode, sum FROM modes ORDER BY scope", read_mode),
    ("SELECT guid, body, sum FROM associations ORDER BY guid", read_association),
    ("SELECT name, version, text, deleted, ts, sum FROM documents ORDER BY name, version", read_document),
    ("SELECT number, previous, hash, text, sum FROM audit ORDER BY number DESC LIMIT 1", read_audit),
];

/// How many of them layout 2 has.
const READS_OF_2: usize = 6;

/// Reads everything from the tables of layout 2, which have no sums.
pub(super) fn load_without_sums(connection: &Connection) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for (sql, read) in READS.into_iter().take(READS_OF_2) {
        let mut statement = connection.prepare(&sql.replace(", sum FROM", ", 0 FROM"))?;
        for row in statement.query_map([], read)? {
            changes.push(row?.0);
        }
    }
    Ok(changes)
}

/// Reads and verifies everything. On an error some changes may have been applied already.
pub(super) fn load(connection: &Connection, apply: &mut dyn FnMut(Change)) -> Result<Head, LoadError> {
    let head = head(connection)?;
    let mut total = 0;
    for (sql, read) in READS {
        let mut statement = connection.prepare(sql)?;
        for row in statement.query_map([], read)? {
            let (change, sum, stored) = row?;
            if sum != stored {
                return Err(LoadError::Damaged(format!("a row does not have its sum: {}", named(&change))));
            }
            total ^= stored;
            apply(change);
        }
    }
    if total == head.total { Ok(head) } else { Err(LoadError::Damaged("rows are missing, or there are too many".into())) }
}

fn named(change: &Change) -> String {
    match change {
        Change::PutContext { context, .. } => format!("context {context}"),
        Change::PutSchema { context, id, .. } | Change::DropSchema { context, id } => format!("schema {id} of context {context}"),
        Change::PutVersion { subject, number, .. } | Change::DropVersion { subject, number } => {
            format!("version {number} of {subject}")
        }
        Change::Config { scope, .. } => format!("configuration of '{scope}'"),
        Change::Mode { scope, .. } => format!("mode of '{scope}'"),
        Change::PutAssociation { association } | Change::DropAssociation { association } => {
            format!("association {}", association.guid)
        }
        Change::PutDocument { name, number, .. } | Change::DropDocument { name, number } => {
            format!("version {number} of document {name}")
        }
        Change::LeaveOut { subject, number, .. } => format!("version {number} of {subject}"),
        Change::PruneAudit { through, .. } => format!("records up to {} of the audit log", through.number),
        Change::Audit { record } => format!("record {} of the audit log", record.number),
    }
}

fn read_context(row: &Row<'_>) -> Result<Loaded, Error> {
    let (context, next_id, listed): (Arc<str>, u32, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let sum = context_sum(&context, next_id, listed);
    Ok((Change::PutContext { context, next_id, listed }, sum, row.get(3)?))
}

fn read_schema(row: &Row<'_>) -> Result<Loaded, Error> {
    let optional = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(Error::from);
    let (references, metadata, rules) = (optional(5)?, optional(6)?, optional(7)?);
    let schema = Schema {
        identity: Identity(row.get(2)?),
        format: SchemaType::from(row.get_ref(3)?.as_str()?),
        text: row.get(4)?,
        references: from_json::<Vec<Reference>>(row, 5)?,
        metadata: metadata.is_some().then(|| from_json::<Metadata>(row, 6)).transpose()?,
        rules: rules.is_some().then(|| from_json::<RuleSet>(row, 7)).transpose()?,
        foreign: None,
    };
    let (context, id): (Arc<str>, u32) = (row.get(0)?, row.get(1)?);
    let sum = schema_sum(&context, id, &schema, [references, metadata, rules]);
    // Whether it came by an import matters to the guard of the stores with several writers alone.
    Ok((Change::PutSchema { context, id, schema: Arc::new(schema), imported: false }, sum, row.get(8)?))
}

fn read_version(row: &Row<'_>) -> Result<Loaded, Error> {
    let subject = SubjectName::new(row.get::<_, Arc<str>>(0)?, row.get::<_, Arc<str>>(1)?);
    let (number, version) = (row.get(2)?, Version { id: row.get(3)?, deleted: row.get(4)?, ts: row.get(5)? });
    let sum = version_sum(&subject, number, version);
    Ok((Change::PutVersion { subject, number, version }, sum, row.get(6)?))
}

fn read_config(row: &Row<'_>) -> Result<Loaded, Error> {
    let scope: Arc<str> = row.get(0)?;
    let sum = setting_sum("configs", &scope, row.get_ref(1)?.as_str()?);
    Ok((Change::Config { scope, config: Some(Arc::new(from_json::<Config>(row, 1)?)) }, sum, row.get(2)?))
}

fn read_mode(row: &Row<'_>) -> Result<Loaded, Error> {
    let (scope, mode): (Arc<str>, Arc<str>) = (row.get(0)?, row.get(1)?);
    let sum = setting_sum("modes", &scope, &mode);
    Ok((Change::Mode { scope, mode: Some(mode) }, sum, row.get(2)?))
}

fn read_association(row: &Row<'_>) -> Result<Loaded, Error> {
    let sum = setting_sum("associations", row.get_ref(0)?.as_str()?, row.get_ref(1)?.as_str()?);
    Ok((Change::PutAssociation { association: Arc::new(from_json::<Association>(row, 1)?) }, sum, row.get(2)?))
}

fn read_document(row: &Row<'_>) -> Result<Loaded, Error> {
    let (name, number): (Arc<str>, i32) = (row.get(0)?, row.get(1)?);
    let document = Document { text: row.get(2)?, deleted: row.get(3)?, ts: row.get(4)? };
    let sum = document_sum(&name, number, &document);
    Ok((Change::PutDocument { name, number, document }, sum, row.get(5)?))
}

fn read_audit(row: &Row<'_>) -> Result<Loaded, Error> {
    let record = audit_record(row)?;
    let sum = audit_sum(&record);
    Ok((Change::Audit { record: Arc::new(record) }, sum, row.get(4)?))
}

/// A record from its number, the hash before, its hash and its text.
fn audit_record(row: &Row<'_>) -> Result<Record, Error> {
    let number: i64 = row.get(0)?;
    let number = u64::try_from(number).map_err(|_| Error::IntegralValueOutOfRange(0, number))?;
    Ok(Record { number, previous: row.get(1)?, hash: row.get(2)?, text: row.get(3)? })
}

/// The records before a number, newest first.
pub(super) fn audit_before(connection: &Connection, number: Option<u64>, most: usize) -> Result<Vec<Record>, Error> {
    let number = number.map_or(i64::MAX, |number| i64::try_from(number).unwrap_or(i64::MAX));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let sql = "SELECT number, previous, hash, text FROM audit WHERE number < ?1 ORDER BY number DESC LIMIT ?2";
    connection.prepare(sql)?.query_map([number, most], audit_record)?.collect()
}

/// The oldest records, oldest first.
pub(super) fn audit_oldest(connection: &Connection, most: usize) -> Result<Vec<Record>, Error> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let sql = "SELECT number, previous, hash, text FROM audit ORDER BY number LIMIT ?1";
    connection.prepare(sql)?.query_map([most], audit_record)?.collect()
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|cause| Error::ToSqlConversionFailure(cause.into()))
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|cause| Error::FromSqlConversionFailure(column, Type::Text, cause.into()))
}
