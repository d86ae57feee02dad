//! Confirmations: one shared counter per batch instead of one future per message.
//!
//! A [`Batch`] hands out [`Completion`]s. The transport completes each one from its delivery callback; the sender awaits the
//! batch. A completion that is dropped counts as failed, so a waiter never hangs and nothing passes for confirmed by accident.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use futures_util::task::AtomicWaker;

use crate::transport::{Receipt, SendError};

/// What the sender gets when every record of a batch is confirmed or failed.
#[derive(Debug, Default)]
#[must_use = "a failed record is in the report and nowhere else"]
pub struct BatchReport {
    /// How many records were confirmed by the broker.
    pub confirmed: usize,
    /// The others: index in the order of sending, and why. Sorted by index.
    pub failed: Vec<(usize, SendError)>,
}

impl BatchReport {
    /// The number of confirmed records, or the first failure.
    pub fn into_result(mut self) -> Result<usize, (usize, SendError)> {
        if self.failed.is_empty() { Ok(self.confirmed) } else { Err(self.failed.swap_remove(0)) }
    }
}

/// A set of records whose confirmations are awaited together.
#[derive(Debug, Default)]
pub struct Batch {
    issued: usize,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Completions that have come back.
    done: AtomicUsize,
    /// How many `done` must reach; `usize::MAX` while nobody waits, so that callbacks stay silent.
    target: AtomicTarget,
    waker: AtomicWaker,
    outcome: Mutex<Outcome>,
}

#[derive(Debug)]
struct AtomicTarget(AtomicUsize);

impl Default for AtomicTarget {
    fn default() -> Self {
        Self(AtomicUsize::new(usize::MAX))
    }
}

#[derive(Debug, Default)]
struct Outcome {
    failed: Vec<(usize, SendError)>,
    receipt: Option<Receipt>,
}

impl Shared {
    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn arrived(&self) {
        let done = self.done.fetch_add(1, Ordering::SeqCst) + 1;
        if done >= self.target.0.load(Ordering::SeqCst) {
            self.waker.wake();
        }
    }
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// A completion for the next record. Its index is the number of completions issued before.
    pub fn completion(&mut self) -> Completion {
        let index = self.issued;
        self.issued += 1;
        Completion { shared: Some(Arc::clone(&self.shared)), index, keep_receipt: false }
    }

    /// Takes back the completion that was issued last, when the record was not taken ([`crate::transport::Full`]).
    pub fn take_back(&mut self, mut completion: Completion) {
        if completion.shared.take().is_some() {
            self.issued -= 1;
        }
    }

    /// Counts a record that never reached the transport as failed.
    pub fn fail_next(&mut self, error: SendError) {
        self.completion().failed(error);
    }

    /// How many completions were issued.
    pub fn issued(&self) -> usize {
        self.issued
    }

    /// How many records are neither confirmed nor failed yet.
    pub fn pending(&self) -> usize {
        self.issued.saturating_sub(self.shared.done.load(Ordering::Acquire))
    }

    /// Waits until every completion has come back.
    pub async fn wait(self) -> BatchReport {
        self.arrive().await;
        let mut failed = std::mem::take(&mut self.shared.outcome().failed);
        failed.sort_by_key(|(index, _)| *index);
        BatchReport { confirmed: self.issued - failed.len(), failed }
    }

    async fn arrive(&self) {
        let shared = &*self.shared;
        // Sequentially consistent, like `done`: either we see the last arrival or it sees our target, never neither.
        shared.target.0.store(self.issued, Ordering::SeqCst);
        poll_fn(|context| {
            // Register first: a completion between the look and the registration would otherwise wake nobody.
            shared.waker.register(context.waker());
            if shared.done.load(Ordering::SeqCst) >= self.issued { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// One record whose receipt the sender wants.
#[derive(Debug, Default)]
pub struct Single(Batch);

impl Single {
    /// A new one, and its completion.
    pub fn new() -> (Self, Completion) {
        let mut batch = Batch::new();
        let mut completion = batch.completion();
        completion.keep_receipt = true;
        (Self(batch), completion)
    }

    /// Waits for the broker's word.
    pub async fn wait(self) -> Result<Receipt, SendError> {
        self.0.arrive().await;
        let mut outcome = self.0.shared.outcome();
        match outcome.failed.pop() {
            Some((_, error)) => Err(error),
            None => outcome.receipt.take().ok_or(SendError::Closed),
        }
    }
}

/// The promise that a record's fate will be reported. Complete it exactly once; dropped, it reports [`SendError::Closed`].
#[derive(Debug)]
pub struct Completion {
    shared: Option<Arc<Shared>>,
    index: usize,
    keep_receipt: bool,
}

impl Completion {
    /// The broker has the record.
    pub fn confirmed(mut self, receipt: Receipt) {
        if let Some(shared) = self.shared.take() {
            if self.keep_receipt {
                shared.outcome().receipt = Some(receipt);
            }
            shared.arrived();
        }
    }

    /// The broker does not have the record, or it must be assumed.
    pub fn failed(mut self, error: SendError) {
        self.fail(error);
    }

    fn fail(&mut self, error: SendError) {
        if let Some(shared) = self.shared.take() {
            shared.outcome().failed.push((self.index, error));
            shared.arrived();
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        self.fail(SendError::Closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIPT: Receipt = Receipt { partition: 0, offset: 7 };

    #[tokio::test]
    async fn a_batch_reports_each_failure_with_its_index() {
        let mut batch = Batch::new();
        let completions: Vec<_> = (0..4).map(|_| batch.completion()).collect();
        let waiting = tokio::spawn(batch.wait());
        tokio::task::yield_now().await;
        for (index, completion) in completions.into_iter().enumerate().rev() {
            if index % 2 == 0 {
                completion.confirmed(RECEIPT);
            } else {
                completion.failed(SendError::Timeout(index.to_string()));
            }
        }
        let report = waiting.await.unwrap();
        assert_eq!(report.confirmed, 2);
        assert_eq!(report.failed.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 3]);
    }

    #[tokio::test]
    async fn a_dropped_completion_counts_as_failed() {
        let (single, completion) = Single::new();
        drop(completion);
        assert!(matches!(single.wait().await, Err(SendError::Closed)));
    }

    #[tokio::test]
    async fn a_record_taken_back_is_not_waited_for() {
        let mut batch = Batch::new();
        let completion = batch.completion();
        batch.take_back(completion);
        batch.completion().confirmed(RECEIPT);
        assert_eq!(batch.wait().await.into_result().unwrap(), 1);
    }

    #[tokio::test]
    async fn a_single_record_gives_its_receipt() {
        let (single, completion) = Single::new();
        std::thread::spawn(move || completion.confirmed(RECEIPT));
        assert_eq!(single.wait().await.unwrap(), RECEIPT);
    }
}
