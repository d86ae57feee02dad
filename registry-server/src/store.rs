//! What a store must do, and the one list of things that can change.
//!
//! A [`Change`] is the only way to alter the registry, in memory as on disk, so that nothing can be kept in one and forgotten in
//! the other. Decisions (which id, which version, may this be deleted) are taken before, against the state in memory.

use std::sync::Arc;

use eventpact_registry_client::wire::{Association, Config};

use crate::state::{Schema, Version};
use crate::subject::SubjectName;

/// One thing that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A context: the id that its next schema gets, and whether it is listed.
    PutContext { context: Arc<str>, next_id: u32, listed: bool },
    /// A schema gets an id.
    PutSchema { context: Arc<str>, id: u32, schema: Arc<Schema> },
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
    #[allow(dead_code)] // the routes come with the next change
    /// A subject is bound to a topic, or the binding of this guid is changed.
    PutAssociation { association: Arc<Association> },
    #[allow(dead_code)]
    /// The binding with the guid of this one is gone.
    DropAssociation { association: Arc<Association> },
}

/// Why a store cannot be opened or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store is not ours, too new, locked or damaged. The text ends with what to do.
    #[error("{0}")]
    Refused(String),
    /// Reading or writing failed.
    #[error("the store at {place} failed: {cause}")]
    Failed {
        /// Path of the store.
        place: String,
        /// What the system said.
        cause: String,
    },
}

/// A place where changes survive. One thread owns it and is its only writer.
///
/// `write` may be called several times before one `commit`; nothing is promised before `commit` has returned. After an error
/// of `commit` it is unknown what is stored, and the store must not be used again.
pub(crate) trait Store: Send {
    /// Everything that is stored, as the changes that build it up, in an order in which they can be applied.
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<(), StoreError>;

    /// Takes the changes of one request into the open batch: all of them, or on an error none.
    fn write(&mut self, changes: &[Change]) -> Result<(), StoreError>;

    /// Makes the batch durable.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Tidies up at the end of the process.
    fn close(&mut self) -> Result<(), StoreError>;
}
