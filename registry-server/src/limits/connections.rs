//! The open connections, so that those who only hold one make room for those who ask something.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// A connection may wait so long for the next request.
pub(crate) const IDLE_TIME: Duration = Duration::from_secs(60);

/// The head of a request must be complete so long after its first byte.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(10);

/// Waits for the first byte of a request.
const IDLE: u8 = 0;
/// Reads the head of a request.
const HEAD: u8 = 1;
/// Answers a request.
const BUSY: u8 = 2;

/// What is known of a connection: what it does, and since when.
pub(crate) struct Connection {
    start: Instant,
    phase: AtomicU8,
    /// Milliseconds after `start`.
    since: AtomicU64,
    close: Notify,
    /// HTTP/2: requests come at the same time, and bytes come without any (pings, windows).
    multiplexed: AtomicBool,
    /// Requests that are being answered, of a multiplexed connection.
    in_flight: AtomicUsize,
}

/// A request that is being answered, of a multiplexed connection, which is idle when the last of these goes.
pub(crate) struct InFlight(Arc<Connection>);

impl Drop for InFlight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle();
        }
    }
}

impl Connection {
    fn new(start: Instant) -> Self {
        let connection = Self {
            start,
            phase: AtomicU8::new(IDLE),
            since: AtomicU64::new(0),
            close: Notify::new(),
            multiplexed: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
        };
        connection.enter(IDLE);
        connection
    }

    fn enter(&self, phase: u8) {
        let since = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(since, Ordering::Relaxed);
        self.phase.store(phase, Ordering::Relaxed);
    }

    /// Bytes came in.
    pub(crate) fn received(&self) {
        if self.phase.load(Ordering::Relaxed) == IDLE && !self.multiplexed.load(Ordering::Relaxed) {
            self.enter(HEAD);
        }
    }

    /// The head of a request is complete.
    pub(crate) fn busy(&self) {
        self.phase.store(BUSY, Ordering::Relaxed);
    }

    /// The answer is made, or a part of it was sent.
    pub(crate) fn idle(&self) {
        self.enter(IDLE);
    }

    /// A part of an answer was sent.
    pub(crate) fn sent(&self) {
        if self.phase.load(Ordering::Relaxed) == IDLE && !self.multiplexed.load(Ordering::Relaxed) {
            self.enter(IDLE);
        }
    }

    /// From now on it is one of HTTP/2, which only requests keep from being idle.
    pub(crate) fn multiplex(&self) {
        self.multiplexed.store(true, Ordering::Relaxed);
        self.idle();
    }

    /// One more request is being answered.
    pub(crate) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::AcqRel);
        self.busy();
        InFlight(Arc::clone(self))
    }

    /// When the peer must have sent something; `None` while a request is answered.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let limit = match self.phase.load(Ordering::Relaxed) {
            IDLE => IDLE_TIME,
            HEAD => HEAD_TIME,
            _ => return None,
        };
        Some(self.start + Duration::from_millis(self.since.load(Ordering::Relaxed)) + limit)
    }

    /// Done when the connection is to make room.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }
}

/// All connections.
pub(crate) struct Connections {
    start: Instant,
    max: usize,
    next: AtomicU64,
    open: Mutex<HashMap<u64, Arc<Connection>>>,
}

/// One of them; it is off the list when this goes.
pub(crate) struct Listed {
    pub(crate) connection: Arc<Connection>,
    number: u64,
    all: Arc<Connections>,
}

impl Drop for Listed {
    fn drop(&mut self) {
        if let Ok(mut open) = self.all.open.lock() {
            open.remove(&self.number);
        }
    }
}

impl Connections {
    pub(crate) fn new(max: usize) -> Self {
        Self { start: Instant::now(), max: max.max(1), next: AtomicU64::new(0), open: Mutex::default() }
    }

    /// Lists one more. When there are too many, the one that has kept us waiting longest is closed; `None` when all are being
    /// answered.
    pub(crate) fn list(self: &Arc<Self>) -> Option<Listed> {
        let connection = Arc::new(Connection::new(self.start));
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut open = self.open.lock().ok()?;
        if open.len() >= self.max && !close_one(&mut open) {
            return None;
        }
        open.insert(number, Arc::clone(&connection));
        Some(Listed { connection, number, all: Arc::clone(self) })
    }

    /// Closes the one that has kept us waiting longest: the system has no room for more.
    pub(crate) fn make_room(&self) {
        if let Ok(mut open) = self.open.lock() {
            close_one(&mut open);
        }
    }
}

fn close_one(open: &mut HashMap<u64, Arc<Connection>>) -> bool {
    let waiting = open.iter().filter(|(_, connection)| connection.phase.load(Ordering::Relaxed) != BUSY);
    let longest = waiting.min_by_key(|(_, connection)| connection.since.load(Ordering::Relaxed)).map(|(number, _)| *number);
    let Some(connection) = longest.and_then(|number| open.remove(&number)) else { return false };
    connection.close.notify_one();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_of_many_requests_at_a_time_is_busy_until_the_last_is_answered() {
        let all = Arc::new(Connections::new(2));
        let listed = all.list().unwrap();
        let connection = &listed.connection;
        connection.multiplex();
        connection.received();
        assert!(connection.deadline().unwrap() > Instant::now() + HEAD_TIME, "a ping is no request");
        let (first, second) = (connection.begin(), connection.begin());
        drop(first);
        assert!(connection.deadline().is_none());
        drop(second);
        assert!(connection.deadline().is_some());
    }

    #[tokio::test]
    async fn the_one_that_waits_longest_makes_room_and_a_busy_one_never() {
        let all = Arc::new(Connections::new(2));
        let (first, second) = (all.list().unwrap(), all.list().unwrap());
        first.connection.busy();
        second.connection.received();
        assert!(second.connection.deadline().unwrap() <= Instant::now() + HEAD_TIME);
        assert!(first.connection.deadline().is_none());
        let third = all.list().expect("the second makes room");
        tokio::time::timeout(Duration::from_secs(5), second.connection.closed()).await.expect("it is told");
        third.connection.busy();
        assert!(all.list().is_none(), "both are busy");
        drop(second);
        drop(first);
        assert!(all.list().is_some());
        assert_eq!(all.open.lock().unwrap().len(), 1, "dropped ones are off the list");
    }
}
