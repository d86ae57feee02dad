//! Retries: how often a message is tried, and how long to wait in between.
//!
//! One definition for every broker: `max_attempts` is the number of deliveries to the handler, the first one included.
//! The wait is drawn between zero and the backoff of that try (full jitter), because equal waits make equal storms.

use std::time::Duration;

use crate::failure::{Failure, Treatment};
use crate::random::Random;

/// When to try again, and when to stop.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// Total tries of one message, the first included; at least 1.
    pub max_attempts: u32,
    /// The wait before each further try.
    pub backoff: Backoff,
    /// Whether the wait is drawn at random.
    pub jitter: Jitter,
    /// No further try when it would begin later than this after the first failure.
    pub max_elapsed: Option<Duration>,
}

impl Default for RetryPolicy {
    /// Three tries, exponential from 1 s, times 2, up to 30 s, full jitter, no limit on the whole.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            backoff: Backoff::Exponential { initial: Duration::from_secs(1), multiplier: 2.0, max: Duration::from_secs(30) },
            jitter: Jitter::Full,
            max_elapsed: None,
        }
    }
}

impl RetryPolicy {
    /// One try and no other.
    pub fn none() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }
}

/// How the wait grows from try to try.
#[derive(Debug, Clone, PartialEq)]
pub enum Backoff {
    /// Always the same.
    Fixed {
        /// The wait.
        delay: Duration,
    },
    /// Grows by the same step.
    Linear {
        /// The wait after the first try.
        initial: Duration,
        /// What is added after each further one.
        increment: Duration,
        /// It never grows beyond this.
        max: Duration,
    },
    /// Grows by the same factor.
    Exponential {
        /// The wait after the first try.
        initial: Duration,
        /// What it is multiplied with after each further one; below 1 (or not a number) counts as 1.
        multiplier: f64,
        /// It never grows beyond this.
        max: Duration,
    },
}

impl Backoff {
    /// The wait after the failed try number `attempt` (from 1), before jitter.
    pub fn after(&self, attempt: u32) -> Duration {
        let steps = attempt.saturating_sub(1);
        match self {
            Self::Fixed { delay } => *delay,
            Self::Linear { initial, increment, max } => initial.saturating_add(increment.saturating_mul(steps)).min(*max),
            Self::Exponential { initial, multiplier, max } => {
                let factor = if multiplier.is_finite() { multiplier.max(1.0) } else { 1.0 };
                let exponent = i32::try_from(steps).unwrap_or(i32::MAX);
                let seconds = initial.as_secs_f64() * factor.powi(exponent);
                // A wait beyond what a Duration holds is beyond the cap as well.
                Duration::try_from_secs_f64(seconds).unwrap_or(*max).min(*max)
            }
        }
    }
}

/// Whether waits are drawn at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jitter {
    /// Evenly between zero and the backoff.
    Full,
    /// Exactly the backoff. For tests and demonstrations.
    None,
}

/// What to do after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try again after this wait.
    RetryAfter(Duration),
    /// Put it into the dead-letter queue.
    DeadLetter,
}

/// The tries of one message.
#[derive(Debug)]
pub struct Attempts {
    /// Tries that count.
    counted: u32,
    /// All tries.
    total: u32,
    panics: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

impl Attempts {
    /// Before the first try.
    pub fn new() -> Self {
        Self { counted: 0, total: 0, panics: 0 }
    }

    /// Tries so far that count as tries of the message.
    pub fn counted(&self) -> u32 {
        self.counted
    }

