//! One SQLite file: write-ahead log, every commit synced before it is acknowledged, one process at a time.
//!
//! Lives here: opening, the guards at the start, the batch. The tables and what goes into them are in [`rows`]; the lock is in
//! [`lock`].

mod lock;
mod rows;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::store::{Change, Store, StoreError};

/// "EvPR": marks the file as a registry of ours, so that a foreign database is never touched.
const APPLICATION_ID: i32 = 0x4576_5052;

/// The layout of the tables. A newer one is refused, an older one is migrated.
const LAYOUT: i32 = 2;

/// An open database and the lock on it.
pub(super) struct Sqlite {
    connection: Connection,
    path: PathBuf,
    in_batch: bool,
    /// Held for the life of the process.
    _lock: lock::Lock,
}

impl Sqlite {
    /// Opens or creates the file. Refuses what is not ours, too new, damaged, or in use; never replaces anything.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let lock = lock::Lock::take(path)?;
        let failed = |cause: rusqlite::Error| failure(path, &cause);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        let layout = guard(&connection, path)?;
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA cell_size_check = ON;
             PRAGMA cache_size = -2048;
             PRAGMA temp_store = MEMORY;",
            )
            .map_err(failed)?;
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(failed)?;
        if mode != "wal" {
            let text =
                format!("{}: this file system cannot hold a write-ahead log; put the store on a local disk", path.display());
            return Err(StoreError::Refused(text));
        }
        if layout < LAYOUT {
            // In one transaction: a process that is killed here must not leave tables that the next one takes for foreign.
            let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {LAYOUT};");
            let tables = if layout == 0 { rows::TABLES } else { "" };
            let missing = usize::try_from(layout - 1).unwrap_or(0);
            let migrations = rows::MIGRATIONS.iter().skip(missing).copied().collect::<String>();
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {marks} {tables} {migrations} COMMIT;")).map_err(failed)?;
        }
        Ok(Self { connection, path: path.to_owned(), in_batch: false, _lock: lock })
    }

    fn run(&self, sql: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|cause| failure(&self.path, &cause))
    }
}

/// What stands at the start of the file decides whether it is touched at all. The layout of the tables; 0 when there are none yet.
fn guard(connection: &Connection, path: &Path) -> Result<i32, StoreError> {
    let number = |pragma: &str| connection.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0));
    let place = path.display();
    let (application, layout) = match (number("application_id"), number("user_version")) {
        (Ok(application), Ok(layout)) => (application, layout),
        (Err(cause), _) | (_, Err(cause)) => {
            let text = format!("{place} is not a registry ({cause}); move it away or name another file");
            return Err(StoreError::Refused(text));
        }
    };
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(|cause| failure(path, &cause))?;
    if application != APPLICATION_ID && (application != 0 || layout != 0 || tables != 0) {
        let text = format!("{place} is the database of another program; name another file");
        return Err(StoreError::Refused(text));
    }
    if layout > LAYOUT {
        let text = format!("{place} was written by a newer version (layout {layout}, this one knows {LAYOUT}); use that version");
        return Err(StoreError::Refused(text));
    }
    let check: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).unwrap_or_else(|cause| cause.to_string());
    if check != "ok" {
        let text =
            format!("{place} is damaged ({check}); restore a backup, or save what is readable with the sqlite3 command .recover");
        return Err(StoreError::Refused(text));
    }
    Ok(if application == APPLICATION_ID { layout } else { 0 })
}

fn failure(path: &Path, cause: &rusqlite::Error) -> StoreError {
    StoreError::Failed { place: path.display().to_string(), cause: cause.to_string() }
}

