//! The thread that reads the topic, from its start and for ever: committed records only, in order, each once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rdkafka::consumer::{BaseConsumer, Consumer as _, DefaultConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::watch;
use uuid::Uuid;

use super::failed;
use super::spec::KafkaSpec;
use crate::store::{Position, ReadIndex, StoreError, Wake};

/// The header that holds the [`Mark`] of a record. Other registries ignore headers.
pub(super) const MARK: &str = "eventpact-batch";

/// The header by which the one that writes says where it is reached, in its records that say nothing else. Empty when it does not
/// want to be.
pub(super) const WRITER: &str = "eventpact-writer";

/// Messages that were read and wait to be taken in.
const AHEAD: usize = 4096;

/// How long one poll waits; also how late the end of the process is noticed.
const POLL: Duration = Duration::from_millis(100);

/// To which batch of ours a record belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) batch: Uuid,
    /// How many records of the batch come after this one.
    pub(super) left: u32,
}

impl Mark {
    pub(super) fn encode(self) -> Vec<u8> {
        [self.batch.as_bytes().as_slice(), &self.left.to_be_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (batch, left) = bytes.split_first_chunk::<16>()?;
        Some(Self { batch: Uuid::from_bytes(*batch), left: u32::from_be_bytes(left.try_into().ok()?) })
    }
}

/// What the thread hands over.
#[derive(Debug)]
pub(super) enum Item {
    Message(Message),
    /// There is nothing more yet.
    End,
}

/// A record as it came.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) offset: i64,
    /// Milliseconds since 1970.
    pub(super) ts: i64,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) mark: Option<Mark>,
    /// Where the one that writes is reached.
    pub(super) writer: Option<String>,
}

impl Message {
    fn of(message: &BorrowedMessage<'_>) -> Self {
        let header = |name: &str| {
            let headers = message.headers()?;
            let mut named = (0..headers.count()).filter_map(|index| headers.try_get(index)).filter(|header| header.key == name);
            named.next()?.value
        };
        let mark = header(MARK).and_then(Mark::decode);
        let writer = header(WRITER).and_then(|url| std::str::from_utf8(url).ok()).map(str::to_owned);
        Self {
            offset: message.offset(),
            ts: message.timestamp().to_millis().unwrap_or(0),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            mark,
            writer,
        }
    }
}

/// How far the thread has come.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// The offset after the last message.
    next: i64,
    /// The newest question "is there more?" to which the answer was no.
    proven: u64,
}

/// What others see of the thread.
struct Shared {
    seen: watch::Sender<Seen>,
    /// Questions "is there more?" that were put.
    asked: AtomicU64,
    stop: AtomicBool,
    wake: ArcSwapOption<Box<dyn Fn() + Send + Sync>>,
    /// Why the topic cannot be read any further.
    broken: ArcSwapOption<String>,
}

/// The way to the thread; it ends when this is dropped.
pub(super) struct Tail {
    items: Option<Receiver<Item>>,
    shared: Arc<Shared>,
    /// For questions: a broker answers one connection in order, and a question would wait for a fetch that waits for records.
    asker: Arc<BaseConsumer>,
    thread: Option<JoinHandle<()>>,
    spec: KafkaSpec,
}

/// A client that can ask about the topic and read it. Nothing is read yet.
pub(super) fn consumer(spec: &KafkaSpec, isolation: &str) -> Result<BaseConsumer, StoreError> {
    let ours = [
        ("group.id", "eventpact-registry-reader"), // never joined, nothing is committed
        ("enable.auto.commit", "false"),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "error"),
        ("isolation.level", isolation),
        ("fetch.wait.max.ms", "100"),
        ("fetch.error.backoff.ms", "100"),
        ("reconnect.backoff.max.ms", "1000"),
    ];
    spec.client(&ours).create().map_err(|cause| failed(spec, &cause))
}

/// Lets a client read the topic from its start.
pub(super) fn from_start(spec: &KafkaSpec, consumer: &BaseConsumer) -> Result<(), StoreError> {
    let mut start = TopicPartitionList::new();
    let assigned = start.add_partition_offset(&spec.topic, 0, Offset::Beginning).and_then(|()| consumer.assign(&start));
    assigned.map_err(|cause| failed(spec, &cause))
}

impl Tail {
    pub(super) fn start(spec: &KafkaSpec, consumer: BaseConsumer) -> Result<Self, StoreError> {
        from_start(spec, &consumer)?;
        let (sender, items) = sync_channel(AHEAD);
        let shared = Arc::new(Shared {
            seen: watch::Sender::new(Seen::default()),
            asked: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            wake: ArcSwapOption::empty(),
            broken: ArcSwapOption::empty(),
        });
        let asker = Arc::new(self::consumer(spec, "read_committed")?);
        let reader = Reader { consumer, sender, shared: Arc::clone(&shared), topic: spec.topic.clone() };
        let thread = std::thread::Builder::new().name("registry-tail".into()).spawn(move || reader.run());
        let thread = Some(thread.map_err(|cause| failed(spec, &cause))?);
        Ok(Self { items: Some(items), shared, asker, thread, spec: spec.clone() })
    }

    /// What comes next, waiting at most this long.
    pub(super) fn next(&self, wait: Duration) -> Option<Item> {
        self.items.as_ref()?.recv_timeout(wait).ok()
    }

