//! The way out: typed events to confirmed records. Generated producers are thin shells around [`EventProducer`].
//!
//! One event: [`EventProducer::send`] awaits its receipt. Many: an [`EventBatch`] encodes into one reused buffer and awaits one
//! counter; there is no future, no channel and no buffer per message.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::codec::EncodeError;
use crate::confirm::{Batch, BatchReport, Completion, Single};
use crate::event::Event;
use crate::inbound::MESSAGE_HEADER;
use crate::message::{Headers, RecordRef};
use crate::schemas::{SchemaError, Schemas};
use crate::transport::{Full, Producer, Receipt, SendError};

/// Sends events of one type to one topic. Cheap to clone.
#[derive(Debug)]
pub struct EventProducer<P, E> {
    producer: Arc<P>,
    topic: Arc<str>,
    /// What stands before each payload; the schema id is settled once, when the producer is made.
    prefix: Arc<[u8]>,
    headers: Headers,
    event: PhantomData<fn(&E)>,
}

impl<P, E> Clone for EventProducer<P, E> {
    fn clone(&self) -> Self {
        Self {
            producer: Arc::clone(&self.producer),
            topic: Arc::clone(&self.topic),
            prefix: Arc::clone(&self.prefix),
            headers: self.headers.clone(),
            event: PhantomData,
        }
    }
}

/// What may be said about one message beyond the event.
#[derive(Debug, Clone, Default)]
pub struct SendOptions {
    /// The key; `None` takes the event's own.
    pub key: Option<Bytes>,
    /// Headers.
    pub headers: Headers,
    /// Milliseconds since 1970-01-01 UTC; `None` lets the broker choose.
    pub timestamp_ms: Option<i64>,
    /// The partition; `None` lets the broker choose, by key.
    pub partition: Option<i32>,
}

/// Nothing beyond the event.
const NOTHING: SendOptions = SendOptions { key: None, headers: Headers::new(), timestamp_ms: None, partition: None };

/// Buffers for one record, used again and again.
#[derive(Debug, Default)]
struct Scratch {
    key: Vec<u8>,
    has_key: bool,
    value: Vec<u8>,
}

