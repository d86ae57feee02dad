//! Consuming: from deliveries to handled, retried, dead-lettered and settled messages.
//!
//! [`run()`] is the whole of it: fetch a batch, spread it over lanes by key, let the handler run, settle what is done, flush the
//! settlements now and then. Order of the parts is fixed: decode, handle, retry, dead-letter, settle. A message is settled when
//! its handler has accepted it or its dead letter is confirmed, and for no other reason.
//!
//! All lanes of one consumer run in the task that polls [`run()`]: handlers that wait overlap, handlers that compute do not.
//! To use more cores, run several consumers of one group, or `spawn_blocking` in the handler.

mod lanes;
mod process;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::inbound::SchemaFacts;
use crate::policy::dead_letter::DeadLetterQueue;
use crate::policy::retry::RetryPolicy;
use crate::telemetry::{Snapshot, Telemetry};
use crate::transport::{ConnectError, Delivery, RecvError, StartAt, Subscription, Transport};

pub use run::run;

/// Hands a delivery to whoever handles it. Generated code implements it: identify, decode, call the handler.
pub trait Dispatch: Send + Sync {
    /// Handles one delivery; `attempt` is the number of the try, from 1. Called again with the same delivery for each try.
    ///
    /// A panic of the returned future is caught and treated as a failure of class [`crate::failure::ErrorClass::Panic`].
    fn dispatch(&self, delivery: &Delivery, attempt: u32) -> impl Future<Output = Outcome> + Send;

    /// The name of the handler, for dead letters.
    fn name(&self) -> &str;

    /// What is known about the schemas of a delivery, for dead letters.
    fn facts(&self, delivery: &Delivery) -> SchemaFacts {
        let _ = delivery;
        SchemaFacts::default()
    }
}

/// How a consumer works.
///
/// ```
/// use eventpact_runtime::consumer::ConsumerConfig;
/// let config = ConsumerConfig { dead_letter: Some("orders.dlq".into()), ..ConsumerConfig::new("fulfilment") };
/// ```
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// The consumer group.
    pub group: Arc<str>,
    /// Where a new group begins.
    pub start: StartAt,
    /// Which messages wait for each other.
    pub ordering: Ordering,
    /// Messages that are handled at the same time, at most. Handlers of one lane run one after the other.
    pub lanes: usize,
    /// Messages that are fetched and not settled, at most.
    pub max_in_flight: usize,
    /// How far a partition may run ahead of its first unsettled message; bounds the duplicates after a crash.
    pub window: usize,
    /// When a message is tried again.
    pub retry: RetryPolicy,
    /// The topic of the dead-letter queue. Without one the consumer stops with an error at the first message that cannot be
    /// handled, because it may neither drop the message nor go past it.
    pub dead_letter: Option<Arc<str>>,
    /// How often settlements are made known to the broker.
    pub flush_interval: Duration,
    /// How long a stop may take.
    pub stop_within: Duration,
    /// The version of the application, for dead letters.
    pub app_version: Option<String>,
    /// The counters.
    pub telemetry: Telemetry,
    /// Makes the jitter of retries repeatable; for tests.
    pub jitter_seed: Option<u64>,
}

impl ConsumerConfig {
    /// A consumer of `group`: from the earliest message, order by key, 16 lanes, 1024 messages in flight, a window of 10 000,
    /// the default retry policy, no dead-letter queue, a flush every second, 30 s to stop.
    pub fn new(group: impl Into<Arc<str>>) -> Self {
        Self {
            group: group.into(),
            start: StartAt::Earliest,
            ordering: Ordering::Key,
            lanes: 16,
            max_in_flight: 1024,
            window: 10_000,
            retry: RetryPolicy::default(),
            dead_letter: None,
            flush_interval: Duration::from_secs(1),
            stop_within: Duration::from_secs(30),
            app_version: None,
            telemetry: Telemetry::default(),
            jitter_seed: None,
        }
    }
}

/// Which messages are handled one after the other. A message that is tried again holds up those that wait for it, and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// All messages of a partition.
    Partition,
    /// Messages with the same key; those without a key, by partition.
    Key,
    /// None: any two messages may be handled at the same time.
    None,
}

/// What a consumer did, when it has stopped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunReport {
    /// The counts of this run.
    pub counts: Snapshot,
    /// True when everything that was in flight could be finished and settled before the end.
    pub clean: bool,
}

/// The consumer could not go on. What was done until then is settled and in the report.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct RunError {
    /// Why.
    #[source]
    pub cause: Box<StopCause>,
    /// What was done until then.
    pub report: RunReport,
}

/// Why a consumer stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum StopCause {
    /// It could not begin.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It could not receive or settle any more.
    #[error(transparent)]
    Receive(#[from] RecvError),
    /// A message could not be handled, and there is no dead-letter queue to put it into. It stays unsettled.
    #[error(
        "the message at {topic}/{partition}/{offset} cannot be handled after {attempts} tries ({failure}), and no dead-letter \
         queue is configured: name one (`ConsumerConfig::dead_letter`, `x-dead-letter` in the contract) or make the handler \
         accept the message; it has not been settled and comes again"
    )]
    NoDeadLetterQueue {
        /// Where it was read from.
        topic: Arc<str>,
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// How often it was tried.
        attempts: u32,
        /// Why it failed last.
        failure: Failure,
    },
}

/// Subscribes to `topic`, opens the dead-letter queue when there is one, and runs until `stop` resolves.
///
/// `stop` may be [`crate::shutdown::Shutdown::stopped`], [`crate::shutdown::signals`] or any future.
pub async fn consume<T, D>(
    transport: &T,
    topic: impl Into<Arc<str>>,
    dispatch: D,
    config: &ConsumerConfig,
    stop: impl Future<Output = ()> + Send,
) -> Result<RunReport, RunError>
where
    T: Transport,
    D: Dispatch,
{
    let unable = |error: ConnectError| RunError { cause: Box::new(error.into()), report: RunReport::default() };
    let subscription =
        Subscription { topics: vec![topic.into()], group: Arc::clone(&config.group), start: config.start, window: config.window };
    let dead_letters = match &config.dead_letter {
        Some(topic) => {
            let producer = Arc::new(transport.producer().await.map_err(unable)?);
            Some(DeadLetterQueue::new(producer, Arc::clone(topic)))
        }
        None => None,
    };
    let consumer = transport.consumer(&subscription).await.map_err(unable)?;
    run(consumer, dead_letters, dispatch, config, stop).await
}
