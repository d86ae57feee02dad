//! The one thread that changes things: decides, stores in batches, publishes, and only then acknowledges.
//!
//! A job looks at the newest state and says what shall change. All jobs that wait while a batch is being stored form the next
//! batch: one sync, or one round trip, for all of them. A job on its own is never held back. Jobs are short (no parsing, no
//! comparing) and may be run several times: when another process has appended meanwhile, the batch is decided anew.
//!
//! The thread also takes in what others append, and brings the store back after an error.

mod queue;
mod status;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) use self::queue::Writer;
use self::queue::{Acknowledge, Job, Message, Queue};
pub(crate) use self::status::{Health, Status};
use crate::audit::{self, Ring, Trail};
use crate::error::ApiError;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::registry::now;
use crate::state::State;
use crate::store::{AppendError, Appended, Batch, Change, Entry, Position, Store, StoreError, Tail};

/// The most jobs that share one sync.
const BATCH: usize = 64;

/// The longest that a batch waits for jobs that are likely on their way.
const LINGER: Duration = Duration::from_millis(1);

/// While a store is loaded: changes that are handed over at once, and how many such hands may wait.
const CHUNK: usize = 256;
const AHEAD: usize = 16;

/// How often a batch is decided before its clients are told to come again. After the first race the head is locked, so that
/// more than two only come of errors.
const ROUNDS: usize = 6;

/// How often a store that failed is asked whether it is back.
const RETRY: Duration = Duration::from_millis(250);

/// What a start gives.
pub(crate) struct Started {
    /// The way to the thread, which ends when this is dropped.
    pub(crate) writer: Writer,
    /// Where each batch is published.
    pub(crate) state: Arc<ArcSwap<State>>,
    /// The sequence number of what is published.
    pub(crate) applied: watch::Receiver<u64>,
    /// Where old records of the audit log are.
    pub(crate) trail: Arc<dyn Trail>,
    /// What was published, for those who follow.
    pub(crate) feed: Arc<Feed>,
    /// Done when the store is closed.
    pub(crate) thread: JoinHandle<()>,
}

/// Loads the store into an empty state and starts the thread.
pub(crate) fn start(mut store: Box<dyn Store>, empty: State, metrics: Arc<Metrics>) -> Result<Started, StoreError> {
    let state = load(&mut *store, empty)?;
    let published = Arc::new(ArcSwap::from_pointee(state.clone()));
    let (sender, applied) = watch::channel(state.position.sequence);
    let status = Arc::new(Status::new(&*store));
    let (writer, queue) = queue::channel(Arc::clone(&status), &*store);
    store.watch(writer.wake())?;
    let (trail, ring) = match store.trail() {
        Some(trail) => (trail, None),
        None => {
            let ring = Arc::<Ring>::default();
            (Arc::clone(&ring) as Arc<dyn Trail>, Some(ring))
        }
    };
    let feed = Arc::new(Feed::new(&state));
    let thread = Thread {
        queue,
        store,
        state,
        published: Arc::clone(&published),
        applied: sender,
        feed: Arc::clone(&feed),
        status,
        lock_first: false,
        metrics,
        ring,
    };
    let handle = std::thread::Builder::new()
        .name("registry-writer".into())
        .spawn(move || thread.run())
        .map_err(|cause| StoreError::Failed { place: "the writer thread".into(), cause: cause.to_string() })?;
    Ok(Started { writer, state: published, applied, trail, feed, thread: handle })
}

/// Loads everything into an empty state. Reading and verifying are the store's; taking in, which costs as much, goes on beside it.
fn load(store: &mut dyn Store, mut state: State) -> Result<State, StoreError> {
    let (sender, receiver) = sync_channel::<Vec<Change>>(AHEAD);
    std::thread::scope(|scope| {
        let taking_in = scope.spawn(move || {
            receiver.iter().flatten().for_each(|change| state.apply(&change));
            state
        });
        let mut some = Vec::with_capacity(CHUNK);
        // A send fails only when the other side panicked, which the join tells.
        let loaded = store.load(&mut |change| {
            some.push(change);
            if some.len() == CHUNK {
                let _ = sender.send(std::mem::replace(&mut some, Vec::with_capacity(CHUNK)));
            }
        });
        let _ = sender.send(some);
        drop(sender);
        let mut state = taking_in.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        state.position = loaded?;
        Ok(state)
    })
}