thread_local! {
    /// For single sends: encoding and handing over happen without a wait in between, so one buffer per thread is enough.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl<P: Producer, E: Event> EventProducer<P, E> {
    /// Settles the schema's id and is ready to send.
    pub async fn new(producer: Arc<P>, topic: impl Into<Arc<str>>, schemas: &Schemas) -> Result<Self, SchemaError> {
        let topic = topic.into();
        let prefix = schemas.prefix::<E>(&topic).await?.into();
        Ok(Self { producer, topic, prefix, headers: Headers::new(), event: PhantomData })
    }

    /// Names the message in the header [`MESSAGE_HEADER`]. For channels that carry several messages.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        self.headers.push(MESSAGE_HEADER, E::NAME);
        self
    }

    /// Where it sends to.
    pub fn topic(&self) -> &Arc<str> {
        &self.topic
    }

    /// Sends one event and waits until the broker has confirmed it.
    pub async fn send(&self, event: &E) -> Result<Receipt, SendError> {
        self.send_with(event, &SendOptions::default()).await
    }

    /// The same, with this key instead of the event's own.
    pub async fn send_keyed(&self, key: &[u8], event: &E) -> Result<Receipt, SendError> {
        self.send_one(event, Some(key), &NOTHING).await
    }

    /// The same, with a key, headers, a time or a partition.
    pub async fn send_with(&self, event: &E, options: &SendOptions) -> Result<Receipt, SendError> {
        self.send_one(event, options.key.as_deref(), options).await
    }

    async fn send_one(&self, event: &E, key: Option<&[u8]>, options: &SendOptions) -> Result<Receipt, SendError> {
        let headers = self.all_headers(options);
        let (single, mut completion) = Single::new();
        loop {
            let handed_over = SCRATCH.with_borrow_mut(|scratch| {
                self.encode(event, key, scratch)?;
                Ok::<_, EncodeError>(self.enqueue(scratch, options, &headers, completion))
            });
            match handed_over? {
                Ok(()) => return single.wait().await,
                Err(Full(back)) => completion = back,
            }
            self.producer.ready().await;
        }
    }

    /// Begins a batch.
    pub fn batch(&self) -> EventBatch<'_, P, E> {
        EventBatch { producer: self, batch: Batch::new(), scratch: Scratch::default() }
    }

    /// Sends events and waits until each one is confirmed or failed.
    pub async fn send_batch<'e>(&self, events: impl IntoIterator<Item = &'e E> + Send) -> BatchReport
    where
        E: 'e,
    {
        let events: Vec<&E> = events.into_iter().collect();
        let mut batch = self.batch();
        for event in events {
            batch.push(event).await;
        }
        batch.confirm().await
    }

    /// Waits until everything sent so far is confirmed or failed, at most for `deadline`; returns how many are not.
    pub async fn flush(&self, deadline: Duration) -> usize {
        self.producer.flush(deadline).await
    }

    fn all_headers(&self, options: &SendOptions) -> Headers {
        if self.headers.is_empty() {
            return options.headers.clone();
        }
        if options.headers.is_empty() {
            return self.headers.clone();
        }
        options.headers.iter().chain(&self.headers).cloned().collect()
    }

    fn encode(&self, event: &E, key: Option<&[u8]>, scratch: &mut Scratch) -> Result<(), EncodeError> {
        scratch.value.clear();
        scratch.value.extend_from_slice(&self.prefix);
        event.encode(&mut scratch.value)?;
        scratch.key.clear();
        scratch.has_key = match key {
            Some(key) => {
                scratch.key.extend_from_slice(key);
                true
            }
            None => event.key(&mut scratch.key),
        };
        Ok(())
    }

    fn enqueue(&self, scratch: &Scratch, options: &SendOptions, headers: &Headers, completion: Completion) -> Result<(), Full> {
        let record = RecordRef {
            topic: &self.topic,
            key: scratch.has_key.then_some(scratch.key.as_slice()),
            value: Some(&scratch.value),
            headers,
            partition: options.partition,
            timestamp_ms: options.timestamp_ms,
        };
        self.producer.enqueue(record, completion)
    }
}

/// Events that are sent now and confirmed together.
///
/// Begin the next batch before confirming this one to keep the connection busy. A batch that is dropped without
/// [`EventBatch::confirm`] has been sent all the same, but nobody learns of its failures.
#[derive(Debug)]
#[must_use = "failures are reported by `confirm` and nowhere else"]
pub struct EventBatch<'p, P, E> {
    producer: &'p EventProducer<P, E>,
    batch: Batch,
    scratch: Scratch,
}

