//! The broker that the tests share, topics of their own, and shorthands.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_registry::{Options, Server};
use eventpact_runtime::confirm::Single;
use eventpact_runtime::message::Record;
use eventpact_runtime::registry_client::Client;
use eventpact_runtime::schemas::Schemas;
use eventpact_runtime::transport::{Consumer, Delivery, Producer, Receipt, SendError, Settle, Subscription, Transport};
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaConsumer, KafkaTransport};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Held for reading by a test that needs the broker up, for writing by the one that takes it away.
static BROKER: RwLock<()> = RwLock::const_new(());

/// Keeps the broker up while the guard lives.
pub(crate) async fn broker() -> RwLockReadGuard<'static, ()> {
    BROKER.read().await
}

/// Where the broker listens.
pub(crate) fn address() -> String {
    std::env::var("EVENTPACT_TEST_KAFKA")
        .expect("EVENTPACT_TEST_KAFKA is not set: run `cargo xtask services up` and set it to what that prints")
}

/// Quick to notice that a member is gone: tests cannot wait the 45 s that production does.
pub(crate) fn config() -> KafkaConfig {
    KafkaConfig::new(address()).set_consumer("session.timeout.ms", "6000").set_consumer("heartbeat.interval.ms", "500")
}

pub(crate) fn kafka() -> KafkaTransport {
    KafkaTransport::new(config())
}

/// A name that no other test and no other run uses.
pub(crate) fn unique(name: &str) -> String {
    format!("{name}-{}", uuid::Uuid::new_v4().simple())
}

/// A fresh topic.
pub(crate) async fn topic(name: &str, partitions: i32) -> Arc<str> {
    let name = unique(name);
    kafka().create_topics(&[&name], partitions, 1).await.unwrap();
    name.into()
}

/// Sends one record and waits for its receipt.
pub(crate) async fn send(producer: &impl Producer, record: &Record) -> Result<Receipt, SendError> {
    let (single, completion) = Single::new();
    producer.enqueue(record.as_ref(), completion).expect("the queue has room");
    single.wait().await
}

/// Sends bodies "0", "1", … to one partition each in turn.
pub(crate) async fn fill(topic: &Arc<str>, partitions: i32, count: i32) {
    let producer = kafka().producer().await.unwrap();
    let mut batch = eventpact_runtime::confirm::Batch::new();
    for number in 0..count {
        let record = Record { partition: Some(number % partitions), ..Record::new(Arc::clone(topic), number.to_string()) };
        producer.enqueue(record.as_ref(), batch.completion()).expect("the queue has room");
    }
    assert!(batch.wait().await.failed.is_empty());
}

pub(crate) async fn consumer(subscription: &Subscription) -> KafkaConsumer {
    kafka().consumer(subscription).await.unwrap()
}

/// Takes deliveries until there are `count`; fails the test when that takes more than 30 s.
pub(crate) async fn take(consumer: &mut KafkaConsumer, count: usize) -> Vec<Delivery> {
    let mut taken = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(30);
    while taken.len() < count {
        assert!(Instant::now() < deadline, "{} of {count} messages after 30 s", taken.len());
        let missing = count - taken.len();
        consumer.next_batch(&mut taken, missing, Duration::from_millis(200)).await.unwrap();
    }
    taken
}

/// The bodies as text.
pub(crate) fn bodies(deliveries: &[Delivery]) -> Vec<String> {
    let text = |delivery: &Delivery| String::from_utf8(delivery.record.value.clone().unwrap().to_vec()).unwrap();
    deliveries.iter().map(text).collect()
}

pub(crate) fn ack(consumer: &mut KafkaConsumer, deliveries: &[Delivery]) {
    for delivery in deliveries {
        consumer.settle(delivery.token, Settle::Ack);
    }
}
/// Keeps everybody else away while the guard lives.
pub(crate) async fn broker_alone() -> RwLockWriteGuard<'static, ()> {
    BROKER.write().await
}

/// Our registry server, in this process, on a free port, with an empty store in memory.
pub(crate) struct Registry {
    url: String,
    /// The server stops when this is dropped.
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Registry {
    pub(crate) async fn start() -> Self {
        let options = Options::new(([127, 0, 0, 1], 0).into(), "memory:".parse().unwrap());
        let server = Server::bind(&options).await.unwrap();
        let url = format!("http://{}", server.address());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        tokio::spawn(server.run(async move {
            // Also when the sender is dropped: the test is over.
            let _ = stopped.await;
        }));
        Self { url, _stop: stop }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its ids, looked up and not registered.
    pub(crate) fn schemas(&self) -> Schemas {
        Schemas::registry(Client::new(&self.url).unwrap())
    }
}