struct Thread {
    queue: Queue,
    store: Box<dyn Store>,
    /// What is durable and applied.
    state: State,
    published: Arc<ArcSwap<State>>,
    applied: watch::Sender<u64>,
    feed: Arc<Feed>,
    status: Arc<Status>,
    /// Others write as well: the last batch lost a race, so the next one takes the lock before it is decided.
    lock_first: bool,
    metrics: Arc<Metrics>,
    /// Where records of the audit log go when the store does not keep them.
    ring: Option<Arc<Ring>>,
}

/// Jobs that are stored together, and what was tried with them.
struct Group {
    jobs: Vec<Job>,
    /// Batches whose result is not known, with what to tell should they turn up in the log.
    unknown: Vec<(Uuid, Vec<Acknowledge>)>,
}

/// What came of one round.
enum Round {
    /// Everybody has an answer.
    Answered,
    /// The state is newer now: decide again.
    Again,
    /// The store forbids the batch: why, and what to tell whoever is at fault.
    Rejected(String, ApiError),
    /// Another process is the one that writes.
    Standby,
    /// The store failed.
    Failed(StoreError),
}

impl Round {
    fn not_appended(error: AppendError) -> Self {
        match error {
            AppendError::Rejected(why) => Self::Rejected(why, ApiError::rejected()),
            AppendError::Kept(why) => Self::Rejected(why.clone(), ApiError::not_permitted(why)),
            AppendError::TooLarge(why) => Self::Rejected(why, ApiError::schema_too_large()),
            AppendError::Standby => Self::Standby,
            AppendError::Failed(error) => Self::Failed(error),
        }
    }
}

/// What a batch came to, against a state.
struct Decided {
    state: State,
    requests: Vec<Arc<[Change]>>,
    acknowledge: Vec<Acknowledge>,
}

