//! The loop against a consumer that fails as it is told. What a well-behaved broker shows is in the conformance suite.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering as Atomic};

use tokio::time::Instant;

use super::*;
use crate::failure::ErrorClass;
use crate::message::Record;
use crate::shutdown::Shutdown;
use crate::transport::{AssignmentEvent, Capabilities, Consumer, Settle, Token, TopicPartition};
use crate::transports::memory::MemoryProducer;

/// What the next call of `next_batch` does.
enum Fetch {
    Deliver(Vec<i64>),
    Fail(RecvError),
    /// Nothing comes for so long; begun again when the call is given up.
    Pause(Duration),
    Revoke,
}

/// A consumer with a script; what it is told is on record.
#[derive(Clone, Default)]
struct Scripted {
    fetches: Arc<Mutex<VecDeque<Fetch>>>,
    events: Arc<Mutex<Vec<AssignmentEvent>>>,
    settled: Arc<Mutex<Vec<(i64, Settle)>>>,
    flush_takes: Duration,
    unordered: bool,
    flush_errors: Arc<Mutex<Vec<RecvError>>>,
}

impl Scripted {
    fn new(fetches: impl IntoIterator<Item = Fetch>) -> Self {
        Self { fetches: Arc::new(Mutex::new(fetches.into_iter().collect())), ..Self::default() }
    }

    fn settled(&self) -> Vec<(i64, Settle)> {
        self.settled.lock().unwrap().clone()
    }
}

impl Consumer for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            per_message_ack: true,
            nack_delay: false,
            native_dlq: false,
            ordered_partitions: !self.unordered,
            transactions: false,
            delivery_count: false,
        }
    }

    async fn next_batch(&mut self, into: &mut Vec<Delivery>, _max: usize, wait: Duration) -> Result<(), RecvError> {
        let pause = match self.fetches.lock().unwrap().front() {
            Some(Fetch::Pause(pause)) => *pause,
            _ => Duration::ZERO,
        };
        tokio::time::sleep(pause).await;
        let fetch = self.fetches.lock().unwrap().pop_front();
        match fetch {
            Some(Fetch::Pause(_)) => {}
            None => tokio::time::sleep(wait).await,
            Some(Fetch::Fail(error)) => return Err(error),
            Some(Fetch::Revoke) => {
                let partition = TopicPartition { topic: 0, partition: 0 };
                self.events.lock().unwrap().push(AssignmentEvent::Revoked(vec![partition]));
            }
            Some(Fetch::Deliver(offsets)) => into.extend(offsets.into_iter().map(|offset| Delivery {
                record: Record { key: Some("one".into()), ..Record::new("t", offset.to_string()) },
                offset,
                delivery_count: None,
                token: Token { topic: 0, partition: 0, offset, epoch: 0 },
            })),
        }
        Ok(())
    }

    fn take_events(&mut self, into: &mut Vec<AssignmentEvent>) {
        into.append(&mut self.events.lock().unwrap());
    }

    fn settle(&mut self, token: Token, settle: Settle) {
        self.settled.lock().unwrap().push((token.offset, settle));
    }

    async fn flush_settles(&mut self) -> Result<(), RecvError> {
        tokio::time::sleep(self.flush_takes).await;
        self.flush_errors.lock().unwrap().pop().map_or(Ok(()), Err)
    }

    async fn close(self, _deadline: Duration) -> Result<(), RecvError> {
        Ok(())
    }
}

/// Calls a function for each try.
struct Handler<F>(F);

impl<F: Fn(i64, u32) -> H + Send + Sync, H: Future<Output = Outcome> + Send> Dispatch for Handler<F> {
    async fn dispatch(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        (self.0)(delivery.offset, attempt).await
    }

    fn name(&self) -> &'static str {
        "Handler"
    }
}

async fn accept(_: i64, _: u32) -> Outcome {
    Outcome::Ack
}

/// Runs for `seconds` of the paused clock.
async fn run_for<D: Dispatch>(
    consumer: &Scripted,
    dispatch: D,
    config: &ConsumerConfig,
    seconds: u64,
) -> Result<RunReport, RunError> {
    let stop = tokio::time::sleep(Duration::from_secs(seconds));
    run(consumer.clone(), None::<DeadLetterQueue<MemoryProducer>>, dispatch, config, stop).await
}

fn config() -> ConsumerConfig {
    ConsumerConfig { jitter_seed: Some(1), ..ConsumerConfig::new("g") }
}

fn passing() -> RecvError {
    RecvError::Transient("away".into())
}

