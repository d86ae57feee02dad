//! The loop of a consumer: fetch, spread, settle, flush; and how it stops.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};

use super::lanes::{Desk, Lanes};
use super::process::{Ending, Process};
use super::{ConsumerConfig, Dispatch, Ordering, RunError, RunReport, StopCause};
use crate::policy::dead_letter::DeadLetterQueue;
use crate::policy::retry::{Backoff, Jitter, JitterSource, RetryPolicy};
use crate::telemetry::Telemetry;
use crate::transport::{AssignmentEvent, ConnectError, Consumer, Delivery, Producer, RecvError, Settle, Token};

/// Waits for the first message of a batch this long; then looks after everything else and asks again.
const FETCH_WAIT: Duration = Duration::from_millis(500);

/// Messages of one fetch, at most: so many fit into the fast part of a processor's memory.
const FETCH_MAX: usize = 256;

/// Waits after errors of receiving that may pass.
const RECEIVE_RETRY: RetryPolicy = RetryPolicy {
    max_attempts: u32::MAX,
    backoff: Backoff::Exponential { initial: Duration::from_millis(100), multiplier: 2.0, max: Duration::from_secs(5) },
    jitter: Jitter::Full,
    max_elapsed: None,
};

/// Runs `consumer` until `stop` resolves or it cannot go on.
///
/// Stopping: no more fetching; what is in flight is finished, until [`ConsumerConfig::stop_within`] is over; what is finished is
/// settled and flushed; the consumer leaves its group. What is not finished by then stays unsettled and is delivered again.
///
/// Dropping the returned future is a crash: nothing is lost, messages in flight are delivered again.
pub async fn run<C, P, D>(
    mut consumer: C,
    dead_letters: Option<DeadLetterQueue<P>>,
    dispatch: D,
    config: &ConsumerConfig,
    stop: impl Future<Output = ()> + Send,
) -> Result<RunReport, RunError>
where
    C: Consumer,
    P: Producer,
    D: Dispatch,
{
    let before = config.telemetry.snapshot();
    if config.ordering != Ordering::None && !consumer.capabilities().ordered_partitions {
        let text = "this broker keeps no order: `ConsumerConfig::ordering` must be `Ordering::None`";
        let cause = Box::new(ConnectError::Config(text.into()).into());
        return Err(RunError { cause, report: RunReport::default() });
    }
    let (announce, deadline) = watch::channel(None);
    let jitter = config.jitter_seed.map_or_else(JitterSource::from_entropy, JitterSource::seeded);
    let process = Process {
        dispatch: &dispatch,
        dead_letters: dead_letters.as_ref(),
        config,
        telemetry: &config.telemetry,
        jitter: Mutex::new(jitter.clone()),
        deadline,
    };
    let desks: Vec<Desk<Ending>> = (0..config.lanes.max(1)).map(|_| Desk::new()).collect();
    let mut lanes = Lanes::new(&desks, |desk| process.work(desk));
    let mut state =
        State { config, telemetry: &config.telemetry, jitter, failures: 0, not_before: None, stuck: None, done: Vec::new() };
    let fatal = state.work(&mut consumer, &mut lanes, stop).await.err();
    let until = Instant::now() + config.stop_within;
    announce.send_replace(Some(until));
    let drained = state.drain(&mut consumer, &mut lanes, until).await;
    let left = lanes.in_flight();
    config.telemetry.count(|counters| &counters.released, left);
    drop(lanes);
    let grace = until.saturating_duration_since(Instant::now()).max(Duration::from_secs(1));
    let closed = consumer.close(grace).await;
    let clean = drained && left == 0 && closed.is_ok();
    let report = RunReport { counts: config.telemetry.snapshot().since(&before), clean };
    let cause = fatal.map(StopCause::from).or(state.stuck).or_else(|| closed.err().map(StopCause::from));
    match cause {
        None => Ok(report),
        Some(cause) => Err(RunError { cause: Box::new(cause), report }),
    }
}

/// What the loop keeps from round to round.
struct State<'a> {
    config: &'a ConsumerConfig,
    telemetry: &'a Telemetry,
    jitter: JitterSource,
    /// Errors of receiving in a row.
    failures: u32,
    /// No fetching before this time.
    not_before: Option<Instant>,
    stuck: Option<StopCause>,
    /// Messages to acknowledge; kept to be used again.
    done: Vec<Token>,
}

