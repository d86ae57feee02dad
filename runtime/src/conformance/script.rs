//! Handlers that do as they are told, and remember what they saw.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{Fixture, Violation};
use crate::confirm::Batch;
use crate::consumer::{ConsumerConfig, Dispatch, RunError, RunReport, consume};
use crate::failure::{ErrorClass, Failure, Outcome};
use crate::message::Record;
use crate::policy::retry::{Backoff, Jitter, RetryPolicy};
use crate::transport::{Delivery, Full, Producer, Transport};

/// How long anything may take before it counts as stuck.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// What a handler is told to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Accept,
    Fail,
    Undecodable,
    Panic,
    AcceptAfter(Duration),
    Hang,
}

/// A try that a handler saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) body: String,
    pub(super) key: Option<String>,
    pub(super) attempt: u32,
    /// It was accepted, not only begun.
    pub(super) accepted: bool,
}

/// From the body and the number of the try to what is done.
type Plan = dyn Fn(&str, u32) -> Act + Send + Sync;

/// A handler with a script. Clones share what they saw.
#[derive(Clone)]
pub(super) struct Script {
    act: Arc<Plan>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Script {
    pub(super) fn new(act: impl Fn(&str, u32) -> Act + Send + Sync + 'static) -> Self {
        Self { act: Arc::new(act), seen: Arc::default() }
    }

    pub(super) fn accepting() -> Self {
        Self::new(|_, _| Act::Accept)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often each body was accepted.
    pub(super) fn accepted(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for seen in self.seen().into_iter().filter(|seen| seen.accepted) {
            *counts.entry(seen.body).or_default() += 1;
        }
        counts
    }

    /// The attempts at one body, in order.
    pub(super) fn attempts(&self, body: &str) -> Vec<u32> {
        self.seen().into_iter().filter(|seen| seen.body == body).map(|seen| seen.attempt).collect()
    }

    fn note(&self, delivery: &Delivery, attempt: u32) -> usize {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let key = delivery.record.key.as_deref().map(text);
        seen.push(Seen { body: body(delivery), key, attempt, accepted: false });
        seen.len() - 1
    }

    fn accept(&self, index: usize) -> Outcome {
        if let Some(seen) = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
            seen.accepted = true;
        }
        Outcome::Ack
    }
}

pub(super) fn body(delivery: &Delivery) -> String {
    delivery.record.value.as_deref().map(text).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Dispatch for Script {
    async fn dispatch(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        let index = self.note(delivery, attempt);
        match (self.act)(&body(delivery), attempt) {
            Act::Accept => self.accept(index),
            Act::Fail => Outcome::Failed(Failure::transient("told to fail")),
            Act::Undecodable => Outcome::Failed(Failure::new(ErrorClass::Decode, "told not to decode")),
            Act::Panic => panic!("told to panic"),
            Act::AcceptAfter(wait) => {
                tokio::time::sleep(wait).await;
                self.accept(index)
            }
            Act::Hang => std::future::pending().await,
        }
    }

    fn name(&self) -> &'static str {
        "conformance::Script"
    }
}

/// A name that no other case, and no earlier run, has used.
pub(super) fn fresh(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let run = crate::types::TimestampMillis::now().0;
    format!("eventpact-conformance-{name}-{run}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Makes a topic of its own.
pub(super) async fn topic<F: Fixture>(fixture: &F, name: &str, partitions: usize) -> Result<Arc<str>, Violation> {
    let name = fresh(name);
    fixture.create_topic(&name, partitions).await.map_err(|error| Violation(format!("cannot make {name}: {error}")))?;
    Ok(name.into())
}

/// A quick consumer of a group of its own: short waits, no jitter.
pub(super) fn config(group: &str) -> ConsumerConfig {
    ConsumerConfig {
        retry: RetryPolicy {
            max_attempts: 3,
            backoff: Backoff::Fixed { delay: Duration::from_millis(20) },
            jitter: Jitter::None,
            max_elapsed: None,
        },
        flush_interval: Duration::from_millis(50),
        stop_within: Duration::from_secs(20),
        ..ConsumerConfig::new(group)
    }
}

/// Sends records and waits for all confirmations.
pub(super) async fn send<P: Producer>(producer: &P, records: impl IntoIterator<Item = Record> + Send) -> Result<(), Violation> {
    let records: Vec<Record> = records.into_iter().collect();
    let mut batch = Batch::new();
    for record in &records {
        while let Err(Full(back)) = producer.enqueue(record.as_ref(), batch.completion()) {
            batch.take_back(back);
            patiently("room in the producer's buffer", producer.ready()).await?;
        }
    }
    let report = patiently("confirmations", batch.wait()).await?;
    match report.into_result() {
        Ok(_) => Ok(()),
        Err((index, error)) => Err(Violation(format!("record {index} was not confirmed: {error}"))),
    }
}

pub(super) async fn producer<F: Fixture>(fixture: &F) -> Result<<F::Transport as Transport>::Producer, Violation> {
    fixture.transport().producer().await.map_err(|error| Violation(format!("no producer: {error}")))
}

/// `count` records with the bodies `0`, `1`, …, spread over `keys` keys.
pub(super) fn numbered(topic: &Arc<str>, count: usize, keys: usize) -> Vec<Record> {
    let record = |number: usize| Record {
        key: Some(Bytes::from(format!("key-{}", number % keys))),
        ..Record::new(Arc::clone(topic), number.to_string())
    };
    (0..count).map(record).collect()
}

/// Fails when something does not come at all.
pub(super) async fn patiently<T>(what: &str, wait: impl Future<Output = T>) -> Result<T, Violation> {
    tokio::time::timeout(PATIENCE, wait)
        .await
        .map_err(|_| Violation(format!("waited {} s for {what} in vain", PATIENCE.as_secs())))
}

/// Resolves when `done` says so.
pub(super) async fn until(done: impl Fn() -> bool + Sync) {
    while !done() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Runs a consumer until `done` and lets it stop in good order.
pub(super) async fn run_until<F: Fixture>(
    fixture: &F,
    topic: &Arc<str>,
    config: &ConsumerConfig,
    script: &Script,
    done: impl Fn() -> bool + Send + Sync,
) -> Result<Result<RunReport, RunError>, Violation> {
    let deadline = Instant::now() + PATIENCE;
    let stop = async {
        while !done() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let result = consume(fixture.transport(), Arc::clone(topic), script.clone(), config, stop).await;
    let reached = result.is_err() || done();
    Violation::check(reached, || format!("gave up after {} s; seen: {}", PATIENCE.as_secs(), summary(script)))?;
    Ok(result)
}

/// The same, for consumers that must not fail.
pub(super) async fn run_well<F: Fixture>(
    fixture: &F,
    topic: &Arc<str>,
    config: &ConsumerConfig,
    script: &Script,
    done: impl Fn() -> bool + Send + Sync,
) -> Result<RunReport, Violation> {
    let result = run_until(fixture, topic, config, script, done).await?;
    result.map_err(|error| Violation(format!("the consumer stopped by itself: {error}")))
}

/// Runs a consumer until `done` and then drops it in the middle of whatever it does.
pub(super) async fn run_and_crash<F: Fixture>(
    fixture: &F,
    topic: &Arc<str>,
    config: &ConsumerConfig,
    script: &Script,
    done: impl Fn() -> bool + Send + Sync,
) -> Result<(), Violation> {
    let run = consume(fixture.transport(), Arc::clone(topic), script.clone(), config, std::future::pending());
    tokio::select! {
        result = run => match result {
            Ok(report) => Err(Violation(format!("the consumer stopped by itself: {report:?}"))),
            Err(error) => Err(Violation(format!("the consumer stopped by itself: {error}"))),
        },
        waited = patiently("the moment to crash", until(done)) => waited,
    }
}

/// Everything that a topic holds.
pub(super) async fn browse<F: Fixture>(fixture: &F, topic: &str) -> Result<Vec<Delivery>, Violation> {
    use crate::transport::Browser;
    let mut browser =
        fixture.transport().browse(topic).await.map_err(|error| Violation(format!("cannot browse {topic}: {error}")))?;
    let mut all = Vec::new();
    let wait = Duration::from_secs(1);
    let reading = async {
        while browser.next_batch(&mut all, 1000, wait).await.map_err(|error| Violation(error.to_string()))? {}
        Ok(())
    };
    patiently("the end of a topic", reading).await??;
    Ok(all)
}

fn summary(script: &Script) -> String {
    let accepted = script.accepted();
    format!("{} tries, {} bodies accepted", script.seen().len(), accepted.len())
}

/// Checks that exactly the bodies `0..count` were accepted, and returns how many were accepted again.
pub(super) fn all_accepted(script: &Script, count: usize) -> Result<usize, Violation> {
    let accepted = script.accepted();
    let missing: Vec<usize> = (0..count).filter(|number| !accepted.contains_key(&number.to_string())).collect();
    Violation::check(missing.is_empty(), || format!("{} of {count} messages are lost: {missing:.20?}", missing.len()))?;
    Violation::check(accepted.len() == count, || format!("{} messages came from nowhere", accepted.len() - count))?;
    Ok(accepted.values().sum::<usize>() - count)
}
