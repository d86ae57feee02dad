//! The newest entries of the log, for those who follow it.
//!
//! The writer thread puts in what it has published; followers take from any position on. Memory is bounded: a follower that is
//! too slow for it is told so, instead of holding anything back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

use crate::state::State;
use crate::store::{Change, Entry, Position};

/// Entries that are kept.
const ENTRIES: usize = 4096;

/// The length of all their texts, in bytes. As a rule the state has them as well; what was dropped from it is only here.
const LENGTH: usize = 64 * 1024 * 1024;

/// The newest entries.
#[derive(Debug)]
pub(crate) struct Feed {
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    /// Everything after this entry is here.
    after: Position,
    /// That of [`State::epoch`] to which the entries belong.
    epoch: u64,
    entries: VecDeque<Entry>,
    /// Of all their texts.
    length: usize,
}

/// Where a follower stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The last entry that it knows.
    pub(crate) position: Position,
    epoch: u64,
}

impl Cursor {
    /// Of somebody who knows this state.
    pub(crate) fn of(state: &State) -> Self {
        Self { position: state.position, epoch: state.epoch }
    }
}

/// Why there is nothing to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gone {
    /// The follower was too slow: what came next is no longer here.
    Overrun,
    /// Everything was loaded anew: what led there is not known.
    Reloaded,
}

impl Feed {
    /// Nothing yet; this is what is known.
    pub(crate) fn new(state: &State) -> Self {
        Self { ring: Mutex::new(Ring::starting(state)) }
    }

    /// What was published, oldest first.
    pub(crate) fn push(&self, entries: impl IntoIterator<Item = Entry>) {
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        for Entry { position, changes } in entries {
            ring.length += length(&changes);
            ring.entries.push_back(Entry { position, changes: told(changes) });
            while ring.entries.len() > ENTRIES || ring.length > LENGTH {
                let Some(oldest) = ring.entries.pop_front() else { break };
                ring.length -= length(&oldest.changes);
                ring.after = oldest.position;
            }
        }
    }

    /// Everything was loaded anew.
    pub(crate) fn restart(&self, state: &State) {
        *self.ring.lock().unwrap_or_else(PoisonError::into_inner) = Ring::starting(state);
    }

    /// At most `most` entries after a cursor, oldest first.
    pub(crate) fn since(&self, cursor: Cursor, most: usize) -> Result<Vec<Entry>, Gone> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if cursor.epoch > ring.epoch {
            return Ok(Vec::new()); // the state is published first
        }
        if cursor.epoch < ring.epoch {
            return Err(Gone::Reloaded);
        }
        if cursor.position.sequence < ring.after.sequence {
            return Err(Gone::Overrun);
        }
        let start = ring.entries.partition_point(|entry| entry.position.sequence <= cursor.position.sequence);
        Ok(ring.entries.iter().skip(start).take(most).cloned().collect())
    }

    /// The cursor of a follower that was here before, if what came after it is all here. Without a batch, the number alone counts.
    pub(crate) fn resume(&self, sequence: u64, batch: Option<Uuid>) -> Option<Cursor> {
        let ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        let found = if ring.after.sequence == sequence {
            ring.after
        } else {
            let at = ring.entries.binary_search_by_key(&sequence, |entry| entry.position.sequence).ok()?;
            ring.entries.get(at)?.position
        };
        let same = batch.is_none_or(|batch| batch == found.batch);
        same.then_some(Cursor { position: found, epoch: ring.epoch })
    }
}

impl Ring {
    fn starting(state: &State) -> Self {
        Self { after: state.position, epoch: state.epoch, entries: VecDeque::new(), length: 0 }
    }
}

/// What followers are told of changes: the audit log and the counters are not for them.
fn told(changes: Arc<[Change]>) -> Arc<[Change]> {
    let is_told = |change: &&Change| !matches!(change, Change::Audit { .. } | Change::PutContext { .. });
    if changes.iter().all(|change| is_told(&change)) { changes } else { changes.iter().filter(is_told).cloned().collect() }
}

fn length(changes: &[Change]) -> usize {
    let of_one = |change: &Change| match change {
        Change::PutSchema { schema, .. } => schema.text.len(),
        Change::PutDocument { document, .. } => document.text.len(),
        _ => 0,
    };
    changes.iter().map(of_one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(sequence: u64) -> Position {
        Position { sequence, batch: Uuid::from_u128(u128::from(sequence / 10)) }
    }

    fn entry(sequence: u64) -> Entry {
        Entry { position: position(sequence), changes: Vec::new().into() }
    }

    #[test]
    fn a_follower_goes_on_where_it_was_or_is_told_that_it_cannot() {
        let mut state = State::default();
        state.position = position(10);
        let feed = Feed::new(&state);
        feed.push((11..=20).map(entry));
        let sequences = |after, most| {
            let cursor = Cursor { position: position(after), epoch: 0 };
            feed.since(cursor, most).map(|all| all.iter().map(|e| e.position.sequence).collect::<Vec<_>>())
        };
        assert_eq!(sequences(18, 9), Ok(vec![19, 20]));
        assert_eq!(sequences(10, 2), Ok(vec![11, 12]));
        assert_eq!(sequences(20, 9), Ok(vec![]));
        assert_eq!(sequences(9, 9), Err(Gone::Overrun));
        let resumed = |sequence, batch: Option<u128>| {
            feed.resume(sequence, batch.map(Uuid::from_u128)).map(|cursor| cursor.position.sequence)
        };
        assert_eq!((resumed(10, None), resumed(20, Some(2)), resumed(15, Some(1))), (Some(10), Some(20), Some(15)));
        assert_eq!((resumed(15, Some(9)), resumed(9, None), resumed(21, None)), (None, None, None), "another log, gone, to come");
        feed.push((21..5000).map(entry));
        assert_eq!(sequences(11, 9), Err(Gone::Overrun));
        assert_eq!(sequences(4999 - ENTRIES as u64, 1).map(|all| all.len()), Ok(1));
        let text: Arc<str> = "x".repeat(LENGTH / 3).into();
        let document = |number| crate::store::Change::PutDocument {
            name: "d".into(),
            number,
            document: crate::documents::Document { text: Arc::clone(&text), deleted: false, ts: 0 },
        };
        feed.push((5000..5005).map(|sequence| Entry { changes: [document(1)].into(), ..entry(sequence) }));
        assert_eq!((sequences(5001, 9), sequences(5000, 9)), (Ok(vec![5002, 5003, 5004]), Err(Gone::Overrun)), "long texts");
        state.epoch += 1;
        state.position = position(30);
        feed.restart(&state);
        assert_eq!(sequences(5004, 9), Err(Gone::Reloaded), "a number of the old log means nothing in the new one");
        assert_eq!(feed.since(Cursor { position: position(30), epoch: 2 }, 9), Ok(vec![]));
    }
}