impl Store for Sqlite {
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
        rows::load(&self.connection, apply).map_err(|cause| failure(&self.path, &cause))
    }

    fn write(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if !self.in_batch {
            self.run("BEGIN IMMEDIATE")?;
            self.in_batch = true;
        }
        self.run("SAVEPOINT request")?;
        let written = changes.iter().try_for_each(|change| rows::write(&self.connection, change));
        match written {
            Ok(()) => self.run("RELEASE request"),
            Err(cause) => {
                self.run("ROLLBACK TO request; RELEASE request")?;
                Err(failure(&self.path, &cause))
            }
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if self.in_batch {
            self.in_batch = false;
            self.run("COMMIT")?;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(|cause| failure(&self.path, &cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Schema, Version};
    use crate::subject::SubjectName;

    fn open(path: &Path) -> Result<Sqlite, String> {
        Sqlite::open(path).map_err(|e| e.to_string())
    }

    fn all(store: &mut Sqlite) -> Vec<Change> {
        let mut changes = Vec::new();
        store.load(&mut |change| changes.push(change)).unwrap();
        changes
    }

    fn default_context() -> Change {
        Change::PutContext { context: ".".into(), next_id: 1, listed: true }
    }

    fn association() -> std::sync::Arc<eventpact_registry_client::wire::Association> {
        let text = r#"{"subject":"s","guid":"g","resourceName":"t","resourceNamespace":"n","resourceId":"n:t","resourceType":"topic",
            "associationType":"value","lifecycle":"STRONG","frozen":true,"createTs":1,"updateTs":2}"#;
        serde_json::from_str::<eventpact_registry_client::wire::Association>(text).unwrap().into()
    }

    fn example() -> Vec<Change> {
        let mut metadata = eventpact_registry_client::Metadata::default();
        metadata.properties.insert("owner".into(), "shop".into());
        let schema = Schema {
            identity: crate::identity::Identity::of("\"int\"", &[], Some(&metadata), None),
            format: eventpact_registry_client::SchemaType::Avro,
            text: "\"int\"".into(),
            references: vec![eventpact_registry_client::Reference::new("a", "b", 3)],
            metadata: Some(metadata),
            rules: Some(eventpact_registry_client::wire::RuleSet::default()),
        };
        let config = eventpact_registry_client::Config { normalize: Some(true), ..Default::default() };
        let version = Version { id: 1, deleted: true, ts: 1_700_000_000_000 };
        vec![
            default_context(),
            Change::PutContext { context: ".eu".into(), next_id: 2, listed: true },
            Change::PutSchema { context: ".eu".into(), id: 1, schema: schema.into() },
            Change::PutVersion { subject: SubjectName::parse(":.eu:s"), number: 4, version },
            Change::Config { scope: "".into(), config: Some(config.into()) },
            Change::Mode { scope: ":.eu:s".into(), mode: Some("READONLY".into()) },
            Change::PutAssociation { association: association() },
        ]
    }

    #[test]
    fn what_was_written_is_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        store.write(&example()).unwrap();
        store.commit().unwrap();
        drop(store);
        let mut store = open(&path).unwrap();
        assert_eq!(all(&mut store), example());
        let gone = [
            Change::DropVersion { subject: SubjectName::parse(":.eu:s"), number: 4 },
            Change::DropSchema { context: ".eu".into(), id: 1 },
            Change::Config { scope: "".into(), config: None },
            Change::Mode { scope: ":.eu:s".into(), mode: None },
            Change::DropAssociation { association: association() },
        ];
        store.write(&gone).unwrap();
        store.commit().unwrap();
        assert_eq!(all(&mut store), example()[..2]);
    }

    #[test]
    fn an_older_file_is_migrated_with_all_that_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.db");
        let old = Connection::open(&path).unwrap();
        let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = 1;");
        old.execute_batch(&format!("{marks} {}", rows::TABLES)).unwrap();
        old.execute_batch(
            "INSERT INTO contexts VALUES ('.', 2, 1);
             INSERT INTO schemas VALUES ('.', 1, x'ef524ea1b91e73173d938ade36c1db32', 'AVRO', '\"int\"', '[]', NULL);",
        )
        .unwrap();
        drop(old);
        let mut store = open(&path).unwrap();
        let schema = Schema {
            identity: crate::identity::Identity::of("\"int\"", &[], None, None),
            format: eventpact_registry_client::SchemaType::Avro,
            text: "\"int\"".into(),
            references: Vec::new(),
            metadata: None,
            rules: None,
        };
        let context = Change::PutContext { context: ".".into(), next_id: 2, listed: true };
        let expected = [context, Change::PutSchema { context: ".".into(), id: 1, schema: schema.into() }];
        assert_eq!(all(&mut store), expected);
        let later = [Change::PutAssociation { association: association() }];
        store.write(&later).unwrap();
        store.commit().unwrap();
        drop(store);
        assert_eq!(all(&mut open(&path).unwrap())[2..], later);
    }

    #[test]
    fn a_request_that_breaks_a_rule_of_the_tables_leaves_the_rest_of_the_batch() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("r.db")).unwrap();
        store.write(&[default_context()]).unwrap();
        let dangling = Version { id: 9, deleted: false, ts: 0 };
        assert!(store.write(&[Change::PutVersion { subject: SubjectName::parse("s"), number: 1, version: dangling }]).is_err());
        store.commit().unwrap();
        assert_eq!(all(&mut store), [default_context()]);
    }

    #[test]
    fn a_damaged_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        store.write(&example()).unwrap();
        store.commit().unwrap();
        drop(store);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..].fill(0xa5);
        std::fs::write(&path, &bytes).unwrap();
        let refusal = open(&path).err().unwrap();
        assert!(refusal.contains("is damaged") && refusal.contains("restore a backup"), "{refusal}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_second_process_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let first = open(&path).unwrap();
        let second = open(&path).err().unwrap();
        assert!(second.contains(&format!("process {}", std::process::id())), "{second}");
        drop(first);
        assert!(open(&path).is_ok());

        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "a file of somebody else, long enough to be read as a header of a database".repeat(20)).unwrap();
        assert!(open(&text).err().unwrap().contains("is not a registry"));
        assert!(std::fs::read_to_string(&text).unwrap().starts_with("a file of somebody else"));

        let foreign = folder.path().join("foreign.db");
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
        assert!(open(&foreign).err().unwrap().contains("another program"));

        let newer = folder.path().join("newer.db");
        drop(open(&newer).unwrap());
        Connection::open(&newer).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(open(&newer).err().unwrap().contains("newer version"));
    }
}
