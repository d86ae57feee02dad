//! Old records of the audit log, read beside the writer.

use std::path::{Path, PathBuf};

use futures_util::future::BoxFuture;
use rusqlite::{Connection, Error, OpenFlags};

use super::{failure, rows};
use crate::audit::{Record, Trail};
use crate::store::StoreError;

/// The table `audit`. Each question opens the file to read only: they are rare, and must not wait for the writer's handle.
pub(super) struct AuditTable {
    pub(super) path: PathBuf,
}

fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(1))?;
    Ok(connection)
}

impl AuditTable {
    /// Reads something on a thread that may block.
    fn read(
        &self,
        question: impl FnOnce(&Connection) -> Result<Vec<Record>, Error> + Send + 'static,
    ) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        let path = self.path.clone();
        Box::pin(async move {
            let job = move || open(&path).and_then(|connection| question(&connection)).map_err(|cause| failure(&path, &cause));
            let failed = |cause: tokio::task::JoinError| StoreError::Failed { place: "audit".into(), cause: cause.to_string() };
            let records = tokio::task::spawn_blocking(job).await.unwrap_or_else(|cause| Err(failed(cause)))?;
            Ok(records.into_iter().map(|record| (record.number, record)).collect())
        })
    }
}

impl Trail for AuditTable {
    fn kept(&self) -> &'static str {
        "store"
    }

    fn before(&self, place: Option<u64>, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        self.read(move |connection| rows::audit_before(connection, place, most))
    }

    fn oldest(&self, most: usize) -> BoxFuture<'_, Result<Vec<(u64, Record)>, StoreError>> {
        self.read(move |connection| rows::audit_oldest(connection, most))
    }
}
