//! One message: the first try, further tries, the dead letter. Nothing here settles; it says when that may be done.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::Instant;

use super::lanes::Desk;
use super::{ConsumerConfig, Dispatch, StopCause};
use crate::failure::{ErrorClass, Failure, Outcome, Treatment};
use crate::policy::dead_letter::{DeadLetterQueue, Detail, Facts};
use crate::policy::retry::{Attempts, Backoff, Jitter, JitterSource, RetryPolicy, Verdict};
use crate::telemetry::Telemetry;
use crate::transport::{Delivery, Producer, SendError, Token};

/// How a message ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// The handler accepted it.
    Accepted(Token),
    /// Its dead letter is confirmed.
    DeadLettered(Token),
    /// The consumer stops before it could be finished; it stays unsettled.
    Released(Token),
    /// It can neither be handled nor put aside: the consumer must stop. It stays unsettled.
    Stuck(Token, Box<StopCause>),
}

/// What all messages of a run share.
pub(super) struct Process<'a, D, P> {
    pub(super) dispatch: &'a D,
    pub(super) dead_letters: Option<&'a DeadLetterQueue<P>>,
    pub(super) config: &'a ConsumerConfig,
    pub(super) telemetry: &'a Telemetry,
    pub(super) jitter: Mutex<JitterSource>,
    /// The time by which everything must be finished, once a stop has begun.
    pub(super) deadline: watch::Receiver<Option<Instant>>,
}

/// Waits between writes to a dead-letter queue that fails: bounded, so that it is neither spun on nor forgotten.
const DEAD_LETTER_RETRY: RetryPolicy = RetryPolicy {
    max_attempts: u32::MAX,
    backoff: Backoff::Exponential { initial: Duration::from_millis(200), multiplier: 2.0, max: Duration::from_secs(15) },
    jitter: Jitter::Full,
    max_elapsed: None,
};
/// The shortest wait between two of these writes.
const DEAD_LETTER_FLOOR: Duration = Duration::from_millis(100);