    /// What is there already.
    pub(super) fn ready(&self) -> Option<Item> {
        self.items.as_ref()?.try_recv().ok()
    }

    /// From now on `wake` is called when there is something.
    pub(super) fn watch(&self, wake: Wake) {
        self.shared.wake.store(Some(Arc::new(Box::new(move || wake()))));
    }

    /// An error when the topic cannot be read any further.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.shared.broken.load().as_ref().map_or(Ok(()), |why| Err(failed(&self.spec, why)))
    }

    pub(super) fn index(&self) -> Index {
        Index { shared: Arc::clone(&self.shared), consumer: Arc::clone(&self.asker), spec: self.spec.clone() }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
        // A thread that waits for room ends when nobody can make any.
        self.items = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Reader {
    consumer: BaseConsumer,
    sender: SyncSender<Item>,
    shared: Arc<Shared>,
    topic: String,
}

impl Reader {
    fn run(self) {
        let mut sought = 0;
        while !self.shared.stop.load(Ordering::Acquire) {
            let asked = self.shared.asked.load(Ordering::Acquire);
            if asked > sought && self.look_again() {
                sought = asked;
            }
            let item = match self.consumer.poll(POLL) {
                None => continue,
                Some(Ok(message)) => Item::Message(Message::of(&message)),
                Some(Err(KafkaError::PartitionEOF(_))) => Item::End,
                Some(Err(error)) => {
                    self.note(&error);
                    continue;
                }
            };
            let next = if let Item::Message(message) = &item { Some(message.offset + 1) } else { None };
            if self.sender.send(item).is_err() {
                return;
            }
            self.shared.seen.send_modify(|seen| match next {
                Some(next) => seen.next = next,
                None => seen.proven = sought,
            });
            if let Some(wake) = &*self.shared.wake.load() {
                wake();
            }
        }
    }

    /// Fetches anew from where we are, so that the end of the topic is told again.
    fn look_again(&self) -> bool {
        let next = self.shared.seen.borrow().next;
        let from = if next == 0 { Offset::Beginning } else { Offset::Offset(next) };
        self.consumer.seek(&self.topic, 0, from, Duration::from_secs(2)).is_ok()
    }

    fn note(&self, error: &KafkaError) {
        let is_final = matches!(error, KafkaError::MessageConsumptionFatal(_))
            || matches!(error.rdkafka_error_code(), Some(Code::AutoOffsetReset | Code::OffsetOutOfRange));
        if is_final {
            let why = format!("the topic does not hold any more what was read from it ({error}); restart to read it anew");
            tracing::error!("{why}");
            self.shared.broken.store(Some(Arc::new(why)));
        } else {
            tracing::debug!(%error, "reading the topic");
        }
    }
}

/// Asks the cluster where the topic ends.
pub(super) struct Index {
    shared: Arc<Shared>,
    consumer: Arc<BaseConsumer<DefaultConsumerContext>>,
    spec: KafkaSpec,
}

impl Index {
    async fn ask(&self) -> Result<i64, StoreError> {
        let (consumer, topic) = (Arc::clone(&self.consumer), self.spec.topic.clone());
        let asked = tokio::task::spawn_blocking(move || {
            let limit = Duration::from_millis(1500);
            consumer.fetch_watermarks(&topic, 0, limit).or_else(|_| {
                // What the library learned of the topic while a broker started may be that it has no partition, and it goes on
                // saying so for minutes unless it is made to ask again.
                consumer.fetch_metadata(Some(&topic), limit)?;
                consumer.fetch_watermarks(&topic, 0, limit)
            })
        });
        let (_, end) = asked.await.map_err(|cause| failed(&self.spec, &cause))?.map_err(|cause| failed(&self.spec, &cause))?;
        Ok(end)
    }

    async fn find(&self, applied: Position) -> Result<u64, StoreError> {
        let end = self.ask().await?;
        let number = |offset: i64| u64::try_from(offset).unwrap_or(0);
        if number(end) < applied.sequence {
            return Err(failed(&self.spec, &"the topic is shorter than what was read from it; restart to read it anew"));
        }
        let mut seen = self.shared.seen.subscribe();
        let passed = seen.wait_for(|seen| seen.next >= end);
        if tokio::time::timeout(Duration::from_millis(200), passed).await.is_ok() {
            return Ok(number(end));
        }
        // The last records are the marks of transactions, which nobody gets to see. That nothing else comes must be asked for.
        let question = self.shared.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let proven = seen.wait_for(|seen| seen.next >= end || seen.proven >= question).await;
        let seen = *proven.map_err(|cause| failed(&self.spec, &cause))?;
        Ok(number(seen.next.min(end)))
    }
}

impl ReadIndex for Index {
    fn head(&self, applied: Position) -> BoxFuture<'_, Result<u64, StoreError>> {
        let limited = async move {
            let found = tokio::time::timeout(Duration::from_secs(3), self.find(applied)).await;
            found.unwrap_or_else(|_| Err(failed(&self.spec, &"the end of the topic was not reached in time")))
        };
        limited.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_as_it_was_written_and_nothing_else_is() {
        let mark = Mark { batch: Uuid::now_v7(), left: 70_000 };
        assert_eq!(Mark::decode(&mark.encode()), Some(mark));
        assert_eq!(Mark::decode(&[0; 19]), None);
        assert_eq!(Mark::decode(&[0; 21]), None);
    }
}
