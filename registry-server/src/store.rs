//! What a store must do, and the one list of things that can change.
//!
//! A [`Change`] is the only way to alter the registry, in memory as on disk, so that nothing can be kept in one and forgotten in
//! the other. Decisions (which id, which version, may this be deleted) are taken before, against the state in memory.
//!
//! # A store is a log with compare-and-append
//!
//! Each request that changes something is one [`Entry`] of the log, with the next sequence number; the state in memory is what
//! the entries up to its [`Position`] make. The writer decides a batch of requests on the state at position *n* and asks the store
//! to append it *after n*. If the log still ends there, the batch becomes durable as a whole. If it does not, nothing is stored,
//! the writer gets what it has not seen, applies it and decides anew. So the rules of the registry are in one place and hold for
//! any number of writers, and ids and versions need no lock of their own.
//!
//! - **One process** (memory, SQLite): the log always ends where the writer is, so [`Store::append`] never says
//!   [`Appended::Behind`] and [`Store::catch_up`] gives nothing.
//! - **Any process may write** (PostgreSQL): `append` locks the head, compares, and appends, in one round trip.
//!   [`Store::lock`] takes the head before deciding, which the writer does after it has lost a race, so that it gets its turn.
//!   [`Store::read_index`] asks the primary for the end of the log; hints of others' entries come through [`Wake`].
//! - **One fenced writer, many readers** (a Kafka topic): `append` is refused with [`AppendError::Standby`] unless this process is
//!   the writer and has read the log to the end; being fenced is a failure ([`AppendError::Failed`]). A reader takes the others' entries from
//!   `catch_up` after a [`Wake`]. Sequence numbers may have holes (offsets have); they only have to grow. The batch id of an entry
//!   is what tells a writer whether a batch with an unknown result is in the log: it has to be stored with the entries.
//!
//! # After an error
//!
//! After any [`AppendError::Failed`] it is unknown what is stored, and the writer calls `catch_up` until it succeeds: the store
//! reconnects or reopens, and gives all entries after the writer's position. The batch is stored if its id is among them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventpact_registry_client::wire::{Association, Config, Conflict};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::audit::{Head, Record, Trail};
use crate::documents::Document;
use crate::state::{Schema, Version};
use crate::subject::SubjectName;

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A context: the id that its next schema gets, and whether it is listed.
    PutContext { context: Arc<str>, next_id: u32, listed: bool },
    /// A schema gets an id. Imports may give one schema several ids, nobody else may.
    PutSchema { context: Arc<str>, id: u32, schema: Arc<Schema>, imported: bool },
    /// No version has the schema any more.
    DropSchema { context: Arc<str>, id: u32 },
    /// A version is added, soft-deleted, or bound to another id (imports).
    PutVersion { subject: SubjectName, number: i32, version: Version },
    /// A version is gone for good.
    DropVersion { subject: SubjectName, number: i32 },
    /// The configuration of a scope; `None` removes it.
    Config { scope: Arc<str>, config: Option<Arc<Config>> },
    /// The mode of a scope; `None` removes it.
    Mode { scope: Arc<str>, mode: Option<Arc<str>> },
    /// A subject is bound to a topic, or the binding of this guid is changed.
    PutAssociation { association: Arc<Association> },
    /// The binding with the guid of this one is gone.
    DropAssociation { association: Arc<Association> },
    /// A version of an AsyncAPI document is added or softly deleted.
    PutDocument { name: Arc<str>, number: i32, document: Document },
    /// A version of an AsyncAPI document is gone for good.
    DropDocument { name: Arc<str>, number: i32 },
    /// The store holds a version under this number that is left out, because it contradicts the rest, or does so no more. Nobody
    /// decides this: it comes from a store that other programs write to.
    LeaveOut { subject: SubjectName, number: i32, left_out: bool },
    /// The records of the audit log up to this one, which stands at this place of its [`Trail`], are let go.
    PruneAudit { through: Head, place: u64 },
    /// Who made the changes before it in the same request. The writer adds it.
    Audit { record: Arc<Record> },
}

/// Where in the log a state stands: after which entry, and of which batch that one is. Two logs that have different entries
/// under one number (writes were lost in a failover) are told apart by the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// The sequence number of the last entry, 0 before the first.
    pub(crate) sequence: u64,
    /// The batch of that entry; nil before the first.
    pub(crate) batch: Uuid,
}

/// What one request changed. Its changes become visible together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it stands in the log.
    pub(crate) position: Position,
    /// In the order in which they are applied.
    pub(crate) changes: Arc<[Change]>,
}

/// What is to be appended, all or nothing.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Unique, so that the batch is recognised in the log.
    pub(crate) id: Uuid,
    /// Where the state stood on which the batch was decided.
    pub(crate) after: Position,
    /// The changes of each request; at least one request, none of them empty.
    pub(crate) requests: Vec<Arc<[Change]>>,
}

