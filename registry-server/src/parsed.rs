//! Parsed schemas that are likely to be needed again: the latest versions, against which new ones are compared, and texts that many
//! clients send, because each of them registers the same schema when it starts.
//!
//! Two halves: what is asked for enters the young one; when that is full it becomes the old one and the old one is dropped. So
//! the memory is bounded, by how many there are and how long their texts, and what is asked for often stays.
//!
//! A text is kept when it is asked for a second time. Most new ones never are, and keeping their trees for a while scatters what
//! is for ever among them: the more schemas there were, the longer the allocator searched for room.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use eventpact_registry_client::SchemaType;

use crate::schema::{Parsed, Reading};
use crate::unreadable::Unreadable;

/// Schemas per half, and the length of their texts in bytes. A tree takes up to some ten times the memory of its text.
const HALF: (usize, usize) = (256, 1024 * 1024);

/// The same for texts.
const TEXTS: (usize, usize) = (128, 512 * 1024);

/// How many texts are remembered that were asked for once, by their hashes: 8 bytes each.
const ONCE: usize = 4096;

/// Longer texts are read each time, so that the memory is bounded.
const MAX_TEXT: usize = 32 * 1024;

/// A schema by context and id, and the epoch of the state in which the id means it.
type Key = (Arc<str>, u32, u64);

/// A text that refers to no other, and how it is read: all that its tree depends on.
type Text = (SchemaType, Reading, Box<str>);

/// The cache.
pub(crate) struct ParsedCache {
    stored: Mutex<Halves<Key>>,
    texts: Mutex<Halves<Text>>,
    once: Once,
}

impl Default for ParsedCache {
    fn default() -> Self {
        Self { stored: Mutex::new(Halves::new(HALF)), texts: Mutex::new(Halves::new(TEXTS)), once: Once::default() }
    }
}

/// The hashes of what was asked for, each in a place that it shares with others: a newer one takes it.
struct Once {
    hasher: RandomState,
    places: Box<[AtomicU64]>,
}

impl Default for Once {
    fn default() -> Self {
        Self { hasher: RandomState::new(), places: (0..ONCE).map(|_| AtomicU64::new(0)).collect() }
    }
}

impl Once {
    /// Was this asked for before, and not long ago?
    fn again(&self, asked: &impl Hash) -> bool {
        // 0 stands for nothing.
        let hash = self.hasher.hash_one(asked) | 1;
        let place = usize::try_from(hash >> 1).unwrap_or(0) % ONCE;
        self.places.get(place).is_some_and(|before| before.swap(hash, Ordering::Relaxed) == hash)
    }
}

struct Halves<K> {
    most: (usize, usize),
    /// The length of the texts of the young half.
    length: usize,
    young: HashMap<K, Arc<Parsed>>,
    old: HashMap<K, Arc<Parsed>>,
}

impl<K: Eq + Hash + Clone> Halves<K> {
    fn new(most: (usize, usize)) -> Self {
        Self { most, length: 0, young: HashMap::new(), old: HashMap::new() }
    }

    fn find(&mut self, key: &K) -> Option<Arc<Parsed>> {
        if let Some(found) = self.young.get(key) {
            return Some(Arc::clone(found));
        }
        let (key, found) = self.old.remove_entry(key)?;
        drop(self.insert(key, Arc::clone(&found)));
        Some(found)
    }

    /// Gives what is dropped for it, so that this need not be done under the lock.
    fn insert(&mut self, key: K, parsed: Arc<Parsed>) -> HashMap<K, Arc<Parsed>> {
        let (count, length) = self.most;
        let mut dropped = HashMap::new();
        if self.young.len() >= count || self.length >= length {
            dropped = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
            self.length = 0;
        }
        self.length += parsed.text.len();
        self.young.insert(key, parsed);
        dropped
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
        at_hand(&self.stored, (Arc::clone(context), id, epoch), parse, |_| true)
    }

    /// A parsed text that refers to no other, parsing it when it is not at hand.
    pub(crate) fn text(
        &self,
        format: &SchemaType,
        text: &str,
        how: Reading,
        parse: impl FnOnce() -> Result<Parsed, Unreadable>,
    ) -> Result<Arc<Parsed>, Unreadable> {
        if text.len() > MAX_TEXT {
            return parse().map(Arc::new);
        }
        at_hand(&self.texts, (format.clone(), how, text.into()), parse, |key| self.once.again(key))
    }
}

fn at_hand<K: Eq + Hash + Clone, E>(
    halves: &Mutex<Halves<K>>,
    key: K,
    parse: impl FnOnce() -> Result<Parsed, E>,
    is_kept: impl FnOnce(&K) -> bool,
) -> Result<Arc<Parsed>, E> {
    let lock = || halves.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = lock().find(&key) {
        return Ok(found);
    }
    let parsed = Arc::new(parse()?);
    if is_kept(&key) {
        let dropped = lock().insert(key, Arc::clone(&parsed));
        drop(dropped);
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::parse;

    #[test]
    fn what_is_asked_for_often_stays_and_the_rest_is_bounded() {
        let cache = ParsedCache::default();
        let parsed = |text: &str, how: Reading| {
            let mut fresh = false;
            let read = cache.text(&SchemaType::Avro, text, how, || {
                fresh = true;
                parse(&SchemaType::Avro, text, &[], how)
            });
            (read.map(|parsed| parsed.text.clone()).map_err(|why| why.to_string()), fresh)
        };
        let name = |n: usize| format!(r#"{{"type":"fixed","name":"F{n}","size":1}}"#);
        let keep = |text: &str| assert!(parsed(text, Reading::LENIENT).1 && parsed(text, Reading::LENIENT).1);
        keep("\"int\"");
        for n in 0..10 * TEXTS.0 {
            keep(&name(n));
            assert_eq!(parsed("\"int\"", Reading::LENIENT), (Ok("\"int\"".to_owned()), false));
        }
        assert!(parsed("\"int\"", Reading { normalize: true, ..Reading::LENIENT }).1, "another reading is another entry");
        assert!(parsed(&name(0), Reading::LENIENT).1, "it is long forgotten");
        assert!(parsed("\"nope\"", Reading::LENIENT).0.is_err() && parsed("\"nope\"", Reading::LENIENT).1);
        let kept = || {
            let texts = cache.texts.lock().unwrap();
            assert!(texts.young.len() <= TEXTS.0 && texts.old.len() <= TEXTS.0);
            (texts.young.len(), texts.old.len())
        };
        let before = kept();
        for n in 0..TEXTS.0 {
            assert!(parsed(&format!("{{\"type\":\"fixed\",\"name\":\"Once{n}\",\"size\":1}}"), Reading::LENIENT).1);
        }
        assert_eq!(kept(), before, "what comes once is not kept");
    }

    #[test]
    fn long_texts_are_few() {
        let cache = ParsedCache::default();
        let (count, length) = (100, 64 * 1024);
        for n in 0..count {
            let doc = "x".repeat(length);
            let text = format!(r#"{{"type":"record","name":"R","doc":"{doc}","fields":[]}}"#);
            let read = || parse(&SchemaType::Avro, &text, &[], Reading::LENIENT).map_err(|why| why.to_string());
            cache.get_or_parse(&".".into(), (n, 0), read).unwrap();
        }
        let stored = cache.stored.lock().unwrap();
        let kept: usize = stored.young.values().chain(stored.old.values()).map(|parsed| parsed.text.len()).sum();
        assert!(kept > HALF.1 && kept < 2 * (HALF.1 + 2 * length), "{kept}");
    }
}