impl State<'_> {
    /// Fetches and handles until `stop` resolves; `Err` when receiving or settling has failed for good.
    async fn work<C: Consumer, W: Future<Output = Infallible>>(
        &mut self,
        consumer: &mut C,
        lanes: &mut Lanes<'_, W, Ending>,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), RecvError> {
        let mut stop = pin!(stop);
        let mut flush = tokio::time::interval(self.config.flush_interval.max(Duration::from_millis(1)));
        flush.set_missed_tick_behavior(MissedTickBehavior::Delay);
        flush.reset();
        let (mut batch, mut events, mut finished) = (Vec::new(), Vec::new(), Vec::new());
        while self.stuck.is_none() {
            let room = self.config.max_in_flight.max(1).saturating_sub(lanes.in_flight());
            let wake_at = self.not_before;
            let fetch = async {
                if let Some(at) = wake_at {
                    tokio::time::sleep_until(at).await;
                }
                consumer.next_batch(&mut batch, room.min(FETCH_MAX), FETCH_WAIT).await
            };
            let mut fetched = None;
            let mut flush_now = false;
            // Not biased: neither a steady flow of messages nor one of results may starve the other.
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = poll_fn(|context| lanes.poll(context, &mut finished)) => {}
                _ = flush.tick() => flush_now = true,
                result = fetch, if room > 0 => fetched = Some(result),
            }
            self.received(fetched)?;
            consumer.take_events(&mut events);
            self.reassigned(&mut events, lanes);
            self.telemetry.count(|counters| &counters.received, batch.len());
            for delivery in batch.drain(..) {
                lanes.push(lane_of(self.config.ordering, &delivery), delivery);
            }
            self.settle(consumer, &mut finished);
            // A broker that always has more would otherwise never let other tasks of the thread run.
            tokio::task::yield_now().await;
            if flush_now {
                // A broker may take its time: handlers go on meanwhile.
                let mut flush = pin!(consumer.flush_settles());
                let result = loop {
                    tokio::select! {
                        biased;
                        () = &mut stop => return Ok(()),
                        result = &mut flush => break result,
                        () = poll_fn(|context| lanes.poll(context, &mut finished)) => {}
                    }
                };
                self.flushed(result)?;
            }
        }
        Ok(())
    }

    /// Finishes what is in flight, until `until`; then flushes. False when something was left or could not be flushed.
    async fn drain<C: Consumer, W: Future<Output = Infallible>>(
        &mut self,
        consumer: &mut C,
        lanes: &mut Lanes<'_, W, Ending>,
        until: Instant,
    ) -> bool {
        let mut finished = Vec::new();
        let released_before = self.telemetry.snapshot().released;
        while lanes.in_flight() > 0 {
            let progress = poll_fn(|context| lanes.poll(context, &mut finished));
            if tokio::time::timeout_at(until, progress).await.is_err() {
                break;
            }
            self.settle(consumer, &mut finished);
        }
        let result = tokio::time::timeout_at(until, consumer.flush_settles()).await;
        let flushed = result.is_ok_and(|result| result.is_ok());
        flushed && self.stuck.is_none() && self.telemetry.snapshot().released == released_before
    }

    /// Looks at the result of a fetch: errors that may pass put off the next one.
    fn received(&mut self, result: Option<Result<(), RecvError>>) -> Result<(), RecvError> {
        match result {
            None => Ok(()),
            Some(Ok(())) => {
                self.failures = 0;
                self.not_before = None;
                Ok(())
            }
            Some(Err(error)) => {
                self.passing(error)?;
                let wait = self.jitter.wait(&RECEIVE_RETRY, self.failures, Some(Duration::from_millis(50)));
                self.not_before = Some(Instant::now() + wait);
                Ok(())
            }
        }
    }

    fn passing(&mut self, error: RecvError) -> Result<(), RecvError> {
        match error {
            RecvError::Fatal(_) => Err(error),
            RecvError::Transient(_) => {
                self.failures = self.failures.saturating_add(1);
                self.telemetry.count(|counters| &counters.transport_errors, 1);
                tracing::warn!(failures = self.failures, "{error}");
                Ok(())
            }
        }
    }

    fn reassigned<W: Future<Output = Infallible>>(&self, events: &mut Vec<AssignmentEvent>, lanes: &mut Lanes<'_, W, Ending>) {
        for event in events.drain(..) {
            tracing::info!(group = %self.config.group, "{event:?}");
            if let AssignmentEvent::Revoked(gone) | AssignmentEvent::Lost(gone) = event {
                self.telemetry.count(|counters| &counters.revoked, lanes.forget(&gone));
            }
        }
    }

    fn settle<C: Consumer>(&mut self, consumer: &mut C, finished: &mut Vec<Ending>) {
        self.done.clear();
        let mut dead = 0;
        for one in finished.drain(..) {
            match one {
                Ending::Accepted(token) => self.done.push(token),
                Ending::DeadLettered(token) => {
                    dead += 1;
                    self.done.push(token);
                }
                Ending::Released(token) => {
                    self.telemetry.count(|counters| &counters.released, 1);
                    consumer.settle(token, Settle::Release);
                }
                Ending::Stuck(token, cause) => {
                    consumer.settle(token, Settle::Release);
                    self.stuck.get_or_insert(*cause);
                }
            }
        }
        if !self.done.is_empty() {
            consumer.acknowledge(&self.done);
        }
        self.telemetry.count(|counters| &counters.handled, self.done.len() - dead);
        self.telemetry.count(|counters| &counters.dead_lettered, dead);
    }

    fn flushed(&mut self, result: Result<(), RecvError>) -> Result<(), RecvError> {
        self.telemetry.count(|counters| &counters.flushes, 1);
        result.or_else(|error| self.passing(error))
    }
}

/// Messages with the same number are handled one after the other.
fn lane_of(ordering: Ordering, delivery: &Delivery) -> u64 {
    let token = &delivery.token;
    let partition = (u64::from(token.topic) << 32) ^ u64::from(token.partition.cast_unsigned());
    match (ordering, &delivery.record.key) {
        (Ordering::None, _) => token.offset.cast_unsigned(),
        (Ordering::Key, Some(key)) => hash(partition, key),
        (Ordering::Key, None) | (Ordering::Partition, _) => hash(partition, &[]),
    }
}

/// A quick hash: an uneven spread costs some concurrency, nothing else.
fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let mut hash = mix(bytes.len() as u64, seed);
    let (words, rest) = bytes.as_chunks();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    for byte in rest {
        hash = mix(hash, u64::from(*byte));
    }
    hash ^ (hash >> 32)
}
