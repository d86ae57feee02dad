//! The one thread that changes things: decides, stores in batches, publishes, and only then acknowledges.
//!
//! A job looks at the newest state and says what shall change. All jobs that wait while a batch is being synced to disk form the
//! next batch: one sync for all of them. A job on its own is never held back. Jobs are short: no parsing, no comparing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use crate::error::ApiError;
use crate::state::State;
use crate::store::{Change, Store, StoreError};

/// The most jobs that share one sync.
const BATCH: usize = 64;

/// The longest that a batch waits for jobs that are likely on their way.
const LINGER: Duration = Duration::from_millis(1);

/// Jobs that may wait; more are told to come back later.
const QUEUE: usize = 4096;

/// Tells the client, once it is known whether the batch is on disk.
type Acknowledge = Box<dyn FnOnce(Result<(), ApiError>) + Send>;

/// Looks at the state and says what shall change.
type Job = Box<dyn FnOnce(&State) -> (Vec<Change>, Acknowledge) + Send>;

/// What a start gives.
pub(crate) struct Started {
    /// The way to the thread, which ends when this is dropped.
    pub(crate) writer: Writer,
    /// Where each batch is published.
    pub(crate) state: Arc<ArcSwap<State>>,
    /// Done when the store is closed.
    pub(crate) thread: JoinHandle<()>,
}

/// The way to the thread.
pub(crate) struct Writer {
    queue: SyncSender<Job>,
    failed: Arc<AtomicBool>,
}

impl Writer {
    /// Loads the store and starts the thread.
    pub(crate) fn start(mut store: Box<dyn Store>) -> Result<Started, StoreError> {
        let mut state = State::default();
        store.load(&mut |change| state.apply(&change))?;
        let published = Arc::new(ArcSwap::from_pointee(state.clone()));
        let failed = Arc::new(AtomicBool::new(false));
        let (queue, jobs) = sync_channel(QUEUE);
        let thread = Thread { jobs, store, state, published: Arc::clone(&published), failed: Arc::clone(&failed), expected: 1 };
        let handle = std::thread::Builder::new()
            .name("registry-writer".into())
            .spawn(move || thread.run())
            .map_err(|cause| StoreError::Failed { place: "the writer thread".into(), cause: cause.to_string() })?;
        Ok(Started { writer: Self { queue, failed }, state: published, thread: handle })
    }

    /// `true` while a write would be accepted.
    pub(crate) fn is_ready(&self) -> bool {
        !self.failed.load(Ordering::Acquire)
    }

    /// Runs a decision on the newest state and waits until its changes are on disk and visible.
    pub(crate) async fn submit<T, F>(&self, decide: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&State) -> Result<(Vec<Change>, T), ApiError> + Send + 'static,
    {
        if !self.is_ready() {
            return Err(ApiError::read_only());
        }
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |state| match decide(state) {
            Ok((changes, value)) => (changes, Box::new(move |stored| drop(answer.send(stored.map(|()| value))))),
            Err(refusal) => (Vec::new(), Box::new(move |_| drop(answer.send(Err(refusal))))),
        });
        match self.queue.try_send(job) {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(ApiError::internal())),
            Err(TrySendError::Full(_)) => Err(ApiError::busy()),
            Err(TrySendError::Disconnected(_)) => Err(ApiError::read_only()),
        }
    }
}

struct Thread {
    jobs: Receiver<Job>,
    store: Box<dyn Store>,
    state: State,
    published: Arc<ArcSwap<State>>,
    failed: Arc<AtomicBool>,
    /// How many jobs the last batch had: so many clients are likely to come again.
    expected: usize,
}

impl Thread {
    fn run(mut self) {
        while let Ok(first) = self.jobs.recv() {
            let batch = self.gather(first);
            self.expected = batch.len();
            self.process(batch);
        }
        if !self.failed.load(Ordering::Acquire)
            && let Err(error) = self.store.close()
        {
            tracing::warn!(%error, "the store could not be tidied up; nothing is lost, the next start takes a little longer");
        }
    }

