//! PostgreSQL: any number of servers over one database, none of which is special.
//!
//! The database holds the log, the end of it (one row, `head`), and the tables that the log adds up to; [`layout.sql`] has them and
//! the functions that write. A batch is one call of `append`, so one round trip and one transaction: it locks the head, compares,
//! writes, notifies. Others hear of it through `LISTEN`, which is a hint only: the log is read from the last known entry on, after a
//! hint, every second, and after each new connection. Reads ask the primary where the log ends ([`link`]).
//!
//! Every comparison is of the entry's number *and* its batch. So a server notices when a failover has lost what it has seen,
//! whatever has been written since; it then raises an alarm in `head`, and nobody writes until a person calls `accept_loss()`.
//!
//! Where the database says how much of the log to keep (`head.keep`), the rest is trimmed as it grows: a server that stands before its
//! beginning loads the tables again. The audit log is in the same rows and becomes as short; where it is said how long records are
//! kept ([`Change::PruneAudit`]), old rows go with them.
//!
//! [`layout.sql`]: ./layout.sql

mod link;
mod log;
mod migrate;
mod rows;
mod tls;
mod url;
mod usage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, IsolationLevel, Row, Statement};

use self::link::{Listener, Target, explain};
use self::rows::{APPEND, Arguments, LoadError};
pub use self::url::PostgresUrl;
pub(super) use self::usage::UsageTable;
use crate::audit::Trail;
use crate::store::{AppendError, Appended, Batch, Change, Entry, Position, ReadIndex, Store, StoreError, Tail, Wake};

/// A batch must be stored after this time, else it counts as unknown.
const APPEND_TIME: Duration = Duration::from_secs(2);

/// A part of the log must be here after this time.
const TAIL_TIME: Duration = Duration::from_millis(1500);

/// Entries that are read at a time.
const PART: i64 = 1000;

/// How often the log is looked at without a hint.
const POLL: Duration = Duration::from_secs(1);

/// How long requests wait for a database that went away.
const PATIENCE: Duration = Duration::from_secs(1);

/// Begins the transaction that holds the head. A process that stops in the middle of it loses it, so that it cannot keep the
/// others from writing.
const BEGIN: &str = "BEGIN; SET LOCAL idle_in_transaction_session_timeout = '1s'";

/// A start goes on trying to reach the database for so long.
const START: Duration = Duration::from_secs(5);

/// The state of the alarm that `layout.sql` raises.
const LOST: &str = "EP001";

/// A connection that writes.
struct Session {
    client: Client,
    append: Statement,
    lock: Statement,
    /// A transaction is open that holds the head.
    locked: bool,
}

/// The store.
pub(super) struct Postgres {
    runtime: Runtime,
    target: Target,
    /// None after an error.
    session: Option<Session>,
    /// How often a loss was accepted when everything was last loaded.
    epoch: i64,
    warnings: Vec<String>,
    wakes: watch::Sender<Option<Wake>>,
    listener: Arc<Listener>,
}

