//! What is counted, and the page that Prometheus reads (OpenMetrics text).
//!
//! Counting is a few additions to atomic numbers that were laid out at the start: no lock, no allocation, whatever a request
//! looks like. What can be read off the state (how many schemas there are) is not counted but asked for when the page is made.

mod cell;
mod page;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use axum::http::Method;

use crate::grpc;
use crate::routes::PATHS;
use cell::{Histogram, Requests};

/// Upper bounds of the time that an answer takes, in seconds.
const SECONDS: &[f64] = &[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds of how many requests share one commit.
const SIZES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// By the path of the route.
    routes: HashMap<&'static str, Requests>,
    /// Of requests whose path is no route.
    elsewhere: Requests,
    started: SystemTime,
    begun: Instant,
    /// Connections that are open.
    connections: AtomicI64,
    store: StoreMetrics,
}

/// What the writer does.
#[derive(Debug)]
struct StoreMetrics {
    /// Batches that became durable, by how many requests they had.
    batches: Histogram,
    /// The time until they were.
    seconds: Histogram,
    failures: AtomicU64,
    /// When all that others have written was last taken in, in milliseconds since the start.
    caught_up: AtomicU64,
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new() -> Arc<Self> {
        let routes = PATHS.iter().chain(&grpc::PATHS).map(|path| (*path, Requests::default())).collect();
        let store = StoreMetrics {
            batches: Histogram::new(SIZES),
            seconds: Histogram::new(SECONDS),
            failures: AtomicU64::new(0),
            caught_up: AtomicU64::new(0),
        };
        let (elsewhere, started, begun) = (Requests::default(), SystemTime::now(), Instant::now());
        Arc::new(Self { routes, elsewhere, started, begun, connections: AtomicI64::new(0), store })
    }

    /// A request was answered. `path` is that of its route, where it has one.
    pub(crate) fn answered(&self, path: Option<&str>, method: &Method, status: u16, took: Duration) {
        let requests = path.and_then(|path| self.routes.get(path)).unwrap_or(&self.elsewhere);
        requests.record(method, status, took);
    }

    /// A connection was opened; it is closed when the guard goes.
    pub(crate) fn connected(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    /// A batch of so many requests became durable.
    pub(crate) fn committed(&self, requests: usize, took: Duration) {
        self.store.batches.record(u32::try_from(requests).map_or(f64::MAX, f64::from));
        self.store.seconds.record(took.as_secs_f64());
    }

    /// All that others have written is taken in.
    pub(crate) fn caught_up(&self) {
        self.store.caught_up.store(self.milliseconds(), Ordering::Relaxed);
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A batch did not become durable.
    pub(crate) fn commit_failed(&self) {
        self.store.failures.fetch_add(1, Ordering::Relaxed);
    }
}

/// An open connection.
pub(crate) struct Connected(Arc<Metrics>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
