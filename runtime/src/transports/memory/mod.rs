//! A broker in this process: topics with partitions, groups with committed offsets, rebalancing, and failures on demand.
//!
//! It keeps the rules of a log broker (prefix commits, one owner per partition, crash means redelivery), so what passes here
//! exercises the same code as a real one. It keeps everything in memory and forgets it with the last handle.

mod consumer;
mod producer;
mod state;

use std::sync::Arc;
use std::time::Duration;

pub use consumer::{MemoryBrowser, MemoryConsumer};
pub use producer::MemoryProducer;

use crate::message::Record;
use crate::transport::{Capabilities, ConnectError, SendError, Subscription, Transport};
use state::Shared;

/// The broker. Cheap to clone; clones are one broker.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use eventpact_runtime::confirm::Single;
/// use eventpact_runtime::message::Record;
/// use eventpact_runtime::transport::{Producer, Transport};
/// use eventpact_runtime::transports::memory::MemoryBroker;
///
/// let broker = MemoryBroker::new();
/// broker.create_topic("orders", 3);
/// let producer = broker.producer().await.unwrap();
/// let (receipt, completion) = Single::new();
/// producer.enqueue(Record::new("orders", "a body").as_ref(), completion).unwrap();
/// assert_eq!(receipt.wait().await.unwrap().offset, 0);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct MemoryBroker {
    shared: Arc<Shared>,
}

/// The limits of a [`MemoryBroker`].
#[derive(Debug, Clone, Copy)]
pub struct MemoryLimits {
    /// Records that producers may hand over while writes are held ([`MemoryBroker::hold_writes`]) before they get `Full`.
    pub buffered: usize,
    /// Bytes of key, body and headers of one record.
    pub record_bytes: usize,
}

impl Default for MemoryLimits {
    /// 10 000 records, 1 MiB.
    fn default() -> Self {
        Self { buffered: 10_000, record_bytes: 1 << 20 }
    }
}

impl Default for MemoryBroker {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryBroker {
    /// An empty broker with the default limits.
    pub fn new() -> Self {
        Self::with_limits(MemoryLimits::default())
    }

    /// An empty broker.
    pub fn with_limits(limits: MemoryLimits) -> Self {
        Self { shared: Arc::new(Shared::new(limits)) }
    }

    /// Makes a topic with that many partitions (at least one); an existing one stays as it is.
    pub fn create_topic(&self, topic: &str, partitions: usize) {
        self.shared.lock().create_topic(topic, partitions.max(1));
        self.shared.changed.notify_waiters();
    }

    /// Everything that a topic holds, partition by partition.
    pub fn records(&self, topic: &str) -> Vec<Record> {
        self.shared.lock().records(topic)
    }

    /// What a group has committed for a partition: the offset at which the next owner begins.
    pub fn committed(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        self.shared.lock().committed(group, topic, partition)
    }

    /// From now on writes are neither confirmed nor failed, as if the broker were away.
    pub fn hold_writes(&self) {
        self.shared.lock().hold(true);
    }

    /// Writes what was held, and goes on as usual.
    pub fn release_writes(&self) {
        self.shared.release();
    }

    /// Fails every write to `topic` with `error`; `None` makes the topic writable again.
    pub fn refuse_writes(&self, topic: &str, error: Option<SendError>) {
        self.shared.lock().refuse(topic, error);
    }

    /// Takes all partitions away from a group's members at once, as if they had missed a deadline. They notice with their next
    /// fetch, and may not commit what they had.
    pub fn expel(&self, group: &str) {
        self.shared.lock().expel(group);
        self.shared.changed.notify_waiters();
    }
}

const CAPABILITIES: Capabilities = Capabilities {
    per_message_ack: false,
    nack_delay: false,
    native_dlq: false,
    ordered_partitions: true,
    transactions: false,
    delivery_count: false,
};

impl Transport for MemoryBroker {
    type Producer = MemoryProducer;
    type Consumer = MemoryConsumer;
    type Browser = MemoryBrowser;

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn producer(&self) -> Result<MemoryProducer, ConnectError> {
        Ok(MemoryProducer::new(Arc::clone(&self.shared)))
    }

    async fn consumer(&self, subscription: &Subscription) -> Result<MemoryConsumer, ConnectError> {
        MemoryConsumer::join(Arc::clone(&self.shared), subscription.clone())
    }

    async fn browse(&self, topic: &str) -> Result<MemoryBrowser, ConnectError> {
        MemoryBrowser::open(&self.shared, topic)
    }
}

/// Waits for `ready` at most for `limit`; false when it did not come.
async fn within(limit: Duration, ready: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(limit, ready).await.is_ok()
}
