//! A log in memory that several registries share, as they would a database; with mistakes on request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Chance;
use crate::store::{AppendError, Appended, Batch, Change, Entry, Position, ReadIndex, Store, StoreError, Tail, Wake};

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// A batch is appended although somebody else has appended since it was decided.
    NoComparison,
    /// A batch is called stored some time before it is in the log.
    EarlyAcknowledgement,
}

#[derive(Default)]
struct Content {
    entries: Vec<Entry>,
    wakes: Vec<Wake>,
}

/// The log.
#[derive(Clone, Default)]
pub(super) struct SharedLog {
    content: Arc<Mutex<Content>>,
}

impl SharedLog {
    /// One registry's way to it.
    pub(super) fn store(&self, fault: Fault) -> Shared {
        Shared { log: self.clone(), fault, chance: Chance(fault as u64) }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) -> Position {
        self.lock().entries.last().map(|entry| entry.position).unwrap_or_default()
    }

    fn after(&self, position: Position) -> Vec<Entry> {
        self.lock().entries.iter().skip_while(|entry| entry.position.sequence <= position.sequence).cloned().collect()
    }

    fn push(&self, batch: &Batch) -> u64 {
        let mut content = self.lock();
        for changes in &batch.requests {
            let position = Position { sequence: content.entries.len() as u64 + 1, batch: batch.id };
            content.entries.push(Entry { position, changes: Arc::clone(changes) });
        }
        content.wakes.iter().for_each(|wake| wake());
        content.entries.len() as u64
    }
}

/// A registry's way to the log.
pub(super) struct Shared {
    log: SharedLog,
    fault: Fault,
    chance: Chance,
}

impl Shared {
    /// As a network would.
    fn dawdle(&mut self) {
        std::thread::sleep(Duration::from_micros(self.chance.below(700)));
    }
}

impl Store for Shared {
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError> {
        for entry in &self.log.lock().entries {
            entry.changes.iter().cloned().for_each(&mut *apply);
        }
        Ok(self.log.end())
    }

    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        self.dawdle();
        match self.fault {
            Fault::NoComparison => {}
            Fault::EarlyAcknowledgement => {
                let (log, requests) = (self.log.clone(), batch.requests.clone());
                let late = Batch { id: batch.id, after: batch.after, requests };
                let pause = Duration::from_micros(500 + self.chance.below(3000));
                std::thread::spawn(move || {
                    std::thread::sleep(pause);
                    log.push(&late)
                });
                return Ok(Appended::Stored(batch.after.sequence + batch.requests.len() as u64));
            }
            Fault::None => {
                let _one_at_a_time = APPENDING.lock().unwrap_or_else(PoisonError::into_inner);
                if self.log.end() != batch.after {
                    return Ok(Appended::Behind(Tail::Entries(self.log.after(batch.after))));
                }
                return Ok(Appended::Stored(self.log.push(batch)));
            }
        }
        Ok(Appended::Stored(self.log.push(batch)))
    }

    fn catch_up(&mut self, after: Position) -> Result<Tail, StoreError> {
        self.dawdle();
        Ok(Tail::Entries(self.log.after(after)))
    }

    fn poll(&self) -> Option<Duration> {
        Some(Duration::from_millis(50))
    }

    fn read_index(&self) -> Option<Arc<dyn ReadIndex>> {
        Some(Arc::new(self.log.clone()))
    }

    fn watch(&mut self, wake: Wake) -> Result<(), StoreError> {
        self.log.lock().wakes.push(wake);
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Comparing and appending is one step.
static APPENDING: Mutex<()> = Mutex::new(());

impl ReadIndex for SharedLog {
    fn head(&self, _applied: Position) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_micros(300)).await;
            Ok(self.end().sequence)
        })
    }
}
