//! Who reads and compares when: on a bounded number of threads, and so that no schema keeps the others waiting.
//!
//! How long a job takes cannot be told from its text: three kilobytes of JSON Schema may take as long as anybody lets them. A job
//! whose texts are not long begins in the **quick lane**, and has a share of time there that does for all but the unusual. If that is
//! over before the job is done, the job is stopped and begins again in the **slow lane**; with long texts it begins there at once. Each
//! lane has a thread for every core. So whatever fills the slow lane, a small schema gets a thread after a few shares, and the
//! system divides the cores among the threads of both.
//!
//! A job begins again, instead of being carried on, because nothing can be taken away from a thread, and because what is half
//! compared would hold its memory while it waits. What is lost by it is less than a share.
//!
//! The more jobs wait for the quick lane, the shorter is the share: also when hundreds of clients send what takes long, all of them have
//! had their turn within a second or two and are in the slow lane, where they wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eventpact_contract::deadline;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::deadline::JOB_TIME;
use crate::error::ApiError;

/// The longest texts of a job that may begin in the quick lane, in bytes: they are read within some milliseconds, and reading is not
/// stopped.
const LIGHT: usize = 64 * 1024;

/// The time of a job in the quick lane.
const SHARE: Duration = Duration::from_millis(250);

/// The same when many wait: still more than ten times of what an ordinary schema takes.
const LEAST: Duration = Duration::from_millis(25);

/// The shares of all that wait for the quick lane come to this together, as long as none is shorter than [`LEAST`].
const TOGETHER: Duration = Duration::from_millis(800);

/// Requests that may wait in each lane; more are told to come back later.
const MAX_WAITING: usize = 512;

/// The two lanes.
pub(super) struct Workers {
    quick: Lane,
    slow: Lane,
}

/// So many threads, and those who wait for one, first come, first served.
struct Lane {
    threads: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// What came of a job in its time.
enum Outcome<T, J> {
    Done(Result<T, ApiError>),
    /// The time was over.
    Stopped(J),
}

impl Workers {
    /// A thread of each lane for every core; two at least, for somebody who waits for a disk.
    pub(super) fn new() -> Self {
        Self::with(std::thread::available_parallelism().map_or(2, std::num::NonZero::get).max(2))
    }

    fn with(threads: usize) -> Self {
        Self { quick: Lane::new(threads), slow: Lane::new(threads) }
    }

    /// `true` while nobody more can wait for a thread of the quick lane.
    pub(super) fn is_busy(&self) -> bool {
        self.quick.waiting.load(Ordering::Relaxed) >= MAX_WAITING
    }

    /// Runs a job that is certain to be short where it is called. If it is not short after all, it goes to the slow lane.
    pub(super) async fn at_once<T, J>(&self, job: J) -> Result<T, ApiError>
    where
        T: Send + 'static,
        J: Fn() -> Result<T, ApiError> + Send + 'static,
    {
        match attempt(SHARE, job) {
            Outcome::Done(done) => done,
            Outcome::Stopped(job) => self.slowly(Instant::now(), job).await,
        }
    }

    /// Runs a job whose texts have this length on a thread for such. It may be run twice. A panic in it is a refusal, not the end.
    pub(super) async fn run<T, J>(&self, bytes: usize, mut job: J) -> Result<T, ApiError>
    where
        T: Send + 'static,
        J: Fn() -> Result<T, ApiError> + Send + 'static,
    {
        let begun = Instant::now();
        if bytes <= LIGHT {
            let thread = self.quick.turn().await?;
            let share = share(self.quick.waiting.load(Ordering::Relaxed));
            match on(thread, share, job).await? {
                Outcome::Done(done) => return done,
                Outcome::Stopped(again) => job = again,
            }
        }
        self.slowly(begun, job).await
    }

    /// Runs a job in the slow lane, so that its answer is there [`JOB_TIME`] after it began.
    async fn slowly<T, J>(&self, begun: Instant, job: J) -> Result<T, ApiError>
    where
        T: Send + 'static,
        J: Fn() -> Result<T, ApiError> + Send + 'static,
    {
        let left = || JOB_TIME.saturating_sub(begun.elapsed());
        let thread = tokio::time::timeout(left(), self.slow.turn()).await.map_err(|_| ApiError::busy())??;
        let left = left();
        match on(thread, left, job).await? {
            Outcome::Done(done) => done,
            Outcome::Stopped(_) if left < JOB_TIME / 2 => Err(ApiError::busy()),
            Outcome::Stopped(_) => Err(ApiError::too_much()),
        }
    }
}

impl Lane {
    fn new(threads: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(threads)), waiting: AtomicUsize::new(0) }
    }

    /// A thread. Under overload those who wait would wait in vain: better to say so at once, and to answer the others in time.
    async fn turn(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        let _waiting = Waiting::new(&self.waiting).ok_or_else(ApiError::busy)?;
        Arc::clone(&self.threads).acquire_owned().await.map_err(|_| ApiError::internal())
    }
}

