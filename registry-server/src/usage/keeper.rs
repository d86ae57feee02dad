//! The thread that moves what was counted into the ledger, and asks the ledger.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::pending::Pending;
use super::{Key, Ledger, Open, Seen, Wanted};
use crate::error::ApiError;
use crate::store::StoreError;

/// What was counted is added so often.
const EVERY: Duration = Duration::from_secs(2);

/// Lines that wait for a ledger that is away.
const WAITING: usize = 16_384;

/// Somebody wants to know.
pub(super) struct Question {
    pub(super) wanted: Wanted,
    pub(super) most: usize,
    pub(super) keep: Box<dyn Fn(&Seen) -> bool + Send>,
    pub(super) answer: oneshot::Sender<Result<Vec<Seen>, ApiError>>,
}

/// The thread.
pub(super) struct Keeper {
    pending: Arc<Pending>,
    open: Open,
    /// None until there is something to keep, and after an error.
    ledger: Option<Box<dyn Ledger>>,
    /// Not in the ledger yet.
    waiting: HashMap<Key, Seen>,
    /// It was said already that the ledger is away.
    told: bool,
}

impl Keeper {
    pub(super) fn new(pending: Arc<Pending>, open: Open) -> Self {
        Self { pending, open, ledger: None, waiting: HashMap::new(), told: false }
    }

    /// Until nobody can ask any more.
    pub(super) fn run(mut self, questions: &Receiver<Question>) {
        loop {
            match questions.recv_timeout(EVERY) {
                Ok(question) => {
                    let answer = self.read(&question);
                    // Who went away meanwhile needs no answer.
                    let _ = question.answer.send(answer);
                }
                Err(RecvTimeoutError::Timeout) => self.flush(),
                Err(RecvTimeoutError::Disconnected) => return self.flush(),
            }
        }
    }

    /// Adds what was counted; keeps it where that fails.
    fn flush(&mut self) {
        for seen in self.pending.take() {
            let full = self.waiting.len() >= WAITING;
            match self.waiting.entry(seen.key.clone()) {
                Entry::Occupied(mut known) => known.get_mut().add(&seen),
                Entry::Vacant(_) if full => self.pending.drop_some(seen.count),
                Entry::Vacant(place) => drop(place.insert(seen)),
            }
        }
        if self.waiting.is_empty() {
            return;
        }
        let mut lines: Vec<Seen> = self.waiting.values().cloned().collect();
        // Always in one order, so that servers that share a database do not wait for each other in a circle.
        lines.sort_by(|a, b| a.key.cmp(&b.key));
        if self.with_ledger(|ledger| ledger.add(&lines)).is_ok() {
            // As large as it was when the ledger was away, otherwise.
            self.waiting = HashMap::new();
        }
    }

    fn read(&mut self, question: &Question) -> Result<Vec<Seen>, ApiError> {
        self.flush();
        let mut found = Vec::new();
        let mut each = |seen: Seen| {
            if (question.keep)(&seen) {
                found.push(seen);
            }
            found.len() < question.most
        };
        let read = self.with_ledger(|ledger| ledger.read(&question.wanted, &mut each));
        read.map(|()| found).map_err(|_| ApiError::store_away())
    }

    /// Does something with the ledger, which is opened where it is not, and left after an error.
    fn with_ledger(&mut self, job: impl FnOnce(&mut dyn Ledger) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let opened = self.ledger.take().map_or_else(&mut self.open, Ok);
        let done = opened.and_then(|mut ledger| {
            job(&mut *ledger)?;
            self.ledger = Some(ledger);
            Ok(())
        });
        if let Err(error) = &done
            && !self.told
        {
            tracing::warn!(%error, "who fetched what cannot be kept at the moment; the registry itself works on");
        }
        self.told = done.is_err();
        done
    }
}
