//! Requests in time, by the generic cell rate algorithm: one instant per key, and a bounded number of keys.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Parts of the table, so that requests do not wait for each other.
const SHARDS: usize = 16;

/// The most keys of one part.
const MAX_KEYS: usize = 4096;

/// So many a second in the long run, so many at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// In the long run; above 0.
    pub per_second: f64,
    /// At once; at least 1.
    pub burst: u32,
}

impl Rate {
    /// So many a second, and twice as many at once. `None` for what is no rate.
    pub fn per_second(per_second: f64) -> Option<Self> {
        if !(0.001..=1e9).contains(&per_second) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds that were just checked")]
        let burst = ((per_second * 2.0).ceil() as u32).max(1);
        Some(Self { per_second, burst })
    }
}

/// Too many came; after this time there is room for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFast(pub(crate) Duration);

/// Counters, one for each key.
pub(crate) struct Buckets<K> {
    /// Between two, in the long run.
    interval: Duration,
    /// How far a key may be ahead of that.
    ahead: Duration,
    hasher: RandomState,
    /// When the next one would come if all came evenly.
    shards: Vec<Mutex<HashMap<K, Instant>>>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        let interval = Duration::from_secs_f64(1.0 / rate.per_second.clamp(0.001, 1e9));
        let ahead = interval.saturating_mul(rate.burst.max(1)).min(Duration::from_secs(86_400));
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Self { interval, ahead, hasher: RandomState::new(), shards }
    }

    /// Counts one, if there is room.
    pub(crate) fn take(&self, key: &K) -> Result<(), TooFast> {
        self.at(key, Instant::now(), true)
    }

    /// Is there room for one? Counts nothing.
    pub(crate) fn has_room(&self, key: &K) -> Result<(), TooFast> {
        self.at(key, Instant::now(), false)
    }

    fn at(&self, key: &K, now: Instant, count: bool) -> Result<(), TooFast> {
        let shard = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let Ok(mut known) = self.shards[shard].lock() else { return Ok(()) };
        let next = known.get(key).copied().map_or(now, |next| next.max(now)) + self.interval;
        if next > now + self.ahead {
            return Err(TooFast(next - (now + self.ahead)));
        }
        if count {
            if known.len() >= MAX_KEYS && !known.contains_key(key) {
                known.retain(|_, next| *next > now);
            }
            if known.len() >= MAX_KEYS
                && !known.contains_key(key)
                && let Some(other) = known.keys().next().cloned()
            {
                // More keys than we count are busy at once: memory is bounded all the same, and one of them starts anew.
                known.remove(&other);
            }
            known.insert(key.clone(), next);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let buckets = Buckets::new(Rate { per_second: 10.0, burst: 3 });
        let start = Instant::now();
        let at = |millis| buckets.at(&"a", start + Duration::from_millis(millis), true);
        assert!(at(0).is_ok() && at(0).is_ok() && at(0).is_ok());
        let TooFast(wait) = at(0).unwrap_err();
        assert!(wait <= Duration::from_millis(100) && wait > Duration::from_millis(90), "{wait:?}");
        assert!(at(101).is_ok() && at(101).is_err());
        assert!(buckets.at(&"b", start, true).is_ok(), "another key has a count of its own");
        let passed = (0..1000).filter(|n| at(200 + n * 10).is_ok()).count();
        assert!((98..=106).contains(&passed), "{passed}");
    }

    #[test]
    fn keys_are_bounded() {
        let buckets = Buckets::new(Rate { per_second: 0.01, burst: 1 });
        for n in 0..200_000_u32 {
            let _ = buckets.take(&n);
        }
        let all: usize = buckets.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(all <= SHARDS * MAX_KEYS, "{all}");
    }

    #[test]
    fn what_is_no_rate_is_none() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Rate::per_second(bad), None);
        }
        assert_eq!(Rate::per_second(0.2), Some(Rate { per_second: 0.2, burst: 1 }));
    }
}