impl<P: Producer, E: Event> EventBatch<'_, P, E> {
    /// Sends an event; waits only while the producer's buffer is full. A failure to encode is in the report.
    pub async fn push(&mut self, event: &E) {
        self.push_one(event, None, &NOTHING).await;
    }

    /// The same, with this key instead of the event's own.
    pub async fn push_keyed(&mut self, key: &[u8], event: &E) {
        self.push_one(event, Some(key), &NOTHING).await;
    }

    /// The same, with a key, headers, a time or a partition.
    pub async fn push_with(&mut self, event: &E, options: &SendOptions) {
        self.push_one(event, options.key.as_deref(), options).await;
    }

    async fn push_one(&mut self, event: &E, key: Option<&[u8]>, options: &SendOptions) {
        if let Err(error) = self.producer.encode(event, key, &mut self.scratch) {
            self.batch.fail_next(error.into());
            return;
        }
        let headers = self.producer.all_headers(options);
        while let Err(Full(back)) = self.producer.enqueue(&self.scratch, options, &headers, self.batch.completion()) {
            self.batch.take_back(back);
            self.producer.producer.ready().await;
        }
    }

    /// How many events were pushed.
    pub fn len(&self) -> usize {
        self.batch.issued()
    }

    /// True when nothing was pushed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until every event of the batch is confirmed or failed. Failures carry the index of their `push`.
    pub async fn confirm(self) -> BatchReport {
        self.batch.wait().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{DecodeError, json};
    use crate::event::{Schema, SchemaFormat};
    use crate::transport::Transport;
    use crate::transports::memory::{MemoryBroker, MemoryLimits};

    struct Number(u32);

    impl Event for Number {
        const NAME: &'static str = "Number";
        const FULL_NAME: &'static str = "test.Number";
        const CONTENT_TYPE: &'static str = "application/json";
        const SCHEMA: Schema = Schema::new(SchemaFormat::Json, r#"{"type":"integer"}"#);

        fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
            if self.0 == 13 { Err(EncodeError::new("thirteen")) } else { json::encode(&self.0, out) }
        }

        fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
            json::decode(bytes).map(Self)
        }

        fn key(&self, out: &mut Vec<u8>) -> bool {
            out.push(b'0' + u8::try_from(self.0 % 10).unwrap());
            self.0 != 7
        }
    }

    type Numbers = EventProducer<crate::transports::memory::MemoryProducer, Number>;

    async fn numbers(buffered: usize) -> (MemoryBroker, Numbers) {
        let broker = MemoryBroker::with_limits(MemoryLimits { buffered, ..MemoryLimits::default() });
        broker.create_topic("numbers", 1);
        let producer = Arc::new(broker.producer().await.unwrap());
        let producer = EventProducer::new(producer, "numbers", &Schemas::local()).await.unwrap();
        (broker, producer)
    }

    #[tokio::test]
    async fn a_record_has_the_prefix_the_payload_and_a_key() {
        let (broker, producer) = numbers(10).await;
        assert_eq!(producer.send(&Number(42)).await.unwrap().offset, 0);
        producer.send(&Number(7)).await.unwrap();
        producer.send_keyed(b"own", &Number(8)).await.unwrap();
        let mut headers = Headers::new();
        headers.push("h", "1");
        let options = SendOptions { key: Some("k".into()), headers, timestamp_ms: Some(5), partition: Some(0) };
        producer.clone().tagged().send_with(&Number(9), &options).await.unwrap();
        let records = broker.records("numbers");
        assert_eq!(records[0].value.as_deref(), Some(&b"\0\0\0\0\x0142"[..]));
        let keys: Vec<_> = records.iter().map(|record| record.key.as_deref()).collect();
        assert_eq!(keys, [Some(&b"2"[..]), None, Some(b"own"), Some(b"k")]);
        assert_eq!((records[3].headers.text("h"), records[3].headers.text(MESSAGE_HEADER)), (Some("1"), Some("Number")));
        assert_eq!(records[3].timestamp_ms, Some(5));
    }

    #[tokio::test]
    async fn an_event_that_cannot_be_encoded_is_reported_and_the_others_are_sent() {
        let (broker, producer) = numbers(10).await;
        assert!(matches!(producer.send(&Number(13)).await, Err(SendError::Encode(_))));
        let report = producer.send_batch(&[Number(12), Number(13), Number(14)]).await;
        assert_eq!((report.confirmed, report.failed.len()), (2, 1));
        assert_eq!((report.failed[0].0, broker.records("numbers").len()), (1, 2));
    }

    #[tokio::test]
    async fn a_full_buffer_holds_the_sender_up_until_there_is_room() {
        let (broker, producer) = numbers(3).await;
        broker.hold_writes();
        let sending = tokio::spawn(async move {
            let numbers: Vec<Number> = (20..30).map(Number).collect();
            producer.send_batch(&numbers).await
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert!(!sending.is_finished() && broker.records("numbers").is_empty());
        broker.release_writes();
        assert_eq!(sending.await.unwrap().into_result().unwrap(), 10);
        let bodies: Vec<_> = broker.records("numbers").into_iter().map(|record| record.value.unwrap().slice(5..)).collect();
        assert_eq!(bodies, (20..30).map(|number: u32| number.to_string()).collect::<Vec<_>>());
    }
}
