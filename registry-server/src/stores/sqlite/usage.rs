//! Who fetched what, in a file of its own beside the store.
//!
//! Not in the store: registrations would wait for its commits, and the store's file would change without anybody having changed the
//! registry. Nothing here is synced: a power failure may cost it, and then it begins anew.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Error, Row, params};

use super::failure;
use crate::store::StoreError;
use crate::usage::{How, Key, Ledger, Seen, Wanted};

/// The most lines; those that were seen longest ago go first.
const MOST: i64 = 100_000;

/// Lines are counted after so many additions.
const PRUNE: u32 = 64;

/// "EvPU"
const APPLICATION_ID: i32 = 0x4576_5055;

const TABLES: &str = "
    CREATE TABLE usage (
        context   TEXT NOT NULL,
        subject   TEXT NOT NULL,
        id        INTEGER NOT NULL,
        how       TEXT NOT NULL,
        principal TEXT NOT NULL,
        agent     TEXT NOT NULL,
        address   TEXT NOT NULL,
        count     INTEGER NOT NULL,
        first     INTEGER NOT NULL,
        last      INTEGER NOT NULL,
        PRIMARY KEY (context, subject, id, how, principal, agent, address)
    ) STRICT;
    CREATE INDEX usage_by_last ON usage (last);
    CREATE INDEX usage_by_id ON usage (id, last);
";

/// The file.
pub(in crate::stores) struct UsageFile {
    connection: Connection,
    path: PathBuf,
    additions: u32,
}

impl UsageFile {
    /// Opens the file beside a store. One that cannot be read is begun anew.
    pub(in crate::stores) fn beside(store: &Path) -> Result<Self, StoreError> {
        let mut name = OsString::from(store);
        name.push(".usage");
        let path = PathBuf::from(name);
        match open(&path) {
            Ok(connection) => Ok(Self { connection, path, additions: 0 }),
            Err(cause) if is_damaged(&cause) => {
                tracing::warn!(path = %path.display(), %cause, "who fetched what is lost; it is noted anew from now on");
                for end in ["", "-wal", "-shm"] {
                    let mut name = path.clone().into_os_string();
                    name.push(end);
                    let _ = std::fs::remove_file(name);
                }
                let connection = open(&path).map_err(|cause| failure(&path, &cause))?;
                Ok(Self { connection, path, additions: 0 })
            }
            Err(cause) => Err(failure(&path, &cause)),
        }
    }

    fn try_add(&mut self, seen: &[Seen]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        let mut put = transaction.prepare_cached(
            "INSERT INTO usage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET
             count = count + excluded.count, first = min(first, excluded.first), last = max(last, excluded.last)",
        )?;
        for Seen { key, count, first, last } in seen {
            let address = key.address.map_or_else(String::new, |address| address.to_string());
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            let how = key.how.as_str();
            put.execute(params![key.context, key.subject, key.id, how, key.principal, key.agent, address, count, first, last])?;
        }
        drop(put);
        self.additions += 1;
        if self.additions % PRUNE == 1 {
            transaction.execute(
                "DELETE FROM usage WHERE rowid IN (SELECT rowid FROM usage ORDER BY last DESC LIMIT -1 OFFSET ?1)",
                [MOST],
            )?;
        }
        transaction.commit()
    }

    fn try_read(&self, wanted: &Wanted, each: &mut dyn FnMut(Seen) -> bool) -> Result<(), Error> {
        let mut statement = self.connection.prepare_cached(
            "SELECT context, subject, id, how, principal, agent, address, count, first, last FROM usage
             WHERE last >= ?1 AND (?2 IS NULL OR id = ?2) AND (?3 IS NULL OR context = ?3)
             ORDER BY last DESC, context, subject, id, how, principal, agent, address",
        )?;
        let mut rows = statement.query(params![wanted.since, wanted.id, wanted.context])?;
        while let Some(row) = rows.next()? {
            if !each(line(row)?) {
                break;
            }
        }
        Ok(())
    }
}

fn line(row: &Row<'_>) -> Result<Seen, Error> {
    let how = How::parse(row.get_ref(3)?.as_str()?).unwrap_or(How::Id);
    let key = Key {
        context: row.get(0)?,
        subject: row.get(1)?,
        id: row.get(2)?,
        how,
        principal: row.get(4)?,
        agent: row.get(5)?,
        address: row.get_ref(6)?.as_str()?.parse().ok(),
    };
    let count: i64 = row.get(7)?;
    Ok(Seen { key, count: u64::try_from(count).unwrap_or(0), first: row.get(8)?, last: row.get(9)? })
}

fn open(path: &Path) -> Result<Connection, Error> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;
         PRAGMA cache_size = -512;",
    )?;
    let transaction = connection.transaction()?;
    let number = |pragma: &str| transaction.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0));
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 && number("application_id")? == 0 {
        transaction.execute_batch(&format!("PRAGMA application_id = {APPLICATION_ID}; {TABLES}"))?;
    } else if number("application_id")? != APPLICATION_ID {
        return Err(Error::InvalidQuery); // somebody else's: it stays as it is
    }
    transaction.commit()?;
    Ok(connection)
}

fn is_damaged(cause: &Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(cause.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

impl Ledger for UsageFile {
    fn add(&mut self, seen: &[Seen]) -> Result<(), StoreError> {
        self.try_add(seen).map_err(|cause| failure(&self.path, &cause))
    }

    fn read(&mut self, wanted: &Wanted, each: &mut dyn FnMut(Seen) -> bool) -> Result<(), StoreError> {
        self.try_read(wanted, each).map_err(|cause| failure(&self.path, &cause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usage::tests::{conformance, seen};

    #[test]
    fn it_does_what_a_ledger_must_and_survives() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("r.db");
        conformance(&mut UsageFile::beside(&store).unwrap());
        let mut again = UsageFile::beside(&store).unwrap();
        let mut lines = 0;
        again
            .read(&Wanted::default(), &mut |_| {
                lines += 1;
                true
            })
            .unwrap();
        assert_eq!(lines, 2);
    }

    #[test]
    fn a_file_that_is_no_database_begins_anew_and_a_foreign_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("r.db");
        let path = folder.path().join("r.db.usage");
        std::fs::write(&path, "not a database at all, but long enough to be taken for its header".repeat(20)).unwrap();
        UsageFile::beside(&store).unwrap().add(&[seen(1, "a", 1)]).unwrap();

        let store = folder.path().join("f.db");
        let path = folder.path().join("f.db.usage");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t(x)").unwrap();
        assert!(UsageFile::beside(&store).is_err());
        Connection::open(&path).unwrap().execute_batch("SELECT x FROM t").unwrap();
    }

    #[test]
    fn lines_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = UsageFile::beside(&folder.path().join("r.db")).unwrap();
        let most = u32::try_from(MOST).unwrap();
        let lines: Vec<Seen> = (0..most + 50).map(|n| seen(n, "a", i64::from(n))).collect();
        file.add(&lines).unwrap();
        let count: i64 = file.connection.query_row("SELECT count(*) FROM usage", [], |row| row.get(0)).unwrap();
        assert_eq!(count, MOST);
    }
}
