//! Schemas by id: kept for ever once known, asked for once at a time, never remembered as missing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::error::Error;
use crate::wire::SchemaString;

type Slot = Arc<OnceCell<Arc<SchemaString>>>;

/// One slot per id. A slot is empty while its first request is under way; whoever comes meanwhile waits for that request.
#[derive(Debug, Default)]
pub(crate) struct SchemaCache {
    slots: Mutex<HashMap<u32, Slot>>,
}

impl SchemaCache {
    /// The schema of an id, from memory or through `fetch`.
    pub(crate) async fn get_or_fetch<F>(&self, id: u32, fetch: F) -> Result<Arc<SchemaString>, Error>
    where
        F: AsyncFnOnce() -> Result<SchemaString, Error>,
    {
        let slot = Arc::clone(self.lock().entry(id).or_default());
        let found = slot.get_or_try_init(async || fetch().await.map(Arc::new)).await.cloned();
        if found.is_err() {
            self.forget_empty(id, &slot);
        }
        found
    }

    /// Keeps a schema that came by itself, unless that of its id is there already.
    #[cfg(feature = "grpc")]
    pub(crate) fn keep(&self, id: u32, schema: impl FnOnce() -> SchemaString) {
        let slot = Arc::clone(self.lock().entry(id).or_default());
        if !slot.initialized() {
            // Somebody who fetches it meanwhile gets the same.
            let _ = slot.set(Arc::new(schema()));
        }
    }

    /// Ids come from messages, so a failed one must not keep its slot: garbage would fill the memory.
    fn forget_empty(&self, id: u32, slot: &Slot) {
        let mut slots = self.lock();
        if slots.get(&id).is_some_and(|kept| Arc::ptr_eq(kept, slot) && !kept.initialized()) {
            slots.remove(&id);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn concurrent_readers_share_one_request_and_misses_are_not_kept() {
        let cache = SchemaCache::default();
        let calls = AtomicUsize::new(0);
        let fetch = async || {
            calls.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(SchemaString { schema: "\"int\"".into(), ..SchemaString::default() })
        };
        let (a, b) = tokio::join!(cache.get_or_fetch(1, fetch), cache.get_or_fetch(1, fetch));
        assert_eq!(a.unwrap().schema, b.unwrap().schema);
        assert_eq!(calls.load(Ordering::SeqCst), 1);

        let miss = async || Err(Error::NotFound { error_code: 40403, message: "no".into() });
        assert!(cache.get_or_fetch(2, miss).await.is_err());
        assert!(!cache.lock().contains_key(&2));
        assert!(cache.get_or_fetch(2, fetch).await.is_ok());
    }
}
