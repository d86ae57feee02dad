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

    /// The same, with a key, headers, a time or a partition.
    pub async fn send_with(&self, event: &E, options: &SendOptions) -> Result<Receipt, SendError> {
        let headers = self.all_headers(options);
        let (single, mut completion) = Single::new();
        loop {
            let handed_over = SCRATCH.with_borrow_mut(|scratch| {
                self.encode(event, options, scratch)?;
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

    fn encode(&self, event: &E, options: &SendOptions, scratch: &mut Scratch) -> Result<(), EncodeError> {
        scratch.value.clear();
        scratch.value.extend_from_slice(&self.prefix);
        event.encode(&mut scratch.value)?;
        scratch.key.clear();
        scratch.has_key = options.key.is_none() && event.key(&mut scratch.key);
        Ok(())
    }

    fn enqueue(&self, scratch: &Scratch, options: &SendOptions, headers: &Headers, completion: Completion) -> Result<(), Full> {
        let own_key = scratch.has_key.then_some(scratch.key.as_slice());
        let record = RecordRef {
            topic: &self.topic,
            key: options.key.as_deref().or(own_key),
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
        const NOTHING: SendOptions = SendOptions { key: None, headers: Headers::new(), timestamp_ms: None, partition: None };
        self.push_with(event, &NOTHING).await;
    }

    /// The same, with a key, headers, a time or a partition.
    pub async fn push_with(&mut self, event: &E, options: &SendOptions) {
        if let Err(error) = self.producer.encode(event, options, &mut self.scratch) {
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