/// What came of an append.
#[derive(Debug)]
pub(crate) enum Appended {
    /// The batch is durable. The number of its last entry; those before it in the batch count down from there.
    Stored(u64),
    /// Somebody else has appended meanwhile; nothing of the batch is stored.
    Behind(Tail),
}

/// What the log has after a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// These, oldest first.
    Entries(Vec<Entry>),
    /// It cannot be told entry by entry: everything must be loaded again.
    Reload,
}

impl Tail {
    /// Nothing new.
    pub(crate) const NONE: Self = Self::Entries(Vec::new());
}

/// Why a store cannot be opened, read or written.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is not ours, too new, locked or damaged. The text ends with what to do.
    #[error("{0}")]
    Refused(String),
    /// The store has lost what this process has seen in it. The text ends with what to do.
    #[error("{0}")]
    Lost(String),
    /// Reading or writing failed.
    #[error("the store at {place} failed: {cause}")]
    Failed {
        /// Path or address of the store.
        place: String,
        /// What the system said.
        cause: String,
    },
}

/// Why a batch was not appended.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// A guard of the store forbids it: nothing of it is stored, and the store works on.
    Rejected(String),
    /// It would take the place of something that the store holds and that must not get lost: nothing of it is stored.
    #[cfg_attr(not(feature = "kafka-store"), allow(dead_code))]
    Kept(String),
    /// It is too large for the store: nothing of it is stored.
    #[cfg_attr(not(feature = "kafka-store"), allow(dead_code))]
    TooLarge(String),
    /// It is unknown whether it is stored; the store must catch up before the next append.
    Failed(StoreError),
    /// Nothing of it is stored: another process is the one that writes. Reading goes on.
    #[cfg_attr(not(feature = "kafka-store"), allow(dead_code))]
    Standby,
}

/// Versions that the store holds and that contradict what it held before, by subject and number; they are left out.
pub(crate) type Conflicts = Arc<Mutex<BTreeMap<(String, i32), Conflict>>>;

/// The way by which a store tells the writer that there may be something new. Cheap, may be called too often.
pub(crate) type Wake = Arc<dyn Fn() + Send + Sync>;

/// A place where changes survive. One thread owns it; other processes may write to the same place.
pub(crate) trait Store: Send {
    /// Everything that is stored, as the changes that build it up in an order in which they can be applied, and where in the log
    /// that is.
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError>;

    /// Makes a batch durable, as a whole, if the log ends at [`Batch::after`].
    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError>;

    /// Keeps others from appending until the next [`Store::append`] or [`Store::unlock`] of this process, and gives what came
    /// after `after`. A store that has a single writer has nothing to do.
    fn lock(&mut self, after: Position) -> Result<Tail, AppendError> {
        let _ = after;
        Ok(Tail::NONE)
    }

    /// Gives back what [`Store::lock`] took, when there was nothing to append.
    fn unlock(&mut self) {}

    /// What others have appended after `after`. After an error it first makes the store usable again; an error means that it is
    /// not yet so, and that the writer shall ask again.
    fn catch_up(&mut self, after: Position) -> Result<Tail, StoreError>;

    /// How often the writer asks for others' entries without having been woken; `None` when nobody else writes.
    fn poll(&self) -> Option<Duration> {
        None
    }

    /// How long the requests of a batch that failed wait for the store to come back before they are refused.
    fn patience(&self) -> Duration {
        Duration::ZERO
    }

    /// Asks for the end of the log, from any thread; `None` when this process is the only writer and so always knows it.
    fn read_index(&self) -> Option<Arc<dyn ReadIndex>> {
        None
    }

    /// Where old records of the audit log are read, from any thread; `None` when the store does not keep them.
    fn trail(&self) -> Option<Arc<dyn Trail>> {
        None
    }

    /// Called once, after loading: from now on the store calls `wake` when others may have appended.
    fn watch(&mut self, wake: Wake) -> Result<(), StoreError> {
        let _ = wake;
        Ok(())
    }

    /// Why nothing may be written by this process, ever; `None` when it may.
    fn read_only(&self) -> Option<&'static str> {
        None
    }

    /// Why this process does not write at the moment, though it may some time, and reads all the while; `None` when it writes.
    fn standby(&self) -> Option<String> {
        None
    }

    /// What is left out because it contradicts the rest. Only a store that other programs write to can have that.
    fn conflicts(&self) -> Conflicts {
        Conflicts::default()
    }

    /// Where the process is reached that writes instead of this one: `http://HOST:PORT`.
    fn writer(&self) -> Option<Arc<str>> {
        None
    }

    /// What makes acknowledged writes less safe than they should be, one sentence each.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// Tidies up at the end of the process.
    fn close(&mut self) -> Result<(), StoreError>;
}

/// Asks where the log ends, so that a read sees all that was acknowledged before, by whatever process.
pub(crate) trait ReadIndex: Send + Sync {
    /// The number of an entry at or after the last one that was durable when this was called. `applied` is where this process
    /// stands: an error if the log does not hold that entry any more. Answers, or fails, within 3 s.
    fn head(&self, applied: Position) -> BoxFuture<'_, Result<u64, StoreError>>;
}
