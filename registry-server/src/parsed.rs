//! Parsed schemas that are likely to be needed again: the latest versions, against which new ones are compared.
//!
//! Two halves: what is asked for enters the young one; when that is full it becomes the old one and the old one is dropped. So
//! the memory is bounded, and what is asked for often stays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::schema::Parsed;

/// Schemas per half. A tree takes a few times the memory of its text.
const HALF: usize = 256;

/// A schema by context and id, and the epoch of the state in which the id means it.
type Key = (Arc<str>, u32, u64);

/// The cache.
#[derive(Default)]
pub(crate) struct ParsedCache {
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashMap<Key, Arc<Parsed>>,
    old: HashMap<Key, Arc<Parsed>>,
}

impl Halves {
    fn insert(&mut self, key: Key, parsed: Arc<Parsed>) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, parsed);
    }
}

impl ParsedCache {
    /// The parsed schema of an id, parsing it when it is not at hand. Within an epoch an id never changes
    /// its schema, so neither does an entry.
    pub(crate) fn get_or_parse(
        &self,
        context: &Arc<str>,
        (id, epoch): (u32, u64),
        parse: impl FnOnce() -> Result<Parsed, String>,
    ) -> Result<Arc<Parsed>, String> {
        let key = (Arc::clone(context), id, epoch);
        if let Some(found) = self.find(&key) {
            return Ok(found);
        }
        let parsed = Arc::new(parse()?);
        self.lock().insert(key, Arc::clone(&parsed));
        Ok(parsed)
    }

    fn find(&self, key: &Key) -> Option<Arc<Parsed>> {
        let mut halves = self.lock();
        if let Some(found) = halves.young.get(key) {
            return Some(Arc::clone(found));
        }
        let found = halves.old.remove(key)?;
        halves.insert(key.clone(), Arc::clone(&found));
        Some(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Halves> {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