impl<D: Dispatch, P: Producer> Process<'_, D, P> {
    /// Works at a lane: message after message, each to its end.
    pub(super) async fn work(&self, desk: &Desk<Ending>) -> Infallible {
        let (mut ending, mut place, mut halted) = (None, None, false);
        loop {
            desk.next(ending.take(), &mut place).await;
            let Some(delivery) = &place else { continue };
            // A message was left behind: those that wait for it must not overtake it on the way out.
            if halted {
                ending = Some(Ending::Released(delivery.token));
                continue;
            }
            // Message and handler's future stay in one place each: moving them costs more than everything else here.
            let outcome = {
                let mut handling = pin!(self.dispatch.dispatch(delivery, 1));
                poll_fn(|context| self.guarded(|| handling.as_mut().poll(context))).await
            };
            if matches!(outcome, Outcome::Ack) {
                ending = Some(Ending::Accepted(delivery.token));
            } else {
                // Boxed, because it is rare and large.
                let end = Box::pin(self.recover(delivery, outcome)).await;
                halted = matches!(end, Ending::Released(_) | Ending::Stuck(..));
                ending = Some(end);
            }
        }
    }

    async fn try_again(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        let mut handling = pin!(self.dispatch.dispatch(delivery, attempt));
        poll_fn(|context| self.guarded(|| handling.as_mut().poll(context))).await
    }

    /// A panic of the handler is a failure of the message, not of the consumer.
    fn guarded(&self, poll: impl FnOnce() -> Poll<Outcome>) -> Poll<Outcome> {
        catch_unwind(AssertUnwindSafe(poll)).unwrap_or_else(|panic| {
            self.telemetry.count(|counters| &counters.panics, 1);
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "the handler panicked without a text".to_owned());
            Poll::Ready(Outcome::Failed(Failure::new(ErrorClass::Panic, text)))
        })
    }

    /// Everything after a first try that did not accept the message.
    async fn recover(&self, delivery: &Delivery, mut outcome: Outcome) -> Ending {
        let mut attempts = Attempts::new();
        let (first_failed, since) = (SystemTime::now(), Instant::now());
        loop {
            let (failure, treatment) = match outcome {
                Outcome::Ack => return Ending::Accepted(delivery.token),
                Outcome::Retry { after, cause } => {
                    (Failure { retry_after: after.max(cause.retry_after), ..cause }, Treatment::Retry)
                }
                Outcome::Reject(cause) => (Failure { class: ErrorClass::Rejected, ..cause }, Treatment::DeadLetter),
                Outcome::DeadLetter(cause) => (cause, Treatment::DeadLetter),
                Outcome::Failed(failure) => {
                    let treatment = failure.class.treatment();
                    (failure, treatment)
                }
            };
            let verdict = {
                let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
                attempts.failed(&self.config.retry, &failure, treatment, since.elapsed(), &mut jitter)
            };
            match verdict {
                Verdict::DeadLetter => {
                    let facts = Facts {
                        group: &self.config.group,
                        attempts: attempts.counted(),
                        first_failed,
                        last_failed: SystemTime::now(),
                        handler: self.dispatch.name(),
                        app_version: self.config.app_version.as_deref(),
                        schema: self.dispatch.facts(delivery),
                    };
                    return self.dead_letter(delivery, failure, &facts).await;
                }
                Verdict::RetryAfter(wait) => {
                    tracing::warn!(
                        topic = %delivery.record.topic, partition = delivery.partition(), offset = delivery.offset,
                        attempt = attempts.counted(), class = failure.class.as_str(), wait_ms = wait.as_millis(),
                        "the message was not handled and is tried again: {failure}"
                    );
                    if !self.pause(wait).await {
                        return Ending::Released(delivery.token);
                    }
                    self.telemetry.count(|counters| &counters.retries, 1);
                    outcome = self.try_again(delivery, attempts.counted().saturating_add(1)).await;
                }
            }
        }
    }

    /// Writes the dead letter until it is confirmed. Only then may the source be settled.
    async fn dead_letter(&self, delivery: &Delivery, failure: Failure, facts: &Facts<'_>) -> Ending {
        let Some(queue) = self.dead_letters else {
            return Ending::Stuck(delivery.token, Box::new(no_queue(delivery, failure, facts)));
        };
        let mut detail = Detail::Full;
        let mut failures = 0;
        loop {
            let Err(error) = queue.write(delivery, &failure, facts, detail).await else { break };
            if let (SendError::TooLarge { .. }, Some(less)) = (&error, detail.less()) {
                detail = less;
                continue;
            }
            failures += 1;
            self.telemetry.count(|counters| &counters.dead_letter_failures, 1);
            tracing::error!(
                topic = %delivery.record.topic, partition = delivery.partition(), offset = delivery.offset,
                queue = %queue.topic(), failures,
                "the dead letter cannot be written; the message is held and the write repeated: {error}"
            );
            let wait = {
                let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
                jitter.wait(&DEAD_LETTER_RETRY, failures, Some(DEAD_LETTER_FLOOR))
            };
            if !self.pause(wait).await {
                return Ending::Released(delivery.token);
            }
        }
        tracing::error!(
            topic = %delivery.record.topic, partition = delivery.partition(), offset = delivery.offset,
            queue = %queue.topic(), attempts = facts.attempts, class = failure.class.as_str(),
            "the message was dead-lettered: {failure}"
        );
        Ending::DeadLettered(delivery.token)
    }

    /// Waits; false when a stop has begun and the wait would end after its deadline.
    async fn pause(&self, wait: Duration) -> bool {
        let end = Instant::now() + wait;
        let mut deadline = self.deadline.clone();
        tokio::select! {
            biased;
            Ok(_) = deadline.wait_for(|deadline| deadline.is_some_and(|deadline| end > deadline)) => false,
            () = tokio::time::sleep_until(end) => true,
        }
    }
}

fn no_queue(delivery: &Delivery, failure: Failure, facts: &Facts<'_>) -> StopCause {
    StopCause::NoDeadLetterQueue {
        topic: delivery.record.topic.clone(),
        partition: delivery.partition(),
        offset: delivery.offset,
        attempts: facts.attempts,
        failure,
    }
}
