//! The store that keeps nothing: the state in memory is all there is.

use crate::store::{AppendError, Appended, Batch, Change, Position, Store, StoreError, Tail};

/// Forgets.
pub(super) struct Memory;

impl Store for Memory {
    fn load(&mut self, _apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError> {
        Ok(Position::default())
    }

    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        Ok(Appended::Stored(batch.after.sequence + batch.requests.len() as u64))
    }

    fn catch_up(&mut self, _after: Position) -> Result<Tail, StoreError> {
        Ok(Tail::NONE)
    }

    fn close(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
