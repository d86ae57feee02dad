//! Opening the file: what stands at its start decides whether it is touched at all.

use std::io::ErrorKind;
use std::path::Path;
use std::thread::JoinHandle;

use rusqlite::{Connection, Error, OpenFlags};

use super::rows::{self, Head};
use super::{failure, unusable};
use crate::store::StoreError;

/// "EvPR": marks the file as a registry of ours, so that a foreign database is never touched.
const APPLICATION_ID: i32 = 0x4576_5052;

/// The layout of the tables. A newer one is refused, an older one is migrated.
const LAYOUT: i32 = 4;

/// What the file is.
enum Found {
    /// There is nothing in it yet.
    New,
    /// Ours, of this layout.
    Layout(i32),
}

/// The check of the whole file, which goes on beside the reading of it: both cost about the same. Nothing may be written, or answered
/// from what was read, before it has passed.
pub(super) struct Check(Option<JoinHandle<Result<(), StoreError>>>);

impl Check {
    /// On a thread and a connection of its own.
    fn start(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let run = move || {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(&path, flags).map_err(|cause| failure(&path, &cause))?;
            connection.execute_batch(GUARDED).map_err(|cause| failure(&path, &cause))?;
            check(&connection, &path)
        };
        let thread = std::thread::Builder::new().name("registry-check".into()).spawn(run);
        let failed =
            |cause: std::io::Error| StoreError::Failed { place: "the thread of the check".into(), cause: cause.to_string() };
        thread.map(|thread| Self(Some(thread))).map_err(failed)
    }

    /// Waits for it; fine when it has passed before.
    pub(super) fn passed(&mut self) -> Result<(), StoreError> {
        self.0.take().map_or(Ok(()), |thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    }
}

impl Drop for Check {
    fn drop(&mut self) {
        // The file stays ours until it is closed everywhere.
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

/// Nothing in the file is trusted.
const GUARDED: &str = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;";

/// Is there a folder for the file? We make none: one that is missing is more often a slip of the pen, or a disk that is not mounted.
pub(super) fn check_place(path: &Path) -> Result<(), StoreError> {
    let refused = |text: String| Err(StoreError::Refused(text));
    if path.is_dir() {
        return refused(format!("{} is a folder; name a file in it", path.display()));
    }
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    match std::fs::metadata(folder).map_err(|cause| cause.kind()) {
        Err(ErrorKind::NotFound) => {
            refused(format!("the folder {} does not exist; create it, or name another place for the store", folder.display()))
        }
        Err(ErrorKind::NotADirectory) => {
            refused(format!("{} cannot be a folder; name another place for the store", folder.display()))
        }
        Ok(there) if !there.is_dir() => {
            refused(format!("{} is not a folder; name another place for the store", folder.display()))
        }
        // What else is wrong is said when the file is opened.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens or creates the file for the one process that writes.
pub(super) fn to_write(path: &Path) -> Result<(Connection, Check), StoreError> {
    let failed = |cause: Error| failure(path, &cause);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    let found = guard(&connection, path)?;
    if !matches!(found, Found::Layout(LAYOUT)) {
        // It is about to be written to.
        check(&connection, path)?;
    }
    let settings = "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -2048;
             PRAGMA temp_store = MEMORY;";
    connection.execute_batch(settings).and_then(|()| connection.execute_batch(GUARDED)).map_err(failed)?;
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        let text = format!("{}: this file system cannot hold a write-ahead log; put the store on a local disk", path.display());
        return Err(StoreError::Refused(text));
    }
    match found {
        Found::New => create(&connection).map_err(failed)?,
        Found::Layout(LAYOUT) => return Ok((connection, Check::start(path)?)),
        Found::Layout(older) => migrate(&connection, older).map_err(|cause| unusable(path, cause.into()))?,
    }
    Ok((connection, Check(None)))
}

/// Opens the file for a process that only reads.
pub(super) fn to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|cause| failure(path, &cause))?;
    match guard(&connection, path)? {
        Found::Layout(LAYOUT) => check(&connection, path).map(|()| connection),
        Found::New | Found::Layout(_) => {
            let text = format!("{} is empty or of an older version; let a server that writes open it once", path.display());
            Err(StoreError::Refused(text))
        }
    }
}

fn guard(connection: &Connection, path: &Path) -> Result<Found, StoreError> {
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
        .map_err(|cause| damaged(path, &cause.to_string()))?;
    if application != APPLICATION_ID && (application != 0 || layout != 0 || tables != 0) {
        let text = format!("{place} is the database of another program; name another file");
        return Err(StoreError::Refused(text));
    }
    if layout > LAYOUT {
        let text = format!("{place} was written by a newer version (layout {layout}, this one knows {LAYOUT}); use that version");
        return Err(StoreError::Refused(text));
    }
    Ok(if application == APPLICATION_ID { Found::Layout(layout) } else { Found::New })
}

/// Is the file sound, as far as SQLite can tell?
fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: String =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).unwrap_or_else(|cause| cause.to_string());
    if found == "ok" { Ok(()) } else { Err(damaged(path, &found)) }
}

/// In one transaction: a process that is killed here must not leave tables that the next one takes for foreign.
fn create(connection: &Connection) -> Result<(), Error> {
    let marks = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {LAYOUT};");
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {marks} {} {}", rows::TABLES, rows::TABLES_4))?;
    rows::put_head(connection, &Head::default())?;
    connection.execute_batch("COMMIT")
}

/// Layout 2 added rules and associations, layout 3 the head and the sums, layout 4 documents and the audit log.
fn migrate(connection: &Connection, from: i32) -> Result<(), Error> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    if from < 3 {
        migrate_to_3(connection, from)?;
    }
    connection.execute_batch(&format!("PRAGMA user_version = {LAYOUT}; {}", rows::TABLES_4))?;
    connection.execute_batch("COMMIT")
}

fn migrate_to_3(connection: &Connection, from: i32) -> Result<(), Error> {
    if from < 2 {
        connection.execute_batch(
            "ALTER TABLE schemas ADD COLUMN rules TEXT;
             CREATE TABLE associations (guid TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;",
        )?;
    }
    let changes = rows::load_without_sums(connection)?;
    for table in ["versions", "schemas", "contexts", "configs", "modes", "associations"] {
        connection.execute_batch(&format!("DROP TABLE {table}"))?;
    }
    connection.execute_batch(rows::TABLES)?;
    let mut head = Head::default();
    for change in &changes {
        head.total ^= rows::write(connection, change)?;
    }
    rows::put_head(connection, &head)
}

/// Moves all of the write-ahead log into the database, synced.
pub(super) fn checkpoint(connection: &Connection) -> Result<(), Error> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None)) } else { Ok(()) }
}

/// What is said of a file that holds something else than was written.
pub(super) fn damaged(path: &Path, why: &str) -> StoreError {
    // SQLite tells it in several lines; one is enough for a log.
    let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
    StoreError::Refused(format!(
        "{} is damaged ({why}); restore a backup, or save what is readable with the sqlite3 command .recover",
        path.display()
    ))
}