    fn gather(&self, first: Job) -> Vec<Job> {
        let mut batch = vec![first];
        let end = Instant::now() + LINGER;
        while batch.len() < BATCH {
            if let Ok(job) = self.jobs.try_recv() {
                batch.push(job);
                continue;
            }
            if batch.len() >= self.expected {
                break;
            }
            match self.jobs.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(job) => batch.push(job),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
            }
        }
        batch
    }

    fn process(&mut self, batch: Vec<Job>) {
        let mut state = self.state.clone();
        let mut waiting = Vec::with_capacity(batch.len());
        for job in batch {
            if self.failed.load(Ordering::Acquire) {
                break; // dropping a job tells its client
            }
            // A panic is a mistake in a decision; it must cost one answer, not the registry.
            let Ok((changes, acknowledge)) = catch_unwind(AssertUnwindSafe(|| job(&state))) else {
                tracing::error!("a decision panicked; its request was answered with 500");
                continue;
            };
            let stored = if changes.is_empty() { Ok(()) } else { self.store.write(&changes) };
            if let Err(error) = stored {
                tracing::error!(%error, "a request could not be stored");
                acknowledge(Err(ApiError::store(&error)));
                continue;
            }
            for change in &changes {
                state.apply(change);
            }
            waiting.push(acknowledge);
        }
        match self.store.commit() {
            Ok(()) => {
                self.published.store(Arc::new(state.clone()));
                self.state = state;
                for acknowledge in waiting {
                    acknowledge(Ok(()));
                }
            }
            Err(error) => {
                // Whether the batch is on disk is unknown, and a second sync may report success for lost pages. So: stop writing.
                self.failed.store(true, Ordering::Release);
                tracing::error!(%error, "the store failed; the registry is read-only until it is restarted");
                for acknowledge in waiting {
                    acknowledge(Err(ApiError::store(&error)));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Counts commits; fails them, or slows them down, as told.
    #[derive(Default)]
    struct Told {
        commits: Mutex<Vec<usize>>,
        fail: AtomicBool,
        refuse: AtomicBool,
        slow: AtomicBool,
    }

    struct Double {
        told: Arc<Told>,
        open: usize,
    }

    fn broken() -> StoreError {
        StoreError::Failed { place: "the disk".into(), cause: "input/output error".into() }
    }

    impl Store for Double {
        fn load(&mut self, _apply: &mut dyn FnMut(Change)) -> Result<(), StoreError> {
            Ok(())
        }

        fn write(&mut self, _changes: &[Change]) -> Result<(), StoreError> {
            if self.told.refuse.swap(false, Ordering::SeqCst) {
                return Err(broken());
            }
            self.open += 1;
            Ok(())
        }

        fn commit(&mut self) -> Result<(), StoreError> {
            if self.told.slow.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            if self.told.fail.load(Ordering::SeqCst) {
                return Err(broken());
            }
            self.told.commits.lock().unwrap().push(std::mem::take(&mut self.open));
            Ok(())
        }

        fn close(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    fn start() -> (Arc<Told>, Arc<Started>) {
        let told = Arc::new(Told::default());
        let started = Writer::start(Box::new(Double { told: Arc::clone(&told), open: 0 })).unwrap();
        (told, Arc::new(started))
    }

    async fn set_mode(started: &Started, scope: &str) -> Result<(), ApiError> {
        let change = Change::Mode { scope: scope.into(), mode: Some("READONLY".into()) };
        started.writer.submit(move |_| Ok((vec![change], ()))).await
    }

    #[tokio::test]
    async fn a_failed_sync_is_told_to_the_client_and_ends_all_writing() {
        let (told, started) = start();
        set_mode(&started, "kept").await.unwrap();
        told.fail.store(true, Ordering::SeqCst);
        assert_eq!(set_mode(&started, "lost").await.unwrap_err().code, 50001);
        assert!(!started.writer.is_ready());
        told.fail.store(false, Ordering::SeqCst);
        assert_eq!(set_mode(&started, "later").await.unwrap_err().status, 503);
        let state = started.state.load();
        assert!(state.mode("kept").is_some() && state.mode("lost").is_none() && state.mode("later").is_none());
    }

    #[tokio::test]
    async fn a_request_that_cannot_be_written_fails_alone() {
        let (told, started) = start();
        told.refuse.store(true, Ordering::SeqCst);
        assert_eq!(set_mode(&started, "refused").await.unwrap_err().code, 50001);
        set_mode(&started, "next").await.unwrap();
        assert!(started.state.load().mode("refused").is_none());
        assert!(started.writer.is_ready());
    }

    #[tokio::test]
    async fn a_panic_in_a_decision_costs_one_answer() {
        let (_, started) = start();
        let answer: Result<(), _> = started.writer.submit(|_| panic!("a mistake")).await;
        assert_eq!(answer.unwrap_err().status, 500);
        set_mode(&started, "next").await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn those_who_wait_for_a_sync_share_the_next() {
        let (told, started) = start();
        told.slow.store(true, Ordering::SeqCst);
        let clients: Vec<_> = (0..33)
            .map(|n| {
                let started = Arc::clone(&started);
                tokio::spawn(async move { set_mode(&started, &format!("s{n}")).await })
            })
            .collect();
        for client in clients {
            client.await.unwrap().unwrap();
        }
        let commits = told.commits.lock().unwrap().clone();
        assert_eq!(commits.iter().sum::<usize>(), 33);
        assert!(commits.len() <= 5, "{commits:?}");
    }
}