impl Thread {
    fn run(mut self) {
        let mut expected = 1;
        let mut tried = Instant::now();
        loop {
            let down = self.status.is_down();
            let wait = if down { Some(RETRY) } else { self.store.poll() };
            match self.queue.next(wait) {
                Ok(Message::Job(job)) if down => job.refuse(ApiError::store_away()),
                Ok(Message::Job(first)) => {
                    let jobs = self.queue.gather(first, BATCH, expected, LINGER);
                    expected = jobs.len();
                    self.process(jobs);
                    if self.queue.was_woken() {
                        self.catch_up();
                    }
                    continue;
                }
                Ok(Message::Wake) | Err(RecvTimeoutError::Timeout) if !down => self.catch_up(),
                Ok(Message::Wake) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if down && tried.elapsed() >= RETRY {
                self.catch_up();
                tried = Instant::now();
            }
        }
        if !self.status.is_down()
            && let Err(error) = self.store.close()
        {
            tracing::warn!(%error, "the store could not be tidied up; nothing is lost, the next start takes a little longer");
        }
    }

    /// Stores what the jobs decide, whatever it takes, and answers them.
    fn process(&mut self, mut jobs: Vec<Job>) {
        // Who was told to come again while the store did not answer does.
        jobs.retain(Job::is_wanted);
        if jobs.is_empty() {
            return;
        }
        let mut group = Group { jobs, unknown: Vec::new() };
        for _ in 0..ROUNDS {
            match self.round(&mut group) {
                Round::Answered => return,
                Round::Again => {}
                Round::Rejected(why, told) => return self.process_alone(group.jobs, &why, told),
                Round::Standby => {
                    self.status.rise(&*self.store);
                    break;
                }
                Round::Failed(error) => {
                    self.status.fall(&error);
                    if !self.wait_for_store(&mut group) {
                        break;
                    }
                }
            }
        }
        let error = match self.status.standby() {
            _ if self.status.is_down() => ApiError::store_away(),
            Some(why) => ApiError::standby(&why),
            None => ApiError::contended(),
        };
        for job in group.jobs {
            job.refuse(error.clone());
        }
    }

    /// One of several requests is at fault: each gets its own batch.
    fn process_alone(&mut self, mut jobs: Vec<Job>, why: &str, told: ApiError) {
        if jobs.len() > 1 {
            for job in jobs {
                self.process(vec![job]);
            }
            return;
        }
        if told.status < 500 {
            tracing::info!(%why, "a request was refused by the store");
        } else {
            tracing::error!(%why, "a request could not be stored");
        }
        if let Some(job) = jobs.pop() {
            job.refuse(told);
        }
    }

    /// Decides the jobs on the newest state that is known and tries to append what they say.
    fn round(&mut self, group: &mut Group) -> Round {
        if self.lock_first {
            match self.store.lock(self.state.position) {
                Ok(Tail::Entries(entries)) if entries.is_empty() => self.lock_first = false, // nobody was faster: try without
                Ok(tail) => match self.take_in(tail) {
                    Ok(batches) if group.is_among(&batches) => {
                        self.store.unlock();
                        return Round::Answered;
                    }
                    Ok(_) => {}
                    Err(error) => return Round::Failed(error),
                },
                Err(error) => return Round::not_appended(error),
            }
        }
        let Decided { state, requests, acknowledge } = self.decide(&group.jobs);
        if requests.is_empty() {
            self.store.unlock();
            acknowledge_all(acknowledge);
            return Round::Answered;
        }
        let batch = Batch { id: Uuid::now_v7(), after: self.state.position, requests };
        let begun = Instant::now();
        match self.store.append(&batch) {
            Ok(Appended::Stored(sequence)) => {
                self.metrics.committed(batch.requests.len(), begun.elapsed());
                self.metrics.caught_up();
                self.state = state;
                if let Some(ring) = &self.ring {
                    ring.note(batch.requests.iter().flat_map(|request| request.iter()));
                }
                self.publish(Position { sequence, batch: batch.id }, |feed, _| feed.push(entries(&batch, sequence)));
                acknowledge_all(acknowledge);
                Round::Answered
            }
            Ok(Appended::Behind(tail)) => {
                self.lock_first = true;
                match self.take_in(tail) {
                    Ok(batches) if group.is_among(&batches) => Round::Answered,
                    Ok(_) => Round::Again,
                    Err(error) => Round::Failed(error),
                }
            }
            Err(error) => {
                if matches!(error, AppendError::Failed(_)) {
                    self.metrics.commit_failed();
                    group.unknown.push((batch.id, acknowledge));
                }
                Round::not_appended(error)
            }
        }
    }

    /// Runs the jobs one after the other, each on what the ones before it made of the state.
    fn decide(&self, jobs: &[Job]) -> Decided {
        let mut decided =
            Decided { state: self.state.clone(), requests: Vec::new(), acknowledge: Vec::with_capacity(jobs.len()) };
        for job in jobs {
            // A panic is a mistake in a decision; it must cost one answer, not the registry.
            let Ok((mut changes, acknowledge)) = catch_unwind(AssertUnwindSafe(|| (job.decide)(&decided.state))) else {
                tracing::error!("a decision panicked; its request was answered with 500");
                continue;
            };
            if !changes.is_empty() {
                changes.push(audit::apply(&mut decided.state, &changes, &job.actor, now()));
                decided.requests.push(changes.into());
            }
            decided.acknowledge.push(acknowledge);
        }
        decided
    }

    /// Tries to bring the store back while the jobs can wait. `false` when they have to be refused; they are answered already when
    /// one of their batches is found in the log, and the group is then empty.
    fn wait_for_store(&mut self, group: &mut Group) -> bool {
        let until = Instant::now() + self.store.patience();
        loop {
            match self.try_catch_up() {
                Ok(batches) => {
                    self.status.rise(&*self.store);
                    if group.is_among(&batches) {
                        group.jobs.clear();
                    }
                    return true;
                }
                Err(error) => self.status.fall(&error),
            }
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Takes in what others have appended; after an error, brings the store back.
    fn catch_up(&mut self) {
        match self.try_catch_up() {
            Ok(_) => self.status.rise(&*self.store),
            Err(error) => self.status.fall(&error),
        }
    }

    fn try_catch_up(&mut self) -> Result<Vec<Uuid>, StoreError> {
        let tail = self.store.catch_up(self.state.position)?;
        let batches = self.take_in(tail)?;
        self.metrics.caught_up();
        Ok(batches)
    }

    /// Applies and publishes what others have appended (or what we have, without knowing). Gives the batches that were seen.
    fn take_in(&mut self, tail: Tail) -> Result<Vec<Uuid>, StoreError> {
        let entries = match tail {
            Tail::Entries(entries) => entries,
            Tail::Reload => {
                self.state = load(&mut *self.store, self.state.emptied())?;
                self.publish(self.state.position, Feed::restart);
                return Ok(Vec::new());
            }
        };
        let mut batches: Vec<Uuid> = Vec::new();
        let Some(last) = entries.last().map(|entry: &Entry| entry.position) else {
            return Ok(batches);
        };
        for Entry { position, changes } in &entries {
            changes.iter().for_each(|change| self.state.apply(change));
            if batches.last() != Some(&position.batch) {
                batches.push(position.batch);
            }
        }
        self.publish(last, |feed, _| feed.push(entries));
        Ok(batches)
    }

    /// Shows the state to readers, then to those who follow, so that they find in it what they are told of.
    fn publish(&mut self, position: Position, feed: impl FnOnce(&Feed, &State)) {
        self.state.position = position;
        self.published.store(Arc::new(self.state.clone()));
        feed(&self.feed, &self.state);
        self.applied.send_replace(position.sequence);
    }
}

/// What a batch has become in the log, whose last entry has this number.
fn entries(batch: &Batch, last: u64) -> Vec<Entry> {
    let first = (last + 1).saturating_sub(batch.requests.len() as u64);
    let positions = (first..).map(|sequence| Position { sequence, batch: batch.id });
    positions.zip(&batch.requests).map(|(position, changes)| Entry { position, changes: Arc::clone(changes) }).collect()
}

/// Tells clients that their batch is stored.
fn acknowledge_all(waiting: Vec<Acknowledge>) {
    for acknowledge in waiting {
        acknowledge(Ok(()));
    }
}

impl Group {
    /// Whether one of our batches is there after all; then its clients are told.
    fn is_among(&mut self, batches: &[Uuid]) -> bool {
        let Some(index) = self.unknown.iter().position(|(id, _)| batches.contains(id)) else {
            return false;
        };
        let (_, acknowledge) = self.unknown.swap_remove(index);
        acknowledge_all(acknowledge);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Counts commits; fails them, or slows them down, as told.
    #[derive(Default)]
    struct Told {
        commits: Mutex<Vec<usize>>,
        fail: AtomicBool,
        refuse: AtomicBool,
        slow: AtomicBool,
        lost_answer: AtomicBool,
        foreign: Mutex<Option<Vec<Entry>>>,
    }

    struct Double {
        told: Arc<Told>,
        unseen: Vec<Entry>,
    }

    fn broken() -> StoreError {
        StoreError::Failed { place: "the disk".into(), cause: "input/output error".into() }
    }

    impl Store for Double {
        fn load(&mut self, _apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError> {
            Ok(Position::default())
        }

        fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
            if self.told.refuse.load(Ordering::SeqCst)
                && batch.requests.iter().any(|r| matches!(&r[0], Change::Mode { scope, .. } if &**scope == "refused"))
            {
                return Err(AppendError::Rejected("a guard".into()));
            }
            if self.told.slow.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(20));
            }
            if self.told.fail.load(Ordering::SeqCst) {
                return Err(AppendError::Failed(broken()));
            }
            if let Some(tail) = self.told.foreign.lock().unwrap().take() {
                return Ok(Appended::Behind(Tail::Entries(tail)));
            }
            if self.told.lost_answer.swap(false, Ordering::SeqCst) {
                let entry = |(n, changes): (usize, &Arc<[Change]>)| Entry {
                    position: Position { sequence: batch.after.sequence + 1 + n as u64, batch: batch.id },
                    changes: Arc::clone(changes),
                };
                self.unseen = batch.requests.iter().enumerate().map(entry).collect();
                return Err(AppendError::Failed(broken()));
            }
            self.told.commits.lock().unwrap().push(batch.requests.len());
            Ok(Appended::Stored(batch.after.sequence + batch.requests.len() as u64))
        }

        fn catch_up(&mut self, _after: Position) -> Result<Tail, StoreError> {
            if self.told.fail.load(Ordering::SeqCst) {
                Err(broken())
            } else {
                Ok(Tail::Entries(std::mem::take(&mut self.unseen)))
            }
        }

        fn close(&mut self) -> Result<(), StoreError> {
            Ok(())
        }
    }

    fn start() -> (Arc<Told>, Arc<Started>) {
        let told = Arc::new(Told::default());
        let store = Box::new(Double { told: Arc::clone(&told), unseen: Vec::new() });
        let started = super::start(store, State::default(), Metrics::new()).unwrap();
        (told, Arc::new(started))
    }

    async fn set_mode(started: &Started, scope: &str) -> Result<(), ApiError> {
        let change = Change::Mode { scope: scope.into(), mode: Some("READONLY".into()) };
        started.writer.submit(move |_| Ok((vec![change.clone()], ()))).await
    }

    #[tokio::test]
    async fn a_store_that_failed_is_not_written_until_it_is_back() {
        let (told, started) = start();
        set_mode(&started, "kept").await.unwrap();
        told.fail.store(true, Ordering::SeqCst);
        assert_eq!(set_mode(&started, "lost").await.unwrap_err().status, 503);
        assert!(started.writer.health().down.is_some());
        assert_eq!(set_mode(&started, "later").await.unwrap_err().status, 503);
        let state = started.state.load();
        assert!(state.mode("kept").is_some() && state.mode("lost").is_none() && state.mode("later").is_none());
        told.fail.store(false, Ordering::SeqCst);
        while started.writer.health().down.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        set_mode(&started, "again").await.unwrap();
        assert_eq!(started.state.load().position.sequence, 2);
    }

    #[tokio::test]
    async fn a_batch_whose_answer_was_lost_is_found_in_the_log_and_acknowledged_once() {
        let (told, started) = start();
        told.lost_answer.store(true, Ordering::SeqCst);
        set_mode(&started, "s").await.unwrap();
        assert_eq!(started.state.load().position.sequence, 1);
        assert!(told.commits.lock().unwrap().is_empty(), "it was stored twice");
    }

    #[tokio::test]
    async fn a_batch_that_lost_a_race_is_decided_anew() {
        let (told, started) = start();
        let position = Position { sequence: 1, batch: Uuid::now_v7() };
        let theirs = Change::Mode { scope: "s".into(), mode: Some("IMPORT".into()) };
        *told.foreign.lock().unwrap() = Some(vec![Entry { position, changes: [theirs].into() }]);
        let seen = started.writer.submit(|state| {
            let change = Change::Mode { scope: "other".into(), mode: Some("READONLY".into()) };
            Ok((vec![change], state.mode("s").map(ToString::to_string)))
        });
        assert_eq!(seen.await.unwrap().as_deref(), Some("IMPORT"));
        let state = started.state.load();
        assert!(state.position.sequence == 2 && state.mode("s").is_some() && state.mode("other").is_some());
    }

    #[tokio::test]
    async fn a_request_that_a_guard_of_the_store_forbids_fails_alone() {
        let (told, started) = start();
        told.refuse.store(true, Ordering::SeqCst);
        told.slow.store(true, Ordering::SeqCst);
        let (refused, other) = tokio::join!(set_mode(&started, "refused"), set_mode(&started, "other"));
        assert_eq!(refused.unwrap_err().code, 50001);
        other.unwrap();
        assert!(started.state.load().mode("refused").is_none());
        assert!(started.writer.health().down.is_none());
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
