//! The tables, and how a change becomes rows and rows become changes.

use std::sync::Arc;

use eventpact_registry_client::wire::{Association, Config, RuleSet};
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use rusqlite::types::Type;
use rusqlite::{Connection, Error, Row, params};
use serde::de::DeserializeOwned;

use crate::identity::Identity;
use crate::state::{Schema, Version};
use crate::store::Change;
use crate::subject::SubjectName;

/// The tables of layout 1. Lists and objects are JSON, as the wire has them.
pub(super) const TABLES: &str = "
    CREATE TABLE contexts (
        context TEXT PRIMARY KEY,
        next_id INTEGER NOT NULL,
        listed  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE schemas (
        context    TEXT NOT NULL REFERENCES contexts (context),
        id         INTEGER NOT NULL,
        identity   BLOB NOT NULL,
        format     TEXT NOT NULL,
        text       TEXT NOT NULL,
        refs       TEXT NOT NULL,
        metadata   TEXT,
        PRIMARY KEY (context, id)
    ) STRICT;
    CREATE TABLE versions (
        context TEXT NOT NULL,
        subject TEXT NOT NULL,
        version INTEGER NOT NULL,
        id      INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        ts      INTEGER NOT NULL,
        PRIMARY KEY (context, subject, version),
        FOREIGN KEY (context, id) REFERENCES schemas (context, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX versions_by_id ON versions (context, id);
    CREATE TABLE configs (scope TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE modes (scope TEXT PRIMARY KEY, mode TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// What turns each layout into the next one; the first is from 1 to 2. A new file goes through all of them.
pub(super) const MIGRATIONS: &[&str] = &["
    ALTER TABLE schemas ADD COLUMN rules TEXT;
    CREATE TABLE associations (guid TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
"];

/// Writes one change.
pub(super) fn write(connection: &Connection, change: &Change) -> Result<(), Error> {
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| connection.prepare_cached(sql)?.execute(values).map(drop);
    match change {
        Change::PutContext { context, next_id, listed } => put_context(connection, context, *next_id, *listed),
        Change::PutSchema { context, id, schema } => put_schema(connection, context, *id, schema),
        Change::DropSchema { context, id } => run("DELETE FROM schemas WHERE context = ?1 AND id = ?2", params![context, id]),
        Change::PutVersion { subject, number, version } => run(
            "INSERT INTO versions VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO UPDATE SET id = excluded.id, deleted = excluded.deleted, ts = excluded.ts",
            params![subject.context, subject.name, number, version.id, version.deleted, version.ts],
        ),
        Change::DropVersion { subject, number } => run(
            "DELETE FROM versions WHERE context = ?1 AND subject = ?2 AND version = ?3",
            params![subject.context, subject.name, number],
        ),
        Change::Config { scope, config: Some(config) } => {
            run("INSERT OR REPLACE INTO configs VALUES (?1, ?2)", params![scope, json(&**config)?])
        }
        Change::Config { scope, config: None } => run("DELETE FROM configs WHERE scope = ?1", params![scope]),
        Change::Mode { scope, mode: Some(mode) } => run("INSERT OR REPLACE INTO modes VALUES (?1, ?2)", params![scope, mode]),
        Change::Mode { scope, mode: None } => run("DELETE FROM modes WHERE scope = ?1", params![scope]),
        Change::PutAssociation { association } => {
            let body = json(&**association)?;
            run("INSERT OR REPLACE INTO associations VALUES (?1, ?2)", params![association.guid, body])
        }
        Change::DropAssociation { association } => run("DELETE FROM associations WHERE guid = ?1", params![association.guid]),
    }
}

/// The counter never goes back: what the table says after the update must be what was decided in memory.
fn put_context(connection: &Connection, context: &str, next_id: u32, listed: bool) -> Result<(), Error> {
    let stored: u32 = connection
        .prepare_cached(
            "INSERT INTO contexts VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET next_id = max(next_id, excluded.next_id), listed = excluded.listed
             RETURNING next_id",
        )?
        .query_row(params![context, next_id, listed], |row| row.get(0))?;
    if stored == next_id { Ok(()) } else { Err(Error::IntegralValueOutOfRange(0, i64::from(stored))) }
}

fn put_schema(connection: &Connection, context: &str, id: u32, schema: &Schema) -> Result<(), Error> {
    let metadata = schema.metadata.as_ref().map(json).transpose()?;
    let rules = schema.rules.as_ref().map(json).transpose()?;
    connection.prepare_cached("INSERT INTO schemas VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(params![
        context,
        id,
        schema.identity.0,
        schema.format.as_str(),
        &*schema.text,
        json(&schema.references)?,
        metadata,
        rules,
    ])?;
    Ok(())
}

/// Reads everything, in an order in which it can be applied.
pub(super) fn load(connection: &Connection, apply: &mut dyn FnMut(Change)) -> Result<(), Error> {
    let mut each = |sql: &str, read: fn(&Row<'_>) -> Result<Change, Error>| -> Result<(), Error> {
        let mut statement = connection.prepare(sql)?;
        for change in statement.query_map([], read)? {
            apply(change?);
        }
        Ok(())
    };
    each("SELECT context, next_id, listed FROM contexts ORDER BY context", |row| {
        Ok(Change::PutContext { context: row.get(0)?, next_id: row.get(1)?, listed: row.get(2)? })
    })?;
    each("SELECT context, id, identity, format, text, refs, metadata, rules FROM schemas ORDER BY context, id", read_schema)?;
    each("SELECT context, subject, version, id, deleted, ts FROM versions ORDER BY context, subject, version", |row| {
        let subject = SubjectName::new(row.get::<_, Arc<str>>(0)?, row.get::<_, Arc<str>>(1)?);
        let version = Version { id: row.get(3)?, deleted: row.get(4)?, ts: row.get(5)? };
        Ok(Change::PutVersion { subject, number: row.get(2)?, version })
    })?;
    each("SELECT scope, body FROM configs ORDER BY scope", |row| {
        Ok(Change::Config { scope: row.get(0)?, config: Some(Arc::new(from_json::<Config>(row, 1)?)) })
    })?;
    each("SELECT scope, mode FROM modes ORDER BY scope", |row| Ok(Change::Mode { scope: row.get(0)?, mode: Some(row.get(1)?) }))?;
    each("SELECT guid, body FROM associations ORDER BY guid", |row| {
        Ok(Change::PutAssociation { association: Arc::new(from_json::<Association>(row, 1)?) })
    })
}

fn read_schema(row: &Row<'_>) -> Result<Change, Error> {
    let has = |column: usize| Ok::<bool, Error>(row.get_ref(column)? != rusqlite::types::ValueRef::Null);
    let schema = Schema {
        identity: Identity(row.get(2)?),
        format: SchemaType::from(row.get_ref(3)?.as_str()?),
        text: row.get(4)?,
        references: from_json::<Vec<Reference>>(row, 5)?,
        metadata: has(6)?.then(|| from_json::<Metadata>(row, 6)).transpose()?,
        rules: has(7)?.then(|| from_json::<RuleSet>(row, 7)).transpose()?,
    };
    Ok(Change::PutSchema { context: row.get(0)?, id: row.get(1)?, schema: Arc::new(schema) })
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|cause| Error::ToSqlConversionFailure(cause.into()))
}

fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text).map_err(|cause| Error::FromSqlConversionFailure(column, Type::Text, cause.into()))
}
