//! What the runtime itself costs per message: typed sending and consuming against a broker that does nothing.
//!
//! `cargo run --profile quick -p eventpact-runtime --example hot_path`
#![allow(clippy::print_stdout, reason = "it prints what it measures")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use eventpact_runtime::codec::{DecodeError, EncodeError, framing};
use eventpact_runtime::confirm::Completion;
use eventpact_runtime::consumer::{ConsumerConfig, Dispatch, run};
use eventpact_runtime::event::{Event, Schema, SchemaFormat};
use eventpact_runtime::failure::Outcome;
use eventpact_runtime::inbound::Inbound;
use eventpact_runtime::message::{Record, RecordRef};
use eventpact_runtime::policy::dead_letter::DeadLetterQueue;
use eventpact_runtime::producer::EventProducer;
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::shutdown::Shutdown;
use eventpact_runtime::transport::{
    AssignmentEvent, Capabilities, Consumer, Delivery, Full, Producer, Receipt, RecvError, Settle, Token,
};

const COUNT: usize = 2_000_000;
const BODY: usize = 1024;

/// An event that costs next to nothing to code, so that the rest shows.
struct Blob(Bytes);

impl Event for Blob {
    const NAME: &'static str = "Blob";
    const FULL_NAME: &'static str = "bench.Blob";
    const CONTENT_TYPE: &'static str = "application/octet-stream";
    const SCHEMA: Schema = Schema::new(SchemaFormat::Avro, "\"bytes\"");

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(Self(Bytes::copy_from_slice(bytes.get(..8).unwrap_or_default())))
    }

    fn key(&self, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(self.0.get(..8).unwrap_or_default());
        true
    }
}

/// Confirms at once.
struct Nowhere;

impl Producer for Nowhere {
    fn enqueue(&self, record: RecordRef<'_>, completion: Completion) -> Result<(), Full> {
        std::hint::black_box(record.value);
        completion.confirmed(Receipt { partition: 0, offset: 0 });
        Ok(())
    }

    async fn ready(&self) {}

    async fn flush(&self, _deadline: Duration) -> usize {
        0
    }
}

/// Delivers one body again and again, as a client that hands out slices of a fetch would.
struct Endless {
    body: Bytes,
    topic: Arc<str>,
    next: i64,
    settled: usize,
}

impl Consumer for Endless {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            per_message_ack: false,
            nack_delay: false,
            native_dlq: false,
            ordered_partitions: true,
            transactions: false,
            delivery_count: false,
        }
    }

    async fn next_batch(&mut self, into: &mut Vec<Delivery>, max: usize, _wait: Duration) -> Result<(), RecvError> {
        for _ in 0..max {
            let offset = self.next;
            self.next += 1;
            let record = Record {
                topic: Arc::clone(&self.topic),
                key: Some(self.body.slice(8..16)),
                value: Some(self.body.clone()),
                headers: eventpact_runtime::message::Headers::new(),
                partition: Some(0),
                timestamp_ms: Some(0),
            };
            into.push(Delivery {
                record,
                offset,
                delivery_count: None,
                token: Token { topic: 0, partition: 0, offset, epoch: 0 },
            });
        }
        Ok(())
    }

    fn take_events(&mut self, _into: &mut Vec<AssignmentEvent>) {}

    fn settle(&mut self, token: Token, _settle: Settle) {
        std::hint::black_box(token);
        self.settled += 1;
    }

    async fn flush_settles(&mut self) -> Result<(), RecvError> {
        Ok(())
    }

    async fn close(self, _deadline: Duration) -> Result<(), RecvError> {
        Ok(())
    }
}

struct Handle {
    inbound: Inbound,
    seen: AtomicUsize,
    stop: Shutdown,
}

impl Dispatch for Handle {
    async fn dispatch(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        let event = match self.inbound.open(delivery).await.and_then(|opened| opened.decode::<Blob>(attempt)) {
            Ok(event) => event,
            Err(failure) => return Outcome::Failed(failure),
        };
        std::hint::black_box(event);
        if self.seen.fetch_add(1, Ordering::Relaxed) == COUNT {
            self.stop.stop();
        }
        Outcome::Ack
    }

    fn name(&self) -> &'static str {
        "Handle"
    }
}

/// Nanoseconds that this thread has spent on a processor: a loaded machine does not blur it as it does the clock.
fn on_cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

async fn produce(schemas: &Schemas) -> Result<u64, Box<dyn std::error::Error>> {
    let producer = EventProducer::<_, Blob>::new(Arc::new(Nowhere), "bench", schemas).await?;
    let event = Blob(Bytes::from(vec![7; BODY]));
    let begun = on_cpu();
    let mut batch = producer.batch();
    for _ in 0..COUNT {
        batch.push(&event).await;
    }
    batch.confirm().await.into_result().map_err(|(_, error)| error)?;
    Ok(on_cpu() - begun)
}

async fn consume(schemas: &Schemas) -> Result<u64, Box<dyn std::error::Error>> {
    let mut body = Vec::new();
    framing::write_prefix(schemas.id_for::<Blob>("bench").await?.unwrap_or(0), &mut body);
    body.resize(BODY, 7);
    let consumer = Endless { body: body.into(), topic: "bench".into(), next: 0, settled: 0 };
    let stop = Shutdown::new();
    let inbound = Inbound::new(schemas.clone(), "bench").message::<Blob>();
    let handle = Handle { inbound, seen: AtomicUsize::new(0), stop: stop.clone() };
    let begun = on_cpu();
    let report = run(consumer, None::<DeadLetterQueue<Nowhere>>, handle, &ConsumerConfig::new("bench"), stop.stopped()).await?;
    let took = on_cpu() - begun;
    println!("  {:?}", report.counts);
    Ok(took)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let schemas = Schemas::local();
    for round in 1..=3 {
        for (name, took) in [("produce", produce(&schemas).await?), ("consume", consume(&schemas).await?)] {
            println!("round {round} {name}: {} ns of processor time per message", took / COUNT as u64);
        }
    }
    Ok(())
}
