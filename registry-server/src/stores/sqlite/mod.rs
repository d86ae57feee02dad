//! One SQLite file: write-ahead log, every commit synced before it is acknowledged, one writing process at a time.
//!
//! Lives here: the batch, and what happens after an error. Opening and its guards are in [`open`], the tables and what goes into
//! them in [`rows`], the lock in [`lock`].
//!
//! After an error of the disk it is unknown what a second sync on the same handle would say, so the handle is thrown away: the
//! file is opened anew, checked, and written to once, before anything is accepted again. Reads go on from memory meanwhile.

mod lock;
mod open;
mod rows;
mod trail;
mod usage;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode};

use self::open::Check;
use self::rows::{Head, LoadError};
use self::trail::AuditTable;
pub(super) use self::usage::UsageFile;
use crate::audit::Trail;
use crate::store::{AppendError, Appended, Batch, Change, Entry, Position, Store, StoreError, Tail};

/// How often a process that only reads looks whether another one has written.
const LOOK: Duration = Duration::from_secs(1);

/// An open database and the lock on it.
pub(super) struct Sqlite {
    /// None after an error, until the file is open again.
    connection: Option<Connection>,
    path: PathBuf,
    /// What is known to be on disk.
    head: Head,
    /// A batch of which it is not known whether it is on disk, and the head that it would have made.
    unknown: Option<(Head, Vec<Entry>)>,
    /// Held for the life of a process that writes; none in one that only reads.
    lock: Option<lock::Lock>,
    /// What SQLite said of the file when a process that only reads last looked.
    seen: i64,
    /// The check of the file that was opened, unless it has passed.
    check: Option<Check>,
}

impl Sqlite {
    /// Opens or creates the file. Refuses what is not ours, too new, damaged, or in use; never replaces anything.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        open::check_place(path)?;
        let lock = lock::Lock::take(path)?;
        let (connection, mut check) = open::to_write(path)?;
        let head = match rows::head(&connection) {
            Ok(head) => head,
            Err(cause) => return Err(check.passed().err().unwrap_or_else(|| unusable(path, cause))),
        };
        let path = path.to_owned();
        Ok(Self { connection: Some(connection), path, head, unknown: None, lock: Some(lock), seen: 0, check: Some(check) })
    }

    /// Opens a file that another process may be writing to.
    pub(super) fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        open::check_place(path)?;
        if !path.exists() {
            let text = format!("{} does not exist; only a server that writes makes it", path.display());
            return Err(StoreError::Refused(text));
        }
        let connection = open::to_read(path)?;
        let path = path.to_owned();
        Ok(Self { connection: Some(connection), path, head: Head::default(), unknown: None, lock: None, seen: 0, check: None })
    }

    fn connection(&self) -> Result<&Connection, StoreError> {
        let closed = || StoreError::Failed { place: self.path.display().to_string(), cause: "it is not open".into() };
        self.connection.as_ref().ok_or_else(closed)
    }

    /// Opens the file anew after an error and makes sure that it holds what it must, and can be written.
    fn reopen(&mut self) -> Result<Tail, StoreError> {
        let path = &self.path;
        let failed = |cause: Error| failure(path, &cause);
        let (connection, mut check) = open::to_write(path)?;
        check.passed()?;
        // A sync that failed may have left pages in the system's cache that look written and are not. The checkpoint copies all
        // that this handle sees into the database with writes and a sync of its own.
        open::checkpoint(&connection).map_err(failed)?;
        let head = rows::load(&connection, &mut |_| ()).map_err(|cause| unusable(path, cause))?;
        let entries = match self.unknown.take_if(|_| head != self.head) {
            None if head == self.head => Vec::new(),
            Some((made, entries)) if head == made => entries,
            _ => {
                let text = format!("{} is not what it was before the error; restore a backup", path.display());
                return Err(StoreError::Refused(text));
            }
        };
        connection.execute_batch("BEGIN IMMEDIATE").and_then(|()| rows::put_head(&connection, &head)).map_err(failed)?;
        connection.execute_batch("COMMIT").map_err(failed)?;
        (self.connection, self.head, self.unknown) = (Some(connection), head, None);
        Ok(Tail::Entries(entries))
    }
}

