//! What a read waits for: that the state in memory has all that was acknowledged, by any process, before the read came.
//!
//! The end of the log is asked for once for all reads that arrived before the question was put; those that arrive meanwhile share
//! the next one. A store with a single writer needs no question.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::ApiError;
use crate::patience;
use crate::state::State;
use crate::store::{ReadIndex, Wake};

type Asked = oneshot::Sender<Result<u64, ApiError>>;

/// Lets reads pass when the state is new enough.
pub(crate) struct Barrier {
    asked: Option<mpsc::UnboundedSender<Asked>>,
    applied: watch::Receiver<u64>,
    /// The newest end of the log that was heard of.
    heard: Arc<AtomicU64>,
    wake: Wake,
}

impl Barrier {
    /// Starts the task that asks the store, if there is something to ask. Needs a running Tokio.
    pub(crate) fn start(
        index: Option<Arc<dyn ReadIndex>>,
        state: Arc<ArcSwap<State>>,
        applied: watch::Receiver<u64>,
        wake: Wake,
    ) -> Self {
        let heard = Arc::new(AtomicU64::new(0));
        let asked = index.map(|index| {
            let (asked, questions) = mpsc::unbounded_channel();
            tokio::spawn(ask(index, state, questions, (Arc::clone(&wake), Arc::clone(&heard))));
            asked
        });
        Self { asked, applied, heard, wake }
    }

    /// How many entries the log was known to have, when its end was last asked for, that are not applied yet. `None` when there
    /// is nobody to ask.
    pub(crate) fn behind(&self) -> Option<u64> {
        self.asked.as_ref().map(|_| self.heard.load(Ordering::Relaxed).saturating_sub(*self.applied.borrow()))
    }

    /// Waits until the state shows everything that was acknowledged before this call.
    pub(crate) async fn pass(&self) -> Result<(), ApiError> {
        let Some(asked) = &self.asked else {
            return Ok(());
        };
        patience::wait(async {
            let (answer, answered) = oneshot::channel();
            asked.send(answer).map_err(|_| ApiError::internal())?;
            let head = answered.await.map_err(|_| ApiError::internal())??;
            self.reach(head).await
        })
        .await
    }

    /// Waits until the state has the entry with this number.
    pub(crate) async fn reached(&self, sequence: u64) -> Result<(), ApiError> {
        patience::wait(self.reach(sequence)).await
    }

    async fn reach(&self, sequence: u64) -> Result<(), ApiError> {
        if *self.applied.borrow() < sequence {
            (self.wake)();
            let mut applied = self.applied.clone();
            applied.wait_for(|applied| *applied >= sequence).await.map_err(|_| ApiError::store_away())?;
        }
        Ok(())
    }
}

/// Puts one question for all that wait.
async fn ask(
    index: Arc<dyn ReadIndex>,
    state: Arc<ArcSwap<State>>,
    mut questions: mpsc::UnboundedReceiver<Asked>,
    (wake, heard): (Wake, Arc<AtomicU64>),
) {
    let mut waiting = Vec::new();
    while questions.recv_many(&mut waiting, usize::MAX).await > 0 {
        let applied = state.load().position;
        let head = index.head(applied).await.map_err(|error| {
            tracing::warn!(%error, "the end of the log could not be asked for");
            wake();
            ApiError::store_away()
        });
        if let Ok(head) = head {
            heard.fetch_max(head, Ordering::Relaxed);
        }
        for asked in waiting.drain(..) {
            let _ = asked.send(head.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::BoxFuture;

    use super::*;
    use crate::store::{Position, StoreError};

    /// Counts questions; each takes a while.
    #[derive(Default)]
    struct Slow {
        questions: AtomicU64,
    }

    impl ReadIndex for Slow {
        fn head(&self, _applied: Position) -> BoxFuture<'_, Result<u64, StoreError>> {
            Box::pin(async {
                self.questions.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(7)
            })
        }
    }

    #[tokio::test]
    async fn reads_that_wait_share_the_next_question_and_wait_for_the_entry() {
        let index = Arc::new(Slow::default());
        let (sender, applied) = watch::channel(0);
        let woken = Arc::new(AtomicU64::new(0));
        let wake: Wake = {
            let woken = Arc::clone(&woken);
            Arc::new(move || {
                woken.fetch_add(1, Ordering::SeqCst);
            })
        };
        let state = Arc::new(ArcSwap::from_pointee(State::default()));
        let barrier = Arc::new(Barrier::start(Some(Arc::clone(&index) as _), state, applied, wake));
        let reads: Vec<_> = (0..20)
            .map(|n| {
                let barrier = Arc::clone(&barrier);
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(n)).await; // all but the first come while the first is asked for
                    barrier.pass().await
                })
            })
            .collect();
        while index.questions.load(Ordering::SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(reads.iter().all(|read| !read.is_finished()), "a read passed before its entry was there");
        assert!(woken.load(Ordering::SeqCst) > 0);
        sender.send_replace(7);
        for read in reads {
            read.await.unwrap().unwrap();
        }
        assert_eq!(index.questions.load(Ordering::SeqCst), 2, "one for the first, one for the rest");
    }
}
