//! How to reach a Kafka cluster: the settings of librdkafka, ours first, the user's on top.
//!
//! Settings come from the program's own configuration, never from a message.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use crate::transport::{ConnectError, Subscription};

/// Settings that the consumer's promise rests on: positions are committed by us and by nobody else.
const RESERVED: [&str; 5] =
    ["group.id", "enable.auto.commit", "enable.auto.offset.store", "auto.offset.reset", "enable.partition.eof"];

/// How to reach a cluster, and how its clients behave.
///
/// Every [setting of librdkafka](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md) can be given, for
/// instance those for SASL. TLS needs librdkafka built with it: add `rdkafka = { version = "0.39", features = ["ssl"] }` to
/// the program's own dependencies.
///
/// ```
/// use eventpact_runtime::transports::kafka::KafkaConfig;
/// let config = KafkaConfig::new("broker-1:9092,broker-2:9092")
///     .set("security.protocol", "SASL_PLAINTEXT")
///     .set("sasl.mechanism", "PLAIN")
///     .set("sasl.username", "shop")
///     .set("sasl.password", "secret")
///     .set_producer("compression.type", "lz4")
///     .set_consumer("session.timeout.ms", "10000");
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct KafkaConfig {
    common: BTreeMap<String, String>,
    producer: BTreeMap<String, String>,
    consumer: BTreeMap<String, String>,
    pub(super) connect_timeout: Duration,
    pub(super) revoke_grace: Duration,
}

impl KafkaConfig {
    /// A cluster by some of its brokers, as `host:port,host:port`.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            common: BTreeMap::from([("bootstrap.servers".to_owned(), bootstrap_servers.into())]),
            producer: BTreeMap::new(),
            consumer: BTreeMap::new(),
            connect_timeout: Duration::from_secs(15),
            revoke_grace: Duration::from_secs(3),
        }
    }

    /// A setting of librdkafka for producers and consumers.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.common.insert(name.into(), value.into());
        self
    }

    /// A setting of librdkafka for producers.
    #[must_use]
    pub fn set_producer(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.producer.insert(name.into(), value.into());
        self
    }

    /// A setting of librdkafka for consumers and browsers.
    #[must_use]
    pub fn set_consumer(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.consumer.insert(name.into(), value.into());
        self
    }

    /// How long to wait for a broker's first answer. 15 seconds unless told.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a rebalance may wait for messages in work before their partitions are given up. What is not settled by then is
    /// delivered again to the new owner. 3 seconds unless told; it ends early when nothing is settled for half a second.
    #[must_use]
    pub fn revoke_grace(mut self, grace: Duration) -> Self {
        self.revoke_grace = grace;
        self
    }

    pub(super) fn for_producer(&self) -> Result<ClientConfig, ConnectError> {
        let ours = [
            // Every in-sync replica has the record before it counts as sent; a retry neither doubles nor reorders it.
            ("acks", "all"),
            ("enable.idempotence", "true"),
            ("linger.ms", "5"),
            // As the Java client does, so that a key has the same partition whoever writes it.
            ("partitioner", "murmur2_random"),
            ("delivery.timeout.ms", "120000"),
        ];
        self.build(&ours, &self.producer)
    }

    pub(super) fn for_consumer(&self, subscription: &Subscription) -> Result<ClientConfig, ConnectError> {
        let mut config = self.for_reader(&subscription.group)?;
        // A start at the end is a committed position (see `rebalance`). Past that, a position that the broker no longer has
        // means going on with the earliest message: skipping to the end would lose what lies between.
        config.set("auto.offset.reset", "earliest");
        Ok(config)
    }

    pub(super) fn for_browser(&self) -> Result<ClientConfig, ConnectError> {
        // The client wants a group name; a browser never joins it and never commits.
        let mut config = self.for_reader("eventpact-browse")?;
        config.set("auto.offset.reset", "earliest").set("enable.partition.eof", "true");
        Ok(config)
    }

    fn for_reader(&self, group: &str) -> Result<ClientConfig, ConnectError> {
        for name in RESERVED {
            if self.common.contains_key(name) || self.consumer.contains_key(name) {
                return Err(ConnectError::Config(format!(
                    "`{name}` cannot be set: the consumer commits its own positions; group and start belong to the subscription"
                )));
            }
        }
        // Moves only the partitions that have to move; the others go on without a pause.
        let mut config = self.build(&[("partition.assignment.strategy", "cooperative-sticky")], &self.consumer)?;
        config.set("group.id", group).set("enable.auto.commit", "false").set("enable.auto.offset.store", "false");
        Ok(config)
    }

    fn build(&self, ours: &[(&str, &str)], theirs: &BTreeMap<String, String>) -> Result<ClientConfig, ConnectError> {
        if self.common.get("bootstrap.servers").is_none_or(|servers| servers.trim().is_empty()) {
            return Err(ConnectError::Config("no broker is named: give `host:port`".to_owned()));
        }
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        config.set("client.id", "eventpact");
        for (name, value) in ours {
            config.set(*name, *value);
        }
        for (name, value) in self.common.iter().chain(theirs) {
            config.set(name, value);
        }
        Ok(config)
    }
}

/// Names only: a value may be a password.
impl fmt::Debug for KafkaConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KafkaConfig")
            .field("bootstrap.servers", &self.common.get("bootstrap.servers"))
            .field("common", &self.common.keys())
            .field("producer", &self.producer.keys())
            .field("consumer", &self.consumer.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_settings_win_but_for_those_that_the_promise_rests_on() {
        let config = KafkaConfig::new("a:1").set("linger.ms", "50").set_producer("acks", "1");
        let built = config.for_producer().unwrap();
        assert_eq!((built.get("linger.ms"), built.get("acks")), (Some("50"), Some("1")));
        let config = KafkaConfig::new("a:1").set_consumer("enable.auto.commit", "true");
        let error = config.for_consumer(&Subscription::new("t", "g")).unwrap_err();
        assert!(error.to_string().contains("`enable.auto.commit` cannot be set"), "{error}");
    }

    #[test]
    fn a_cluster_without_a_name_is_refused() {
        assert!(matches!(KafkaConfig::new(" ").for_producer(), Err(ConnectError::Config(_))));
    }
}