impl Postgres {
    /// Connects, and makes the tables where there are none yet. Refuses a schema that is not ours or too new.
    pub(super) fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let target = Target::new(url.clone())?;
        // Of its own: a registry that is busy answering must not keep its batches waiting.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("registry-postgres")
            .enable_all()
            .build()
            .map_err(|cause| target.failed(cause))?;
        let (wakes, wake) = watch::channel(None);
        let listener = Arc::new(Listener::start(runtime.handle(), target.clone(), wake));
        let mut store = Self { runtime, target, session: None, epoch: 0, warnings: Vec::new(), wakes, listener };
        let until = Instant::now() + START;
        loop {
            let opened = store.runtime.block_on(migrate::run(&store.target)).and_then(|()| store.connect());
            match opened {
                Ok(()) => return Ok(store),
                Err(StoreError::Failed { .. }) if Instant::now() < until => std::thread::sleep(Duration::from_millis(250)),
                Err(error) => return Err(error),
            }
        }
    }

    fn connect(&mut self) -> Result<(), StoreError> {
        let (target, heard) = (&self.target, mpsc::unbounded_channel().0);
        let opening = async {
            let mut client = target.connect(heard).await?;
            let warnings = safety(&mut client).await.map_err(|cause| target.database(&cause))?;
            let append = client.prepare(APPEND).await.map_err(|cause| target.database(&cause))?;
            let lock = "SELECT entry_seq, entry_batch, entry_body FROM lock_head($1)";
            let lock = client.prepare(lock).await.map_err(|cause| target.database(&cause))?;
            Ok((Session { client, append, lock, locked: false }, warnings))
        };
        let opened = self.runtime.block_on(async { timeout(TAIL_TIME, opening).await });
        let (session, warnings) = opened.unwrap_or_else(|_| Err(target.failed("no connection within 1.5 s")))?;
        (self.session, self.warnings) = (Some(session), warnings);
        Ok(())
    }

    /// The session, of which nothing is left if what is done with it fails.
    fn take(&mut self) -> Result<Session, StoreError> {
        self.session.take().ok_or_else(|| self.target.failed("not connected"))
    }

    /// Tells everybody that the log has lost what this process has seen in it.
    fn raise_alarm(&self, session: &Session, after: Position) -> StoreError {
        let (schema, Position { sequence, batch }) = (&self.target.url.schema, after);
        let text = format!(
            "acknowledged writes are lost: entry {sequence} of batch {batch} is no longer in the log, as after a failover to a \
             server that lagged behind. Nothing is written until this is accepted: SELECT {schema}.accept_loss()"
        );
        let query = "UPDATE head SET lost = $1 WHERE lost IS NULL AND epoch = $2";
        let raised =
            self.runtime.block_on(async { timeout(TAIL_TIME, session.client.execute(query, &[&text, &self.epoch])).await });
        if let Ok(Err(cause)) = raised {
            tracing::error!(cause = explain(&cause), "the alarm could not be raised in the database");
        }
        StoreError::Lost(text)
    }

    /// Removes the rows of the log that a batch, which is durable, says are let go. `false` after an error; then they go the next time.
    fn let_go(&self, session: &Session, batch: &Batch) -> bool {
        let places = batch.requests.iter().flat_map(|request| request.iter()).filter_map(|change| match change {
            Change::PruneAudit { place, .. } => Some(rows::number(*place)),
            _ => None,
        });
        let Some(place) = places.max() else { return true };
        let sql = format!(
            "BEGIN; UPDATE head SET trimmed = greatest(trimmed, {place}); DELETE FROM changes WHERE seq <= {place}; COMMIT"
        );
        let removing = session.client.batch_execute(&sql);
        let removed = self.runtime.block_on(async { timeout(APPEND_TIME, removing).await });
        let done = matches!(removed, Ok(Ok(())));
        if !done {
            tracing::warn!(place, "old records of the audit log could not be removed; they go the next time");
        }
        done
    }

    /// What the rows of the log come to. Where they do not begin with the entry at `after`, either the log was trimmed and all is to be
    /// loaded again, or something is lost.
    fn tail(&self, rows: &[Row], session: &Session, after: Position) -> Result<Tail, StoreError> {
        if let Some(entries) = tail(rows, after).map_err(|cause| self.load_failed(cause))? {
            return Ok(Tail::Entries(entries));
        }
        let asking = session.client.query_typed("SELECT trimmed FROM head", &[]);
        let asked = self.runtime.block_on(async { timeout(TAIL_TIME, asking).await });
        let asked = asked.map_err(|_| self.target.failed("no answer within 1.5 s"))?;
        let trimmed = asked.map_err(|cause| self.target.database(&cause))?.first().map_or(0, |row| row.get(0));
        if after.sequence <= rows::sequence(trimmed) {
            tracing::info!(after = after.sequence, trimmed, "the log begins later by now: everything is loaded again");
            return Ok(Tail::Reload);
        }
        Err(self.raise_alarm(session, after))
    }

    /// What the database said against a batch or a lock.
    fn refused(&self, cause: &tokio_postgres::Error) -> StoreError {
        match cause.as_db_error() {
            Some(said) if said.code().code() == LOST => StoreError::Lost(said.message().to_owned()),
            _ => self.target.database(cause),
        }
    }

    fn load_failed(&self, cause: LoadError) -> StoreError {
        match cause {
            LoadError::Database(cause) => self.target.database(&cause),
            LoadError::Unreadable(what) => StoreError::Refused(format!(
                "{} holds what this version cannot read ({what}); use the version that wrote it",
                self.target.url
            )),
        }
    }
}