    /// Takes note of a failed try and decides. `since_first` is the time since the first failure.
    pub fn failed(
        &mut self,
        policy: &RetryPolicy,
        failure: &Failure,
        treatment: Treatment,
        since_first: Duration,
        jitter: &mut JitterSource,
    ) -> Verdict {
        self.total = self.total.saturating_add(1);
        if treatment == Treatment::RetryUncounted {
            return Verdict::RetryAfter(jitter.wait(policy, self.total, failure.retry_after));
        }
        self.counted = self.counted.saturating_add(1);
        if treatment == Treatment::RetryOnce {
            self.panics = self.panics.saturating_add(1);
        }
        let exhausted = treatment == Treatment::DeadLetter
            || self.counted >= policy.max_attempts.max(1)
            || (treatment == Treatment::RetryOnce && self.panics > 1);
        if exhausted {
            return Verdict::DeadLetter;
        }
        let wait = jitter.wait(policy, self.counted, failure.retry_after);
        match policy.max_elapsed {
            Some(limit) if since_first.saturating_add(wait) > limit => Verdict::DeadLetter,
            _ => Verdict::RetryAfter(wait),
        }
    }
}

/// Where jitter comes from; seeded, so that a test can repeat a run.
#[derive(Debug, Clone)]
pub struct JitterSource(Random);

impl JitterSource {
    /// The sequence of `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// A sequence that differs from process to process.
    pub fn from_entropy() -> Self {
        Self(Random::from_entropy())
    }

