//! What a careful programmer writes by hand on `rdkafka`: a callback producer, and a polling consumer that commits now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use eventpact_runtime::event::Event;
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use shop_events::OrderPlaced;

use crate::{Failed, Run, sample};

/// Bytes before the payload: a zero and the schema id.
const PREFIX: usize = 5;

#[derive(Default)]
struct Counts {
    confirmed: AtomicUsize,
    failed: AtomicUsize,
}

struct Deliveries(Arc<Counts>);

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let count = if result.is_ok() { &self.0.confirmed } else { &self.0.failed };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn produce(address: &str, topic: &str, messages: usize) -> Result<Run, Failed> {
    let counts = Arc::new(Counts::default());
    let producer: ThreadedProducer<Deliveries> = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("linger.ms", "5")
        .set("partitioner", "murmur2_random")
        .create_with_context(Deliveries(Arc::clone(&counts)))?;
    // The connection and the producer id are not what is measured.
    producer.client().fetch_metadata(Some(topic), Duration::from_secs(10))?;
    let orders = sample::orders();
    let mut body = Vec::new();
    let (cpu, start) = (ProcessTime::now(), Instant::now());
    for number in 0..messages {
        let (key, order) = &orders[number % orders.len()];
        body.clear();
        body.extend_from_slice(&[0, 0, 0, 0, 1]);
        order.encode(&mut body)?;
        let mut record = BaseRecord::to(topic).key(&key[..]).payload(&body[..]);
        while let Err((error, back)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            record = back;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    producer.flush(Duration::from_secs(60))?;
    while counts.confirmed.load(Ordering::Relaxed) + counts.failed.load(Ordering::Relaxed) < messages {
        std::thread::sleep(Duration::from_millis(1));
    }
    let run = Run::of(messages, cpu, start.elapsed());
    match counts.failed.load(Ordering::Relaxed) {
        0 => Ok(run),
        failed => Err(format!("{failed} records were not confirmed").into()),
    }
}

pub(crate) fn consume(address: &str, topic: &str, messages: usize) -> Result<Run, Failed> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", format!("{topic}-by-hand"))
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .create()?;
    consumer.subscribe(&[topic])?;
    let mut begin: Option<(ProcessTime, Instant)> = None;
    let (mut handled, mut points) = (0, 0);
    while handled < messages {
        let Some(message) = consumer.poll(Duration::from_secs(30)) else { continue };
        let message = message?;
        begin.get_or_insert_with(|| (ProcessTime::now(), Instant::now()));
        let payload = message.payload().and_then(|body| body.get(PREFIX..)).ok_or("a body without a prefix")?;
        points += OrderPlaced::decode(payload)?.loyalty_points;
        consumer.store_offset_from_message(&message)?;
        handled += 1;
        if handled % 10_000 == 0 {
            consumer.commit_consumer_state(CommitMode::Async)?;
        }
    }
    let (cpu, start) = begin.ok_or("no message came")?;
    let run = Run::of(messages, cpu, start.elapsed());
    // The sum keeps the decoder from being optimized away.
    if points == 0 { Err("the orders were not decoded".into()) } else { Ok(run) }
}