/// What the rows of the log say after the entry at `after`, with which they begin; `None` when that one is not there.
fn tail(rows: &[Row], after: Position) -> Result<Option<Vec<Entry>>, LoadError> {
    let mut entries = rows.iter().map(rows::entry).collect::<Result<Vec<_>, _>>()?;
    if after.sequence > 0 {
        if entries.first().map(|entry| entry.position) != Some(after) {
            return Ok(None);
        }
        entries.remove(0);
    }
    Ok(Some(entries))
}

/// How safe an acknowledged write is. A database that does not wait for its disk is told to, for this session.
async fn safety(client: &mut Client) -> Result<Vec<String>, tokio_postgres::Error> {
    let query = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), \
                 current_setting('synchronous_standby_names') = '' AND EXISTS (SELECT FROM pg_stat_replication)";
    let row = client.query_one(query, &[]).await?;
    let (fsync, commit, lagging): (&str, &str, bool) = (row.get(0), row.get(1), row.get(2));
    let mut warnings = Vec::new();
    if fsync == "off" {
        warnings.push("fsync is off in the database: acknowledged writes are lost when its machine fails".to_owned());
    }
    if commit == "off" {
        client.batch_execute("SET synchronous_commit = on").await?;
        warnings.push("synchronous_commit is off in the database; this server switches it on for its own writes".to_owned());
    }
    if lagging {
        let text = "no standby of the database is synchronous: a failover may lose acknowledged writes";
        warnings.push(text.to_owned());
    }
    Ok(warnings)
}

/// The batch is at fault, not the database: integrity constraints, values that it cannot hold, limits.
fn is_guard(code: &SqlState) -> bool {
    ["22", "23", "54"].iter().any(|class| code.code().starts_with(class))
}

