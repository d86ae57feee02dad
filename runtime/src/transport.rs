//! What a broker must offer: produce with a confirmation, consume in batches, settle, browse. Capabilities are data.
//!
//! The traits are used with static dispatch. Nothing here waits for one message at a time: a producer confirms through
//! [`Completion`]s that share one counter per batch, a consumer fills a vector that is used again.
//! No retries, no dead letters and no schemas here: those are the same for every broker and live above.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::confirm::Completion;
use crate::message::{Record, RecordRef};

/// A broker, ready to hand out producers, consumers and browsers.
pub trait Transport: Send + Sync + 'static {
    /// Its producer.
    type Producer: Producer;
    /// Its consumer.
    type Consumer: Consumer;
    /// Its reader of what a topic holds.
    type Browser: Browser;

    /// What this broker can do.
    fn capabilities(&self) -> Capabilities;

    /// Opens a producer. Share one; it is built for many senders.
    fn producer(&self) -> impl Future<Output = Result<Self::Producer, ConnectError>> + Send;

    /// Joins the group and subscribes. Messages start to flow with the first [`Consumer::next_batch`].
    fn consumer(&self, subscription: &Subscription) -> impl Future<Output = Result<Self::Consumer, ConnectError>> + Send;

    /// Opens a reader over what `topic` holds now, from its first retained message. It belongs to no group and settles nothing.
    fn browse(&self, topic: &str) -> impl Future<Output = Result<Self::Browser, ConnectError>> + Send;
}

/// Sends records and reports each one's fate through its [`Completion`].
pub trait Producer: Send + Sync + 'static {
    /// Hands `record` over without blocking; the bytes are copied or sent before this returns.
    ///
    /// `completion` is completed exactly once: when the broker has confirmed the record (with the durability that the
    /// transport was configured for, by default the strongest), or when it is certain or must be assumed that it has not.
    /// Every failure but one comes that way, also "too large" and "closed". The exception is [`Full`]: the local buffer has
    /// no room, nothing was taken, the completion comes back, and the caller waits for [`Producer::ready`].
    fn enqueue(&self, record: RecordRef<'_>, completion: Completion) -> Result<(), Full>;

    /// Resolves when there is likely room again. It may resolve early, never hang while there is room.
    fn ready(&self) -> impl Future<Output = ()> + Send;

    /// Waits until every record handed over so far is confirmed or failed, at most for `deadline`; returns how many are not.
    fn flush(&self, deadline: Duration) -> impl Future<Output = usize> + Send;
}

/// The local buffer of a producer is full. Nothing was taken; the completion comes back untouched.
#[derive(Debug)]
pub struct Full(pub Completion);

/// Receives deliveries of the partitions that its group gives it, and settles them.
///
/// Dropping a consumer without [`Consumer::close`] is a crash: nothing more is committed, and what was not settled (or whose
/// settlement was not flushed) is delivered again, to somebody. Nothing may be lost that way.
pub trait Consumer: Send + 'static {
    /// What this consumer can do.
    fn capabilities(&self) -> Capabilities;

    /// Appends up to `max` deliveries to `into`; waits up to `wait` for the first one, and never for the second.
    ///
    /// Within a partition deliveries come in order. Dropping the future loses nothing: what is in `into` has been delivered,
    /// everything else comes with the next call. `Ok` with nothing appended is normal (nothing there, or every window is full).
    fn next_batch(
        &mut self,
        into: &mut Vec<Delivery>,
        max: usize,
        wait: Duration,
    ) -> impl Future<Output = Result<(), RecvError>> + Send;

    /// Appends what happened to the assignment since the last call, in order.
    fn take_events(&mut self, into: &mut Vec<AssignmentEvent>);

    /// Says what became of a delivery. Cheap and local: it takes effect in the broker with [`Consumer::flush_settles`].
    ///
    /// Order is free. A token of an assignment that has been revoked since is ignored: the message belongs to another
    /// consumer now.
    fn settle(&mut self, token: Token, settle: Settle);

    /// Acknowledges many deliveries. The same as [`Consumer::settle`] for each; a transport that has to take a lock takes it once.
    fn acknowledge(&mut self, tokens: &[Token]) {
        for token in tokens {
            self.settle(*token, Settle::Ack);
        }
    }

    /// Makes the settlements so far known to the broker. When it returns `Ok`, they survive a crash of this process.
    ///
    /// A broker without per-message acknowledgement commits the contiguous settled prefix of each partition and never more.
    fn flush_settles(&mut self) -> impl Future<Output = Result<(), RecvError>> + Send;

    /// Flushes the settlements and leaves the group, at most within `deadline`. What is not settled goes back.
    fn close(self, deadline: Duration) -> impl Future<Output = Result<(), RecvError>> + Send;
}

/// Reads a snapshot of a topic: everything from the first retained message to the end at the time it was opened.
pub trait Browser: Send + 'static {
    /// Appends up to `max` deliveries; waits up to `wait` for the first. Returns false when the end is reached.
    ///
    /// The tokens of browsed deliveries settle nothing.
    fn next_batch(
        &mut self,
        into: &mut Vec<Delivery>,
        max: usize,
        wait: Duration,
    ) -> impl Future<Output = Result<bool, RecvError>> + Send;
}

