//! What was counted since the keeper last came.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Client, Fetched, Key, Seen};

/// Parts, each of which one thread counts on (or a few, where there are more threads).
const PARTS: usize = 16;

/// Lines in a part; what comes above is dropped until the keeper has come. At most 16 × 1,024 lines of some 300 bytes.
const LINES: usize = 1024;

/// Lines by a hash of what they are about. The hash has a key of this process, so that nobody can make two lines meet.
type Lines = HashMap<u64, Seen>;

/// All parts.
pub(super) struct Pending {
    parts: Box<[Mutex<Lines>]>,
    hasher: RandomState,
    dropped: AtomicU64,
}

/// The part of this thread.
fn part() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<Option<usize>> = const { Cell::new(None) };
    }
    MINE.with(|mine| {
        let part = mine.get().unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed));
        mine.set(Some(part));
        part
    })
}

impl Pending {
    pub(super) fn new() -> Self {
        let parts = (0..PARTS).map(|_| Mutex::default()).collect();
        Self { parts, hasher: RandomState::new(), dropped: AtomicU64::new(0) }
    }

    /// Counts one fetch. A part has a lock, which its thread finds free unless the keeper is taking the lines away at this moment,
    /// and that takes it no longer than a swap.
    pub(super) fn record(&self, fetched: Fetched<'_>, client: Client<'_>, now: i64) {
        let Fetched { context, subject, id, how } = fetched;
        let Client { principal, agent, address } = client;
        let hash = self.hasher.hash_one((&**context, subject.map(|s| &**s), id, how, principal, agent, address));
        let Some(part) = self.parts.get(part() % PARTS) else { return };
        let mut lines = part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = lines.get_mut(&hash) {
            seen.count = seen.count.saturating_add(1);
            seen.last = now;
            return;
        }
        if lines.len() >= LINES {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let subject = subject.map_or_else(|| Arc::from(""), Arc::clone);
        let context = Arc::clone(context);
        let key = Key { context, subject, id, how, principal: principal.into(), agent: agent.into(), address };
        lines.insert(hash, Seen { key, count: 1, first: now, last: now });
    }

    /// Takes everything away, each line once.
    pub(super) fn take(&self) -> Vec<Seen> {
        let mut all = Lines::new();
        for part in &self.parts {
            let lines = std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
            for (hash, seen) in lines {
                all.entry(hash).and_modify(|known| known.add(&seen)).or_insert(seen);
            }
        }
        all.into_values().collect()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Notes that so many fetches could not be kept.
    pub(super) fn drop_some(&self, fetches: u64) {
        self.dropped.fetch_add(fetches, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::super::How;
    use super::*;

    fn record(pending: &Pending, id: u32, agent: &str, now: i64) {
        let (context, client) = (Arc::from("."), Client { principal: "", agent, address: None });
        pending.record(Fetched { context: &context, subject: None, id, how: How::Id }, client, now);
    }

    #[test]
    fn fetches_of_all_threads_are_one_line() {
        let pending = Pending::new();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|n| record(&pending, n % 2, "a", i64::from(n))));
            }
        });
        let mut lines: Vec<_> = pending.take().into_iter().map(|s| (s.key.id, s.count, s.first, s.last)).collect();
        lines.sort_unstable();
        assert_eq!(lines, [(0, 2000, 0, 998), (1, 2000, 1, 999)]);
        assert!(pending.take().is_empty());
    }

    #[test]
    fn memory_is_bounded() {
        let pending = Pending::new();
        (0..5000).for_each(|n| record(&pending, n, "many", 0));
        assert_eq!((pending.take().len(), pending.dropped()), (LINES, 5000 - LINES as u64));
    }
}
