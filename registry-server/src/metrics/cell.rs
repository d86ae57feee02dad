//! Counters that are laid out beforehand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::Method;

use super::SECONDS;

/// The methods that are told apart.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "other"];

/// The statuses that are told apart; 0 stands for all others.
const STATUSES: [u16; 22] =
    [200, 204, 303, 304, 400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 422, 429, 500, 501, 503, 504, 507, 0];

/// A histogram whose buckets are atomic numbers.
#[derive(Debug)]
pub(super) struct Histogram {
    bounds: &'static [f64],
    /// One more than there are bounds: the last has what is above them.
    buckets: Box<[AtomicU64]>,
    /// In millionths.
    sum: AtomicU64,
}

impl Histogram {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, buckets: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), sum: AtomicU64::new(0) }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // never negative, and a sum of that size would take ages
    pub(super) fn record(&self, value: f64) {
        let index = self.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.buckets.get(index) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add((value * 1e6) as u64, Ordering::Relaxed);
    }

    /// Sum, count, and each bound with how many are in its bucket alone.
    #[allow(clippy::cast_precision_loss)] // a sum for people
    pub(super) fn read(&self) -> (f64, u64, Vec<(f64, u64)>) {
        let bounds = self.bounds.iter().copied().chain([f64::INFINITY]);
        let counts: Vec<u64> = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        let sum = self.sum.load(Ordering::Relaxed) as f64 / 1e6;
        (sum, counts.iter().sum(), bounds.zip(counts).collect())
    }
}

/// The requests of one route.
#[derive(Debug)]
pub(super) struct Requests {
    methods: [OfMethod; METHODS.len()],
}

#[derive(Debug)]
struct OfMethod {
    statuses: [AtomicU64; STATUSES.len()],
    seconds: Histogram,
}

impl Default for Requests {
    fn default() -> Self {
        let zero = |_| AtomicU64::new(0);
        let of_method = |_| OfMethod { statuses: std::array::from_fn(zero), seconds: Histogram::new(SECONDS) };
        Self { methods: std::array::from_fn(of_method) }
    }
}

impl Requests {
    pub(super) fn record(&self, method: &Method, status: u16, took: Duration) {
        let index = METHODS.iter().position(|known| *known == method.as_str()).unwrap_or(METHODS.len() - 1);
        let Some(of_method) = self.methods.get(index) else { return };
        let status = STATUSES.iter().position(|known| *known == status).unwrap_or(STATUSES.len() - 1);
        if let Some(count) = of_method.statuses.get(status) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        of_method.seconds.record(took.as_secs_f64());
    }

    /// Method, status and count of what occurred.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, u16, u64)> + '_ {
        let each = METHODS.iter().zip(&self.methods);
        each.flat_map(|(method, of_method)| {
            let counts = STATUSES.iter().zip(&of_method.statuses);
            counts.map(move |(status, count)| (*method, *status, count.load(Ordering::Relaxed)))
        })
        .filter(|(.., count)| *count > 0)
    }

    /// Method and time of what occurred.
    pub(super) fn times(&self) -> impl Iterator<Item = (&'static str, &Histogram)> {
        let each = METHODS.iter().zip(&self.methods).map(|(method, of_method)| (*method, &of_method.seconds));
        each.filter(|(_, seconds)| seconds.read().1 > 0)
    }

    /// How many answers had this status.
    pub(super) fn with_status(&self, wanted: u16) -> u64 {
        self.counts().filter(|(_, status, _)| *status == wanted).map(|(.., count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_counts_into_the_bucket_that_holds_the_value() {
        let histogram = Histogram::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 9.0] {
            histogram.record(value);
        }
        let (sum, count, buckets) = histogram.read();
        assert!((sum - 12.0).abs() < 1e-6);
        assert_eq!((count, buckets), (4, vec![(1.0, 2), (2.0, 1), (f64::INFINITY, 1)]));
    }

    #[test]
    fn what_is_not_told_apart_is_counted_all_the_same() {
        let requests = Requests::default();
        requests.record(&Method::PATCH, 299, Duration::from_millis(1));
        requests.record(&Method::GET, 200, Duration::from_millis(1));
        assert_eq!(requests.counts().collect::<Vec<_>>(), [("GET", 200, 1), ("other", 0, 1)]);
        assert_eq!((requests.with_status(200), requests.times().count()), (1, 2));
    }
}
