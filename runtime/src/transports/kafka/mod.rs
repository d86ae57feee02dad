//! Apache Kafka, on librdkafka.
//!
//! The producer is librdkafka's queue with its delivery callback ([`KafkaProducer`]). The consumer polls on a thread of its own,
//! so that rebalances and heartbeats never wait for handlers, and commits the contiguous settled prefix of each partition
//! ([`KafkaConsumer`]). [`KafkaBrowser`] reads what a topic holds without a group.
//!
//! Not here: retries, dead letters, codecs. They are the same for every broker.

mod assignment;
mod browse;
mod config;
mod consumer;
mod errors;
mod poll;
mod producer;
mod record;

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::RDKafkaErrorCode;

pub use self::browse::KafkaBrowser;
pub use self::config::KafkaConfig;
pub use self::consumer::KafkaConsumer;
pub use self::producer::KafkaProducer;
use crate::transport::{Capabilities, ConnectError, Subscription, Transport};

const CAPABILITIES: Capabilities = Capabilities {
    per_message_ack: false,
    nack_delay: false,
    native_dlq: false,
    ordered_partitions: true,
    transactions: true,
    delivery_count: false,
};

/// A Kafka cluster.
///
/// ```no_run
/// use eventpact_runtime::transport::Transport;
/// use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};
/// # async fn example() -> Result<(), eventpact_runtime::transport::ConnectError> {
/// let kafka = KafkaTransport::new(KafkaConfig::new("127.0.0.1:9092"));
/// kafka.create_topics(&["orders", "orders.dlq"], 3, 1).await?;
/// let producer = kafka.producer().await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct KafkaTransport {
    config: KafkaConfig,
}

impl KafkaTransport {
    /// A cluster. Nothing is connected yet.
    pub fn new(config: KafkaConfig) -> Self {
        Self { config }
    }

    /// Creates the topics that do not exist yet; existing ones stay as they are.
    ///
    /// For development and tests: in production topics are usually made by those who run the cluster.
    pub async fn create_topics(&self, names: &[&str], partitions: i32, replicas: i32) -> Result<(), ConnectError> {
        let admin: AdminClient<DefaultClientContext> =
            self.config.for_producer()?.create().map_err(|error| errors::connect_error(&error))?;
        let topics: Vec<_> =
            names.iter().map(|name| NewTopic::new(name, partitions, TopicReplication::Fixed(replicas))).collect();
        // The broker answers when the topics can be used, not when it has begun to make them.
        let timeout = Some(self.config.connect_timeout);
        let options = AdminOptions::new().request_timeout(timeout).operation_timeout(timeout);
        let results = admin.create_topics(&topics, &options).await.map_err(|error| errors::connect_error(&error))?;
        for result in results {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, code)) => return Err(ConnectError::Config(format!("topic `{name}` cannot be created: {code}"))),
            }
        }
        Ok(())
    }
}

impl Transport for KafkaTransport {
    type Producer = KafkaProducer;
    type Consumer = KafkaConsumer;
    type Browser = KafkaBrowser;

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn producer(&self) -> Result<KafkaProducer, ConnectError> {
        let (config, timeout) = (self.config.for_producer()?, self.config.connect_timeout);
        blocking(move || KafkaProducer::connect(&config, timeout)).await
    }

    async fn consumer(&self, subscription: &Subscription) -> Result<KafkaConsumer, ConnectError> {
        let (config, subscription) = (self.config.clone(), subscription.clone());
        blocking(move || KafkaConsumer::connect(&config, subscription)).await
    }

    async fn browse(&self, topic: &str) -> Result<KafkaBrowser, ConnectError> {
        let (config, timeout, topic) = (self.config.for_browser()?, self.config.connect_timeout, topic.to_owned());
        blocking(move || KafkaBrowser::connect(&config, &topic, timeout)).await
    }
}

/// librdkafka's calls to the cluster block; they must not hold up the executor.
async fn blocking<T: Send + 'static>(call: impl FnOnce() -> Result<T, ConnectError> + Send + 'static) -> Result<T, ConnectError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        Err(error) => Err(ConnectError::Unavailable(format!("the connection was given up: {error}"))),
    }
}

fn unreachable(config: &ClientConfig, timeout: Duration) -> ConnectError {
    let brokers = config.get("bootstrap.servers").unwrap_or_default();
    ConnectError::Unavailable(format!("no Kafka broker answered at {brokers} within {} s", timeout.as_secs()))
}

/// librdkafka's own log lines.
fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical | RDKafkaLogLevel::Error => {
            tracing::error!(target: "librdkafka", facility, message);
        }
        RDKafkaLogLevel::Warning => tracing::warn!(target: "librdkafka", facility, message),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => tracing::info!(target: "librdkafka", facility, message),
        RDKafkaLogLevel::Debug => tracing::debug!(target: "librdkafka", facility, message),
    }
}