/// Everything of the batch in one transaction. Gives the new head.
fn append(connection: &Connection, before: Head, made: Position, batch: &Batch) -> Result<Head, Error> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let mut head = Head { position: made, ..before };
    for change in once_for_each_context(batch) {
        head.total ^= rows::write(connection, change)?;
    }
    rows::put_head(connection, &head)?;
    Ok(head)
}

/// The changes of a batch, but what becomes of a context first and once: each registration moves its counter.
fn once_for_each_context(batch: &Batch) -> impl Iterator<Item = &Change> {
    let all = || batch.requests.iter().flat_map(|request| request.iter());
    let mut contexts: Vec<&Change> = Vec::new();
    for change in all() {
        let Change::PutContext { context, .. } = change else { continue };
        match contexts.iter_mut().find(|other| matches!(other, Change::PutContext { context: other, .. } if other == context)) {
            Some(before) => *before = change,
            None => contexts.push(change),
        }
    }
    contexts.into_iter().chain(all().filter(|change| !matches!(change, Change::PutContext { .. })))
}

/// The batch is at fault, not the disk.
fn is_guard(cause: &Error) -> bool {
    match cause.sqlite_error_code() {
        Some(code) => matches!(code, ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch),
        None => true,
    }
}

fn failure(path: &Path, cause: &Error) -> StoreError {
    StoreError::Failed { place: path.display().to_string(), cause: cause.to_string() }
}

fn unusable(path: &Path, cause: LoadError) -> StoreError {
    match cause {
        LoadError::Damaged(why) => open::damaged(path, &why),
        LoadError::Sqlite(cause) => failure(path, &cause),
    }
}

/// The entries that a batch makes.
fn entries(batch: &Batch) -> Vec<Entry> {
    let after = batch.after.sequence;
    let positions = (after + 1..).map(|sequence| Position { sequence, batch: batch.id });
    positions.zip(&batch.requests).map(|(position, changes)| Entry { position, changes: changes.clone() }).collect()
}

