//! The store that keeps nothing: the state in memory is all there is.

use crate::store::{Change, Store, StoreError};

/// Forgets.
pub(super) struct Memory;

impl Store for Memory {
    fn load(&mut self, _apply: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
        Ok(())
    }

    fn write(&mut self, _changes: &[Change]) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}