#[tokio::test(start_paused = true)]
async fn errors_that_pass_are_waited_out_and_not_spun_on() {
    let failing = (0..8).map(|_| Fetch::Fail(passing()));
    let consumer = Scripted::new(failing.chain([Fetch::Deliver(vec![0, 1])]));
    let begun = Instant::now();
    let handled = AtomicU32::new(0);
    let stop = Shutdown::new();
    let dispatch = Handler(|_, _| async {
        if handled.fetch_add(1, Atomic::Relaxed) == 1 {
            stop.stop();
        }
        Outcome::Ack
    });
    let queue = None::<DeadLetterQueue<MemoryProducer>>;
    let report = run(consumer.clone(), queue, dispatch, &config(), stop.stopped()).await.unwrap();
    assert_eq!((report.counts.transport_errors, report.counts.handled, report.clean), (8, 2, true));
    let waited = begun.elapsed();
    assert!(waited > Duration::from_millis(400) && waited < Duration::from_secs(20), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_for_good_stops_the_consumer_and_what_is_done_is_settled() {
    let gone = Fetch::Fail(RecvError::Fatal("no permission".into()));
    let consumer = Scripted::new([Fetch::Deliver(vec![0, 1, 2]), gone]);
    let slow = Handler(async |_, _| {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Outcome::Ack
    });
    let error = run_for(&consumer, slow, &config(), 60).await.unwrap_err();
    assert!(matches!(&*error.cause, StopCause::Receive(RecvError::Fatal(_))), "{error}");
    assert_eq!((error.report.counts.handled, consumer.settled().len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_slow_flush_does_not_hold_up_handlers() {
    let consumer = Scripted { flush_takes: Duration::from_secs(20), ..Scripted::new([Fetch::Deliver((0..9).collect())]) };
    let last = Mutex::new(None);
    let begun = Instant::now();
    let dispatch = Handler(|offset, _| {
        let last = &last;
        async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            *last.lock().unwrap() = Some((offset, begun.elapsed()));
            Outcome::Ack
        }
    });
    run_for(&consumer, dispatch, &config(), 10).await.unwrap();
    let (offset, at) = last.lock().unwrap().unwrap();
    assert!(offset == 8 && at < Duration::from_secs(6), "message {offset} was handled after {at:?}");
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_fails_is_tried_again() {
    let consumer = Scripted::new([Fetch::Deliver(vec![0])]);
    consumer.flush_errors.lock().unwrap().extend([passing(), passing()]);
    let report = run_for(&consumer, Handler(accept), &config(), 5).await.unwrap();
    assert_eq!((report.counts.transport_errors, report.clean), (2, true));
    assert!(consumer.flush_errors.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_absent_registry_never_uses_up_the_tries_of_a_message() {
    let consumer = Scripted::new([Fetch::Deliver(vec![0])]);
    let tries = AtomicU32::new(0);
    let dispatch = Handler(|_, _| {
        let tries = tries.fetch_add(1, Atomic::Relaxed);
        async move {
            if tries < 20 { Outcome::Failed(Failure::new(ErrorClass::SchemaRegistryUnavailable, "away")) } else { Outcome::Ack }
        }
    });
    let report = run_for(&consumer, dispatch, &config(), 3600).await.unwrap();
    assert_eq!((report.counts.handled, report.counts.retries), (1, 20));
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_the_handler_is_the_shortest_wait() {
    let consumer = Scripted::new([Fetch::Deliver(vec![0])]);
    let times = Mutex::new(Vec::new());
    let dispatch = Handler(|_, attempt| {
        times.lock().unwrap().push(Instant::now());
        async move {
            let after = Some(Duration::from_secs(90));
            if attempt == 1 { Outcome::Retry { after, cause: Failure::permanent("later") } } else { Outcome::Ack }
        }
    });
    run_for(&consumer, dispatch, &config(), 200).await.unwrap();
    let times = times.lock().unwrap();
    assert!(times.len() == 2 && times[1] - times[0] >= Duration::from_secs(90), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn waiting_messages_of_a_revoked_partition_are_not_handled() {
    let consumer = Scripted::new([Fetch::Deliver((0..5).collect()), Fetch::Pause(Duration::from_millis(100)), Fetch::Revoke]);
    let begun = Mutex::new(Vec::new());
    let dispatch = Handler(|offset, _| {
        begun.lock().unwrap().push(offset);
        async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Outcome::Ack
        }
    });
    let report = run_for(&consumer, dispatch, &config(), 30).await.unwrap();
    assert_eq!((report.counts.revoked, begun.into_inner().unwrap()), (4, vec![0]));
}

#[tokio::test(start_paused = true)]
async fn a_stop_gives_back_what_would_wait_too_long_and_nothing_overtakes_it() {
    let consumer = Scripted::new([Fetch::Deliver(vec![0, 1])]);
    let dispatch = Handler(async |offset, _| {
        assert_eq!(offset, 0, "message 1 has the same key and must not be handled before message 0");
        let after = Some(Duration::from_secs(3600));
        Outcome::Retry { after, cause: Failure::transient("later") }
    });
    let begun = Instant::now();
    let report = run_for(&consumer, dispatch, &config(), 5).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(7), "the stop waited for the next try");
    assert_eq!((report.counts.released, report.counts.panics, report.clean), (2, 0, false));
    assert_eq!(consumer.settled(), [(0, Settle::Release), (1, Settle::Release)]);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_the_broker_cannot_keep_is_refused() {
    let consumer = Scripted { unordered: true, ..Scripted::new([Fetch::Deliver(vec![0])]) };
    let error = run_for(&consumer, Handler(accept), &config(), 5).await.unwrap_err();
    assert!(matches!(&*error.cause, StopCause::Connect(ConnectError::Config(_))), "{error}");
    let without = ConsumerConfig { ordering: Ordering::None, ..config() };
    assert_eq!(run_for(&consumer, Handler(accept), &without, 5).await.unwrap().counts.handled, 1);
}

#[test]
fn the_future_of_a_run_can_be_spawned() {
    fn check<T: Send>(_: impl FnOnce() -> T) {}
    check(|| async {
        let consumer = Scripted::new([]);
        let _ = run(consumer, None::<DeadLetterQueue<MemoryProducer>>, Handler(accept), &config(), async {}).await;
    });
}