impl Store for Sqlite {
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError> {
        let connection = self.connection()?;
        let failed = |cause: Error| failure(&self.path, &cause);
        // One transaction, so that a process that only reads sees everything of one moment.
        connection.execute_batch("BEGIN").map_err(failed)?;
        let seen = connection.query_row("PRAGMA data_version", [], |row| row.get(0)).map_err(failed)?;
        let loaded = rows::load(connection, apply).map_err(|cause| unusable(&self.path, cause));
        connection.execute_batch("COMMIT").map_err(failed)?;
        // It knows better than the reader of the rows what is wrong with a file.
        self.check.take().map_or(Ok(()), |mut check| check.passed())?;
        (self.head, self.seen) = (loaded?, seen);
        Ok(self.head.position)
    }

    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        self.check.take().map_or(Ok(()), |mut check| check.passed()).map_err(AppendError::Failed)?;
        let connection = self.connection().map_err(AppendError::Failed)?;
        if batch.after != self.head.position {
            return Ok(Appended::Behind(Tail::Reload));
        }
        let entries = entries(batch);
        let made = entries.last().map_or(batch.after, |entry| entry.position);
        let (head, stored) = match append(connection, self.head, made, batch) {
            Ok(head) => (head, connection.execute_batch("COMMIT")),
            Err(cause) if is_guard(&cause) => match connection.execute_batch("ROLLBACK") {
                Ok(()) => return Err(AppendError::Rejected(cause.to_string())),
                Err(worse) => (self.head, Err(worse)),
            },
            Err(cause) => (self.head, Err(cause)),
        };
        match stored {
            Ok(()) => {
                self.head = head;
                Ok(Appended::Stored(made.sequence))
            }
            Err(cause) => {
                // Closing would sync, and nothing that this handle says of a sync can be trusted any more.
                let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
                self.unknown = Some((head, entries));
                self.connection = None;
                Err(AppendError::Failed(failure(&self.path, &cause)))
            }
        }
    }

    fn catch_up(&mut self, _after: Position) -> Result<Tail, StoreError> {
        if self.lock.is_some() {
            return if self.connection.is_some() { Ok(Tail::NONE) } else { self.reopen() };
        }
        let version = self.connection()?.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
        let version = version.map_err(|cause| failure(&self.path, &cause))?;
        Ok(if version == self.seen { Tail::NONE } else { Tail::Reload })
    }

    fn trail(&self) -> Option<Arc<dyn Trail>> {
        Some(Arc::new(AuditTable { path: self.path.clone() }))
    }

    fn poll(&self) -> Option<Duration> {
        self.lock.is_none().then_some(LOOK)
    }

    fn read_only(&self) -> Option<&'static str> {
        self.lock.is_none().then_some("This server was started to read only")
    }

    fn close(&mut self) -> Result<(), StoreError> {
        if self.lock.is_none() {
            return Ok(());
        }
        open::checkpoint(self.connection()?).map_err(|cause| failure(&self.path, &cause))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

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

    fn append(store: &mut Sqlite, changes: &[Change]) -> Result<Appended, AppendError> {
        store.append(&Batch { id: Uuid::now_v7(), after: store.head.position, requests: vec![changes.into()] })
    }

    fn default_context() -> Change {
        Change::PutContext { context: ".".into(), next_id: 1, listed: true }
    }

    fn association() -> std::sync::Arc<eventpact_registry_client::wire::Association> {
        let text = r#"{"subject":"s","guid":"g","resourceName":"t","resourceNamespace":"n","resourceId":"n:t","resourceType":"topic",
            "associationType":"value","lifecycle":"STRONG","frozen":true,"createTs":1,"updateTs":2}"#;
        serde_json::from_str::<eventpact_registry_client::wire::Association>(text).unwrap().into()
    }

    fn document(deleted: bool) -> crate::documents::Document {
        crate::documents::Document { text: "asyncapi: 3.0.0".into(), deleted, ts: 3 }
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
            foreign: None,
        };
        let config = eventpact_registry_client::Config { normalize: Some(true), ..Default::default() };
        let version = Version { id: 1, deleted: true, ts: 1_700_000_000_000 };
        vec![
            default_context(),
            Change::PutContext { context: ".eu".into(), next_id: 2, listed: true },
            Change::PutSchema { context: ".eu".into(), id: 1, schema: schema.into(), imported: false },
            Change::PutVersion { subject: SubjectName::parse(":.eu:s"), number: 4, version },
            Change::Config { scope: "".into(), config: Some(config.into()) },
            Change::Mode { scope: ":.eu:s".into(), mode: Some("READONLY".into()) },
            Change::PutAssociation { association: association() },
            Change::PutDocument { name: "d".into(), number: 2, document: document(false) },
        ]
    }

    #[test]
    fn what_was_written_is_loaded_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        append(&mut store, &example()).unwrap();
        drop(store);
        let mut store = open(&path).unwrap();
        assert_eq!(all(&mut store), example());
        let gone = [
            Change::DropVersion { subject: SubjectName::parse(":.eu:s"), number: 4 },
            Change::DropSchema { context: ".eu".into(), id: 1 },
            Change::Config { scope: "".into(), config: None },
            Change::Mode { scope: ":.eu:s".into(), mode: None },
            Change::DropAssociation { association: association() },
            Change::DropDocument { name: "d".into(), number: 2 },
        ];
        append(&mut store, &gone).unwrap();
        assert_eq!(all(&mut store), example()[..2]);
    }

    #[test]
    fn a_counter_that_several_requests_of_a_batch_move_is_where_the_last_one_put_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        let schema = |text: &str| Schema {
            identity: crate::identity::Identity::of(text, &[], None, None),
            format: eventpact_registry_client::SchemaType::Avro,
            text: text.into(),
            references: Vec::new(),
            metadata: None,
            rules: None,
            foreign: None,
        };
        let request = |id: u32, text: &str, listed| -> std::sync::Arc<[Change]> {
            let put = Change::PutContext { context: ".".into(), next_id: id + 1, listed };
            [put, Change::PutSchema { context: ".".into(), id, schema: schema(text).into(), imported: false }].into()
        };
        let requests = vec![request(1, "\"int\"", false), request(2, "\"long\"", true)];
        store.append(&Batch { id: Uuid::now_v7(), after: store.head.position, requests: requests.clone() }).unwrap();
        drop(store);
        let last = &requests[1];
        assert_eq!(all(&mut open(&path).unwrap()), [last[0].clone(), requests[0][1].clone(), last[1].clone()]);
    }

    #[test]
    fn a_batch_that_breaks_a_rule_of_the_tables_leaves_the_store_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = open(&folder.path().join("r.db")).unwrap();
        append(&mut store, &[default_context()]).unwrap();
        let version = Version { id: 9, deleted: false, ts: 0 };
        let dangling = Change::PutVersion { subject: SubjectName::parse("s"), number: 1, version };
        assert!(matches!(append(&mut store, &[dangling]), Err(AppendError::Rejected(_))));
        assert_eq!(all(&mut store), [default_context()]);
        assert!(matches!(append(&mut store, &[default_context()]), Ok(Appended::Stored(2))));
    }

    #[test]
    fn a_file_without_an_audit_log_gets_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        let schemas = &example()[..7];
        append(&mut store, schemas).unwrap();
        drop(store);
        let layout_3 = "DROP TABLE audit; DROP TABLE documents; PRAGMA user_version = 3";
        Connection::open(&path).unwrap().execute_batch(layout_3).unwrap();
        let mut store = open(&path).unwrap();
        assert_eq!(all(&mut store), schemas);
        let record = |head| std::sync::Arc::new(crate::audit::Record::after(head, "{}".into()));
        let first = record(crate::audit::Head::default());
        append(&mut store, &[Change::Audit { record: std::sync::Arc::clone(&first) }]).unwrap();
        let second = record(first.head());
        append(&mut store, &[Change::Audit { record: std::sync::Arc::clone(&second) }]).unwrap();
        drop(store);
        // Of the log, only its end is loaded.
        let loaded = all(&mut open(&path).unwrap());
        assert_eq!(loaded.last(), Some(&Change::Audit { record: second }));
        assert_eq!(loaded.len(), schemas.len() + 1);
    }

    #[test]
    fn a_changed_value_is_noticed_though_sqlite_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        append(&mut store, &example()).unwrap();
        drop(store);
        let edits = [
            "UPDATE versions SET id = id + 1",
            "UPDATE versions SET ts = ts + 1",
            "UPDATE contexts SET next_id = next_id + 1",
            "UPDATE schemas SET text = '\"long\"'",
            "UPDATE schemas SET format = 'JSON'",
            "UPDATE configs SET body = '{}'",
            "UPDATE documents SET text = ''",
            "DELETE FROM modes",
            "UPDATE head SET sequence = 7",
            "DELETE FROM head",
        ];
        for edit in edits {
            let copy = folder.path().join("copy.db");
            std::fs::copy(&path, &copy).unwrap();
            let connection = Connection::open(&copy).unwrap();
            connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; {edit}; PRAGMA wal_checkpoint(TRUNCATE)")).unwrap();
            assert!(connection.changes() > 0, "{edit}");
            drop(connection);
            let refused = open(&copy).and_then(|mut store| store.load(&mut |_| ()).map_err(|e| e.to_string())).unwrap_err();
            assert!(refused.contains("is damaged"), "{edit}: {refused}");
        }
    }

    #[test]
    fn files_of_older_layouts_are_migrated_with_all_that_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        append(&mut store, &example()[..7]).unwrap();
        drop(store);
        let old = Connection::open(&path).unwrap();
        for table in ["contexts", "schemas", "versions", "configs", "modes", "associations"] {
            old.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN sum")).unwrap();
        }
        old.execute_batch("DROP TABLE head; DROP TABLE audit; DROP TABLE documents; PRAGMA user_version = 2").unwrap();
        drop(old);
        let first = folder.path().join("first.db");
        std::fs::copy(&path, &first).unwrap();
        let mut store = open(&path).unwrap();
        assert_eq!(all(&mut store), example()[..7]);
        append(&mut store, &[default_context()]).unwrap();

        let old = Connection::open(&first).unwrap();
        old.execute_batch("DROP TABLE associations; UPDATE schemas SET rules = NULL; ALTER TABLE schemas DROP COLUMN rules")
            .unwrap();
        old.execute_batch("PRAGMA user_version = 1; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        drop(old);
        let migrated = all(&mut open(&first).unwrap());
        assert_eq!(migrated.len(), example().len() - 2, "no association, no document");
        assert!(matches!(&migrated[2], Change::PutSchema { schema, .. } if schema.rules.is_none() && schema.metadata.is_some()));
    }

    #[test]
    fn a_process_that_only_reads_follows_the_one_that_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        assert!(Sqlite::open_read_only(&path).is_err());
        let mut store = open(&path).unwrap();
        let mut reader = Sqlite::open_read_only(&path).unwrap();
        assert_eq!(all(&mut reader), []);
        assert_eq!(reader.catch_up(Position::default()).unwrap(), Tail::NONE);
        append(&mut store, &example()).unwrap();
        assert_eq!(reader.catch_up(Position::default()).unwrap(), Tail::Reload);
        assert_eq!(all(&mut reader), example());
        assert_eq!(reader.catch_up(Position::default()).unwrap(), Tail::NONE);
        assert!(reader.read_only().is_some() && store.read_only().is_none());
    }

    #[test]
    fn after_an_error_the_file_is_opened_anew_and_an_unknown_batch_is_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        append(&mut store, &[default_context()]).unwrap();
        let before = store.head;
        append(&mut store, &example()[1..]).unwrap();
        // As if the commit had failed in its sync, and the pages had reached the disk all the same.
        let batch = Batch { id: store.head.position.batch, after: before.position, requests: vec![example()[1..].into()] };
        store.unknown = Some((store.head, entries(&batch)));
        (store.head, store.connection) = (before, None);
        assert!(matches!(append(&mut store, &[default_context()]), Err(AppendError::Failed(_))));
        assert_eq!(store.catch_up(before.position).unwrap(), Tail::Entries(entries(&batch)));
        // And as if they had not.
        store.unknown = Some((Head::default(), entries(&batch)));
        store.connection = None;
        assert_eq!(store.catch_up(store.head.position).unwrap(), Tail::NONE);
        append(&mut store, &[default_context()]).unwrap();
        // A file that is neither of the two is not taken.
        store.connection = None;
        store.head.total ^= 1;
        assert!(store.catch_up(store.head.position).unwrap_err().to_string().contains("restore a backup"));
    }

    #[test]
    fn a_damaged_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.db");
        let mut store = open(&path).unwrap();
        append(&mut store, &example()).unwrap();
        drop(store);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[4096..].fill(0xa5);
        std::fs::write(&path, &bytes).unwrap();
        let refusal = open(&path).err().unwrap();
        assert!(refusal.contains("is damaged") && refusal.contains("restore a backup"), "{refusal}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_place_that_cannot_be_is_told_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        std::fs::write(folder.path().join("file"), "").unwrap();
        for open in [Sqlite::open, Sqlite::open_read_only] {
            let told = |path: &Path| open(path).err().unwrap().to_string();
            let expected = format!("the folder {} does not exist; create it", missing.display());
            assert!(told(&missing.join("r.db")).starts_with(&expected), "{}", told(&missing.join("r.db")));
            assert!(told(&folder.path().join("file/r.db")).contains("is not a folder"));
            assert!(told(folder.path()).contains("is a folder; name a file in it"));
        }
        let absent = Sqlite::open_read_only(&folder.path().join("absent.db")).err().unwrap().to_string();
        assert!(absent.contains("absent.db does not exist"), "{absent}");
        assert!(!missing.exists() && !folder.path().join("file.lock").exists());
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
