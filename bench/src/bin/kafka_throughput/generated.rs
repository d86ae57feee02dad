//! The same through the generated code: typed events in batches, a consumer with a handler.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use eventpact_runtime::consumer::ConsumerConfig;
use eventpact_runtime::message::Envelope;
use eventpact_runtime::producer::{EventProducer, SendOptions};
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::shutdown::Shutdown;
use eventpact_runtime::transport::Transport;
use eventpact_runtime::transports::kafka::KafkaTransport;
use shop_events::OrderPlaced;
use shop_events::orders::{OrdersConsumer, OrdersHandler};

use crate::{Failed, Run, sample};

/// Records that are confirmed together.
const BATCH: usize = 10_000;

pub(crate) async fn produce(kafka: &KafkaTransport, topic: &str, schemas: &Schemas, messages: usize) -> Result<Run, Failed> {
    let producer = EventProducer::<_, OrderPlaced>::new(Arc::new(kafka.producer().await?), topic, schemas).await?;
    let orders: Vec<_> = sample::orders()
        .into_iter()
        .map(|(key, order)| (SendOptions { key: Some(key), ..SendOptions::default() }, order))
        .collect();
    let mut orders = orders.iter().cycle();
    let (cpu, start) = (ProcessTime::now(), Instant::now());
    let mut confirmed = 0;
    let mut before = None;
    for first in (0..messages).step_by(BATCH) {
        let mut batch = producer.batch();
        for (options, order) in orders.by_ref().take(BATCH.min(messages - first)) {
            batch.push_with(order, options).await;
        }
        // One batch is on its way while the next one is filled.
        if let Some(before) = before.replace(batch) {
            confirmed += confirm(before.confirm().await)?;
        }
    }
    if let Some(last) = before {
        confirmed += confirm(last.confirm().await)?;
    }
    let run = Run::of(messages, cpu, start.elapsed());
    if confirmed == messages { Ok(run) } else { Err(format!("{confirmed} of {messages} records were confirmed").into()) }
}

fn confirm(report: eventpact_runtime::confirm::BatchReport) -> Result<usize, Failed> {
    report.into_result().map_err(|(_, error)| error.into())
}

struct Counter {
    messages: usize,
    handled: AtomicUsize,
    points: AtomicI64,
    begin: OnceLock<(ProcessTime, Instant)>,
    run: OnceLock<Run>,
    stop: Shutdown,
}

impl OrdersHandler for &Counter {
    type Outcome = ();

    async fn on_order_placed(&self, envelope: Envelope<OrderPlaced>) {
        let (cpu, start) = self.begin.get_or_init(|| (ProcessTime::now(), Instant::now()));
        self.points.fetch_add(envelope.event.loyalty_points, Ordering::Relaxed);
        if self.handled.fetch_add(1, Ordering::Relaxed) + 1 == self.messages {
            // It is set once, since one message is the last one.
            let _ = self.run.set(Run::of(self.messages, *cpu, start.elapsed()));
            self.stop.stop();
        }
    }
}

pub(crate) async fn consume(kafka: &KafkaTransport, topic: &str, schemas: &Schemas, messages: usize) -> Result<Run, Failed> {
    let counter = Counter {
        messages,
        handled: AtomicUsize::new(0),
        points: AtomicI64::new(0),
        begin: OnceLock::new(),
        run: OnceLock::new(),
        stop: Shutdown::new(),
    };
    let config = ConsumerConfig { stop_within: Duration::from_secs(10), ..ConsumerConfig::new(format!("{topic}-generated")) };
    let consumer = OrdersConsumer::new(Arc::new(kafka.clone()), schemas.clone(), config).at(topic);
    let report = consumer.run(&counter, counter.stop.stopped()).await?;
    if !report.clean || counter.points.load(Ordering::Relaxed) == 0 {
        return Err("the generated consumer did not end well".into());
    }
    Ok(*counter.run.get().ok_or("no message came")?)
}