/// What to consume, and how much of it may be unsettled.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// The topics.
    pub topics: Vec<Arc<str>>,
    /// The consumer group. Members of one group share the partitions.
    pub group: Arc<str>,
    /// Where a group without a committed position begins.
    pub start: StartAt,
    /// How many messages of one partition may be delivered beyond the first unsettled one. Past it the partition rests
    /// until that one is settled. It bounds memory, and the duplicates after a crash.
    pub window: usize,
}

impl Subscription {
    /// One topic for one group, from the earliest message, with a window of 10 000.
    pub fn new(topic: impl Into<Arc<str>>, group: impl Into<Arc<str>>) -> Self {
        Self { topics: vec![topic.into()], group: group.into(), start: StartAt::Earliest, window: 10_000 }
    }
}

/// Where a new group begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// At the first message that the broker still has: nothing is missed.
    Earliest,
    /// With messages that come from now on.
    Latest,
}

/// One message as a consumer gets it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The message. `partition` and, where the broker has them, `timestamp_ms` are set.
    pub record: Record,
    /// Its offset in the partition, or the broker's number of the delivery.
    pub offset: i64,
    /// How often the broker has delivered it, from 1, on brokers that count ([`Capabilities::delivery_count`]).
    pub delivery_count: Option<u32>,
    /// What to settle it with.
    pub token: Token,
}

impl Delivery {
    /// The partition it came from; 0 on brokers without partitions.
    pub fn partition(&self) -> i32 {
        self.token.partition
    }
}

/// Names a delivery when it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token {
    /// Index of the topic in [`Subscription::topics`].
    pub topic: u32,
    /// The partition.
    pub partition: i32,
    /// The offset, or the broker's number of the delivery.
    pub offset: i64,
    /// Which assignment of the partition it belongs to: after a rebalance old tokens are stale.
    pub epoch: u32,
}

/// What became of a delivery. There is no way to drop one: what cannot be handled is written to a dead-letter queue
/// first, and acknowledged when that write is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// Done with: handled, or safely in the dead-letter queue.
    Ack,
    /// Not done with: deliver it again. On a broker without per-message acknowledgement nothing past it is committed, and it
    /// comes again with the next assignment.
    Release,
}

/// What happened to the partitions of a consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignmentEvent {
    /// These partitions are ours now.
    Assigned(Vec<TopicPartition>),
    /// These are given up; their settled prefix has been committed.
    Revoked(Vec<TopicPartition>),
    /// These were taken (a missed deadline); nothing may be committed for them any more.
    Lost(Vec<TopicPartition>),
}

/// A partition of a subscribed topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// Index of the topic in [`Subscription::topics`].
    pub topic: u32,
    /// The partition.
    pub partition: i32,
}

/// Where the broker put a record. It exists only after the broker has confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The partition.
    pub partition: i32,
    /// The offset, or the broker's number of the message.
    pub offset: i64,
}

/// What a broker can do by itself. The rest is done above, or refused when a policy cannot be honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Every message is acknowledged on its own; false: a position is committed.
    pub per_message_ack: bool,
    /// A message can be given back with a delay.
    pub nack_delay: bool,
    /// The broker moves messages to a dead-letter queue by itself. Only a safety net: it carries no error.
    pub native_dlq: bool,
    /// Messages of one partition keep their order.
    pub ordered_partitions: bool,
    /// Several writes and a position can be committed together.
    pub transactions: bool,
    /// The broker counts deliveries.
    pub delivery_count: bool,
}

/// A producer, consumer or browser could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The configuration cannot work.
    #[error("the transport's configuration is not usable: {0}")]
    Config(String),
    /// The broker was not reached or refused.
    #[error("cannot reach the broker: {0}")]
    Unavailable(String),
    /// The topic does not exist.
    #[error("there is no topic `{0}`: create it, or check the channel's address")]
    NoTopic(String),
}

/// A record was not confirmed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The event could not be encoded; nothing was sent.
    #[error("the event cannot be encoded: {0}")]
    Encode(#[from] crate::codec::EncodeError),
    /// The schema of the event has no id; nothing was sent.
    #[error("the schema of the event is not registered: {0}")]
    Schema(#[from] crate::schemas::SchemaError),
    /// The record is larger than the broker takes.
    #[error("the record of {bytes} bytes is too large for topic `{topic}`: {reason}")]
    TooLarge {
        /// Where it should have gone.
        topic: Arc<str>,
        /// Size of key and body.
        bytes: usize,
        /// What the client or broker said.
        reason: String,
    },
    /// No confirmation in time. The record may have been written all the same.
    #[error("no confirmation from the broker in time: {0}")]
    Timeout(String),
    /// The broker refused the record (unknown topic, no permission, …).
    #[error("the broker refused the record: {0}")]
    Refused(String),
    /// The producer is closed or was dropped before a confirmation came. The record may have been written all the same.
    #[error("the producer was closed before the record was confirmed")]
    Closed,
}

impl SendError {
    /// True when sending the same record again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Timeout(_) | Self::Refused(_) => true,
            Self::Schema(error) => error.is_transient(),
            Self::Encode(_) | Self::TooLarge { .. } | Self::Closed => false,
        }
    }
}

/// Receiving or settling failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RecvError {
    /// It may work again: the connection is lost, the broker restarts, the group rebalances.
    #[error("the broker is not available for now: {0}")]
    Transient(String),
    /// It will not work again without a change: no permission, no such topic, fenced by another consumer.
    #[error("the consumer cannot go on: {0}")]
    Fatal(String),
}