    /// The wait after the failed try number `attempt`; never shorter than `floor`.
    pub fn wait(&mut self, policy: &RetryPolicy, attempt: u32, floor: Option<Duration>) -> Duration {
        let full = policy.backoff.after(attempt);
        let drawn = match policy.jitter {
            Jitter::None => full,
            Jitter::Full => {
                let nanos = u64::try_from(full.as_nanos()).unwrap_or(u64::MAX);
                Duration::from_nanos(self.0.below(nanos.saturating_add(1)))
            }
        };
        drawn.max(floor.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::ErrorClass;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn policy(max_attempts: u32, backoff: Backoff) -> RetryPolicy {
        RetryPolicy { max_attempts, backoff, jitter: Jitter::None, max_elapsed: None }
    }

    fn exponential(initial: u64, multiplier: f64, max: u64) -> Backoff {
        Backoff::Exponential { initial: MS(initial), multiplier, max: MS(max) }
    }

    fn waits(policy: &RetryPolicy, class: ErrorClass) -> Vec<u64> {
        let (mut attempts, mut jitter) = (Attempts::new(), JitterSource::seeded(1));
        let failure = Failure::new(class, "x");
        let mut waits = Vec::new();
        while let Verdict::RetryAfter(wait) = attempts.failed(policy, &failure, class.treatment(), Duration::ZERO, &mut jitter) {
            waits.push(u64::try_from(wait.as_millis()).unwrap());
            if waits.len() == 100 {
                break;
            }
        }
        waits
    }

    #[test]
    fn attempts_are_total_deliveries() {
        let fixed = Backoff::Fixed { delay: MS(10) };
        assert_eq!(waits(&policy(3, fixed.clone()), ErrorClass::Unknown), [10, 10]);
        assert_eq!(waits(&policy(1, fixed.clone()), ErrorClass::Unknown), [0; 0]);
        assert_eq!(waits(&policy(0, fixed), ErrorClass::Unknown), [0; 0], "the first try has already been");
    }

    #[test]
    fn backoff_grows_and_stops_at_its_cap() {
        let linear = Backoff::Linear { initial: MS(100), increment: MS(50), max: MS(220) };
        assert_eq!(waits(&policy(5, linear), ErrorClass::Timeout), [100, 150, 200, 220]);
        assert_eq!(waits(&policy(6, exponential(100, 2.0, 900)), ErrorClass::Timeout), [100, 200, 400, 800, 900]);
        assert_eq!(waits(&policy(3, exponential(100, 0.1, 900)), ErrorClass::Timeout), [100, 100]);
        assert_eq!(waits(&policy(3, exponential(100, f64::NAN, 900)), ErrorClass::Timeout), [100, 100]);
    }

    #[test]
    fn no_attempt_overflows() {
        let max = Duration::MAX;
        for backoff in [
            Backoff::Exponential { initial: Duration::MAX, multiplier: f64::MAX, max },
            Backoff::Linear { initial: Duration::MAX, increment: Duration::MAX, max },
            exponential(1, 2.0, 60_000),
        ] {
            for attempt in [0, 1, 2, 1000, u32::MAX] {
                let full = backoff.after(attempt);
                let policy = RetryPolicy { jitter: Jitter::Full, ..policy(3, backoff.clone()) };
                assert!(JitterSource::seeded(3).wait(&policy, attempt, None) <= full);
            }
        }
    }

    #[test]
    fn full_jitter_is_even_between_zero_and_the_backoff() {
        let policy = RetryPolicy { jitter: Jitter::Full, ..policy(9, exponential(1000, 2.0, 8000)) };
        let mut jitter = JitterSource::seeded(42);
        for (attempt, full) in [(1, 1000), (2, 2000), (4, 8000), (9, 8000)] {
            let drawn: Vec<u128> = (0..4000).map(|_| jitter.wait(&policy, attempt, None).as_millis()).collect();
            let mean = drawn.iter().sum::<u128>() / 4000;
            assert!(drawn.iter().all(|wait| *wait <= full));
            assert!(mean > full * 45 / 100 && mean < full * 55 / 100, "mean {mean} of {full}");
            assert!(drawn.iter().any(|wait| *wait < full / 20) && drawn.iter().any(|wait| *wait > full * 19 / 20));
        }
    }

    #[test]
    fn a_seed_repeats_its_waits_and_a_hint_is_a_floor() {
        let policy = RetryPolicy { jitter: Jitter::Full, ..RetryPolicy::default() };
        let draw = |seed| (0..9).map(|n| JitterSource::seeded(seed).wait(&policy, n, None)).collect::<Vec<_>>();
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
        let floor = Duration::from_secs(40);
        assert_eq!(JitterSource::seeded(1).wait(&policy, 1, Some(floor)), floor);
    }

    #[test]
    fn classes_that_trying_again_cannot_cure_are_not_tried_again() {
        let policy = policy(5, Backoff::Fixed { delay: MS(1) });
        for class in [
            ErrorClass::Decode,
            ErrorClass::SchemaUnknown,
            ErrorClass::SchemaIncompatible,
            ErrorClass::Validation,
            ErrorClass::Unauthorized,
            ErrorClass::Rejected,
        ] {
            assert_eq!(waits(&policy, class), [0; 0], "{class}");
        }
        assert_eq!(waits(&policy, ErrorClass::Panic), [1], "a panic is tried again once");
        assert_eq!(waits(&policy, ErrorClass::SchemaRegistryUnavailable).len(), 100, "an absent registry never dead-letters");
    }

    #[test]
    fn uncounted_failures_do_not_use_up_tries() {
        let policy = policy(2, Backoff::Fixed { delay: MS(1) });
        let (mut attempts, mut jitter) = (Attempts::new(), JitterSource::seeded(1));
        let mut fail = |class: ErrorClass| {
            let failure = Failure::new(class, "x");
            attempts.failed(&policy, &failure, class.treatment(), Duration::ZERO, &mut jitter)
        };
        for _ in 0..50 {
            assert!(matches!(fail(ErrorClass::SchemaRegistryUnavailable), Verdict::RetryAfter(_)));
        }
        assert!(matches!(fail(ErrorClass::Unknown), Verdict::RetryAfter(_)));
        assert_eq!(fail(ErrorClass::Unknown), Verdict::DeadLetter);
        assert_eq!(attempts.counted(), 2);
    }

    #[test]
    fn no_try_begins_after_the_time_limit() {
        let policy = RetryPolicy { max_elapsed: Some(MS(100)), ..policy(50, Backoff::Fixed { delay: MS(30) }) };
        let failure = Failure::transient("x");
        let verdict_at =
            |elapsed| Attempts::new().failed(&policy, &failure, Treatment::Retry, MS(elapsed), &mut JitterSource::seeded(1));
        assert_eq!(verdict_at(70), Verdict::RetryAfter(MS(30)));
        assert_eq!(verdict_at(71), Verdict::DeadLetter);
    }
}
