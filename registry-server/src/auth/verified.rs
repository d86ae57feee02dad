//! Credentials that were found right, for a while: hashing a password costs 20 ms and more by design, and no request can wait that
//! long each time.
//!
//! Kept is a keyed hash of the header, never the header, so neither a dump of the memory nor the time of a look-up tells a password.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ring::hmac;
use ring::rand::SystemRandom;

use super::caller::Caller;

/// The most that are kept.
const MAX: usize = 8192;

/// The longest that one is kept.
pub(super) const KEEP: Duration = Duration::from_secs(300);

/// The keyed hash of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mark([u8; 32]);

pub(super) struct Verified {
    key: hmac::Key,
    known: Mutex<HashMap<Mark, (Caller, Instant)>>,
    generation: AtomicU64,
}

impl Verified {
    pub(super) fn new() -> Result<Self, String> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).map_err(|_| "the system gives no random bytes")?;
        Ok(Self { key, known: Mutex::default(), generation: AtomicU64::new(0) })
    }

    pub(super) fn mark(&self, scheme: &str, token: &str) -> Mark {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(scheme.as_bytes());
        context.update(b" ");
        context.update(token.as_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(context.sign().as_ref());
        Mark(bytes)
    }

    /// Counts how often all was forgotten. Ask before verifying, and give it to [`Self::keep`].
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    pub(super) fn find(&self, mark: Mark) -> Option<Caller> {
        let known = self.known.lock().ok()?;
        known.get(&mark).filter(|(_, until)| Instant::now() < *until).map(|(caller, _)| caller.clone())
    }

    /// Keeps what was verified, unless all was forgotten since.
    pub(super) fn keep(&self, mark: Mark, caller: Caller, until: Instant, generation: u64) {
        let Ok(mut known) = self.known.lock() else { return };
        if self.generation() != generation {
            return;
        }
        if known.len() >= MAX {
            let now = Instant::now();
            known.retain(|_, (_, until)| now < *until);
        }
        if known.len() >= MAX {
            known.clear();
        }
        known.insert(mark, (caller, until));
    }

    /// Forgets all: users or keys have changed.
    pub(super) fn forget(&self) {
        if let Ok(mut known) = self.known.lock() {
            self.generation.fetch_add(1, Ordering::SeqCst);
            known.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_verified_before_all_was_forgotten_is_not_kept() {
        let verified = Verified::new().unwrap();
        let (mark, other) = (verified.mark("Basic", "a"), verified.mark("Basic", "b"));
        assert_ne!(mark, other);
        let later = Instant::now() + KEEP;
        let generation = verified.generation();
        verified.keep(mark, Caller::anybody(), later, generation);
        assert!(verified.find(mark).is_some() && verified.find(other).is_none());
        verified.forget();
        assert!(verified.find(mark).is_none());
        verified.keep(mark, Caller::anybody(), later, generation);
        assert!(verified.find(mark).is_none());
        verified.keep(mark, Caller::anybody(), Instant::now(), verified.generation());
        assert!(verified.find(mark).is_none(), "its time is over");
    }

    #[test]
    fn it_does_not_grow_without_end() {
        let verified = Verified::new().unwrap();
        for n in 0..3 * MAX {
            let mark = verified.mark("Bearer", &n.to_string());
            verified.keep(mark, Caller::anybody(), Instant::now() + KEEP, 0);
        }
        assert!(verified.known.lock().unwrap().len() <= MAX);
    }
}