impl Store for Postgres {
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError> {
        let mut session = self.take()?;
        let loaded = self.runtime.block_on(async {
            let building = session.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
            let transaction = building.start().await?;
            transaction.batch_execute("SET LOCAL statement_timeout = 0").await?;
            let head = transaction.query_one("SELECT seq, batch, epoch, lost FROM head", &[]).await?;
            rows::load(&transaction, apply).await?;
            transaction.commit().await?;
            Ok(head)
        });
        let head = loaded.map_err(|cause| self.load_failed(cause))?;
        self.session = Some(session);
        if let Some(lost) = head.get::<_, Option<String>>(3) {
            return Err(StoreError::Lost(lost));
        }
        self.epoch = head.get(2);
        Ok(Position { sequence: rows::sequence(head.get(0)), batch: head.get(1) })
    }

    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        let arguments = Arguments::of(batch).map_err(|cause| AppendError::Rejected(cause.to_string()))?;
        let mut session = self.take().map_err(AppendError::Failed)?;
        let locked = std::mem::take(&mut session.locked);
        let (client, arguments) = (&session.client, arguments.all());
        let appending = async {
            let append = client.query(&session.append, &arguments);
            if !locked {
                return append.await;
            }
            // Sent together. What is deferred is checked by the commit, so its answer counts as well.
            let (rows, committed) = tokio::join!(append, client.batch_execute("COMMIT"));
            let rows = rows?;
            committed.map(|()| rows)
        };
        let rows = match self.runtime.block_on(async { timeout(APPEND_TIME, appending).await }) {
            Ok(Ok(rows)) => rows,
            Ok(Err(cause)) => {
                if cause.code().is_some_and(is_guard) {
                    self.session = Some(session);
                    return Err(AppendError::Rejected(explain(&cause)));
                }
                return Err(AppendError::Failed(self.refused(&cause)));
            }
            Err(_) => return Err(AppendError::Failed(self.target.failed("no answer within 2 s"))),
        };
        if let [row] = &*rows
            && row.get::<_, Option<&str>>(2).is_none()
        {
            let stored = rows::sequence(row.get(0));
            // After an error in there it is opened anew.
            self.session = Some(session).filter(|session| self.let_go(session, batch));
            return Ok(Appended::Stored(stored));
        }
        let tail = self.tail(&rows, &session, batch.after).map_err(AppendError::Failed)?;
        self.session = Some(session);
        Ok(Appended::Behind(tail))
    }

    fn lock(&mut self, after: Position) -> Result<Tail, AppendError> {
        let mut session = self.take().map_err(AppendError::Failed)?;
        let (client, from) = (&session.client, rows::number(after.sequence));
        let locking = async {
            let from: [&(dyn ToSql + Sync); 1] = [&from];
            let (begun, rows) = tokio::join!(client.batch_execute(BEGIN), client.query(&session.lock, &from));
            begun?;
            rows
        };
        let rows = match self.runtime.block_on(async { timeout(APPEND_TIME, locking).await }) {
            Ok(Ok(rows)) => rows,
            Ok(Err(cause)) => return Err(AppendError::Failed(self.refused(&cause))),
            Err(_) => return Err(AppendError::Failed(self.target.failed("no answer within 2 s"))),
        };
        if let Some(entries) = tail(&rows, after).map_err(|cause| AppendError::Failed(self.load_failed(cause)))? {
            session.locked = true;
            self.session = Some(session);
            return Ok(Tail::Entries(entries));
        }
        // An alarm would go with the transaction, and everything is loaded in one of its own.
        let ended = self.runtime.block_on(async { timeout(APPEND_TIME, session.client.batch_execute("ROLLBACK")).await });
        if !matches!(ended, Ok(Ok(()))) {
            return Err(AppendError::Failed(self.target.failed("the lock could not be given back")));
        }
        let tail = self.tail(&rows, &session, after).map_err(AppendError::Failed)?;
        self.session = Some(session);
        Ok(tail)
    }

    fn unlock(&mut self) {
        let Some(mut session) = self.session.take_if(|session| session.locked) else {
            return;
        };
        let ending = session.client.batch_execute("ROLLBACK");
        if let Ok(Ok(())) = self.runtime.block_on(async { timeout(APPEND_TIME, ending).await }) {
            session.locked = false;
            self.session = Some(session);
        }
    }

    fn catch_up(&mut self, mut after: Position) -> Result<Tail, StoreError> {
        if self.session.as_ref().is_none_or(|session| session.locked || session.client.is_closed()) {
            self.session = None;
            self.connect()?;
        }
        let session = self.take()?;
        let mut all = Vec::new();
        loop {
            let reading = async {
                let from = rows::number(after.sequence);
                let query = "SELECT seq, batch, body FROM changes WHERE seq >= $1 ORDER BY seq LIMIT $2";
                let asked: [(&(dyn ToSql + Sync), Type); 2] = [(&from, Type::INT8), (&PART, Type::INT8)];
                let head = session.client.query_typed("SELECT epoch, lost FROM head", &[]);
                tokio::try_join!(head, session.client.query_typed(query, &asked))
            };
            let read = self.runtime.block_on(async { timeout(TAIL_TIME, reading).await });
            let read = read.map_err(|_| self.target.failed("no answer within 1.5 s"))?;
            let (head, rows) = read.map_err(|cause| self.target.database(&cause))?;
            let head = head.first().ok_or_else(|| self.target.failed("it has no head"))?;
            let (epoch, lost): (i64, Option<String>) = (head.get(0), head.get(1));
            if lost.is_some() || epoch > self.epoch {
                self.session = Some(session);
                return lost.map_or(Ok(Tail::Reload), |lost| Err(StoreError::Lost(lost)));
            }
            let entries = match self.tail(&rows, &session, after) {
                Ok(Tail::Entries(entries)) => entries,
                // First what was read, in which there may be a batch of ours; the next call comes back to this.
                Ok(Tail::Reload) if !all.is_empty() => break,
                other => {
                    self.session = Some(session);
                    return other;
                }
            };
            let Some(last) = entries.last().map(|entry| entry.position) else {
                break;
            };
            after = last;
            all.extend(entries);
        }
        self.session = Some(session);
        Ok(Tail::Entries(all))
    }

    fn poll(&self) -> Option<Duration> {
        Some(POLL)
    }

    fn patience(&self) -> Duration {
        PATIENCE
    }

    fn trail(&self) -> Option<Arc<dyn Trail>> {
        Some(Arc::clone(&self.listener) as Arc<dyn Trail>)
    }

    fn read_index(&self) -> Option<Arc<dyn ReadIndex>> {
        Some(Arc::clone(&self.listener) as Arc<dyn ReadIndex>)
    }

    fn watch(&mut self, wake: Wake) -> Result<(), StoreError> {
        self.wakes.send_replace(Some(wake));
        Ok(())
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.session = None;
        Ok(())
    }
}