/// The time of a job in the quick lane while so many wait for it.
fn share(waiting: usize) -> Duration {
    let waiting = u32::try_from(waiting).unwrap_or(u32::MAX).max(1);
    (TOGETHER / waiting).clamp(LEAST, SHARE)
}

fn attempt<T, J: Fn() -> Result<T, ApiError>>(time: Duration, job: J) -> Outcome<T, J> {
    let (done, stopped) = deadline::within(time, &job);
    if stopped { Outcome::Stopped(job) } else { Outcome::Done(done) }
}

/// The same on a blocking thread. The permit goes with the job: a request that is given up does not make room before its thread is free.
async fn on<T, J>(thread: OwnedSemaphorePermit, time: Duration, job: J) -> Result<Outcome<T, J>, ApiError>
where
    T: Send + 'static,
    J: Fn() -> Result<T, ApiError> + Send + 'static,
{
    let job = move || {
        let _thread = thread;
        attempt(time, job)
    };
    tokio::task::spawn_blocking(job).await.map_err(|error| {
        tracing::error!(%error, "reading or comparing schemas panicked");
        ApiError::internal()
    })
}

/// A place in the queue for a thread, given back however the waiting ends.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Option<Self> {
        let place = Self(count);
        (count.fetch_add(1, Ordering::Relaxed) < MAX_WAITING).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// A job that goes on until it is told to stop.
    fn endless(enough: &Arc<AtomicBool>) -> impl Fn() -> Result<(), ApiError> + Send + 'static {
        let enough = Arc::clone(enough);
        move || {
            while !enough.load(Ordering::Relaxed) && !deadline::is_over_now() {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_job_that_is_not_done_in_its_share_begins_again() {
        let workers = Workers::with(1);
        for at_once in [true, false] {
            let times = Arc::new(AtomicUsize::new(0));
            let seen = Arc::clone(&times);
            let job = move || {
                let first = seen.fetch_add(1, Ordering::Relaxed) == 0;
                while first && !deadline::is_over_now() {}
                Ok(7)
            };
            let done = if at_once { workers.at_once(job).await } else { workers.run(0, job).await };
            assert_eq!((done.ok(), times.load(Ordering::Relaxed)), (Some(7), 2));
        }
        assert!(workers.run(0, || Err::<(), _>(ApiError::too_much())).await.is_err(), "an answer is an answer");
    }

    #[tokio::test]
    async fn whatever_takes_long_the_small_ones_get_their_turn() {
        let workers = Arc::new(Workers::with(2));
        let enough = Arc::new(AtomicBool::new(false));
        let mut hostile = tokio::task::JoinSet::new();
        for n in 0..40 {
            let (workers, job) = (Arc::clone(&workers), endless(&enough));
            hostile.spawn(async move { workers.run(if n % 2 == 0 { 0 } else { LIGHT + 1 }, job).await });
        }
        tokio::task::yield_now().await;
        for _ in 0..20 {
            let asked = tokio::time::timeout(JOB_TIME / 2, workers.run(LIGHT, || Ok(1)));
            assert_eq!(asked.await.expect("a turn").ok(), Some(1));
        }
        enough.store(true, Ordering::Relaxed);
        while let Some(ended) = hostile.join_next().await {
            assert!(ended.unwrap().is_ok(), "they are done when they may be");
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_refusal_and_the_thread_is_free_again() {
        let workers = Workers::with(1);
        for bytes in [0, LIGHT + 1] {
            let panics = move || if bytes == usize::MAX { Ok(()) } else { panic!("a mistake of ours") };
            assert_eq!(workers.run(bytes, panics).await.unwrap_err(), ApiError::internal());
            assert_eq!(workers.run(bytes, || Ok(1)).await.ok(), Some(1));
        }
    }

    #[test]
    fn the_more_wait_the_shorter_is_the_share() {
        let shares = [0, 1, 3, 8, 16, 64, 512, usize::MAX].map(|waiting| share(waiting).as_millis());
        assert_eq!(shares, [250, 250, 250, 100, 50, 25, 25, 25]);
    }
}
