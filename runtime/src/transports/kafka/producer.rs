//! The producer: librdkafka's queue in front, its delivery callback behind, nothing of ours in between but a pointer.

use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};

use super::{errors, log, record};
use crate::confirm::Completion;
use crate::message::RecordRef;
use crate::transport::{ConnectError, Full, Producer, Receipt};

/// `ready` looks this often whether the queue has drained…
const LOOK_AGAIN: Duration = Duration::from_millis(1);
/// …and after so many looks lets the caller try, whatever the count says.
const LOOKS: usize = 20;

/// Sends records to Kafka. By default idempotent and confirmed by all in-sync replicas.
///
/// Dropping it fails what is not confirmed yet with [`crate::transport::SendError::Closed`]: flush first.
pub struct KafkaProducer {
    inner: ThreadedProducer<Deliveries>,
}

impl std::fmt::Debug for KafkaProducer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaProducer").field("unconfirmed", &self.inner.in_flight_count()).finish_non_exhaustive()
    }
}

/// Completes each record from librdkafka's delivery report.
struct Deliveries;

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "kafka producer");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = Box<Completion>;

    fn delivery(&self, result: &DeliveryResult<'_>, completion: Box<Completion>) {
        match result {
            Ok(message) => {
                completion.confirmed(Receipt { partition: message.partition(), offset: message.offset() });
            }
            Err((error, message)) => {
                completion.failed(errors::send_error(error, message.topic(), message.key_len() + message.payload_len()));
            }
        }
    }
}

impl KafkaProducer {
    /// Makes the client and waits for a broker's answer. Blocks.
    pub(super) fn connect(config: &ClientConfig, timeout: Duration) -> Result<Self, ConnectError> {
        let inner: ThreadedProducer<Deliveries> =
            config.create_with_context(Deliveries).map_err(|error| errors::connect_error(&error))?;
        if inner.client().fetch_cluster_id(timeout).is_none() {
            return Err(super::unreachable(config, timeout));
        }
        Ok(Self { inner })
    }
}

impl Producer for KafkaProducer {
    fn enqueue(&self, record: RecordRef<'_>, completion: Completion) -> Result<(), Full> {
        let message = BaseRecord {
            topic: record.topic,
            partition: record.partition,
            payload: record.value,
            key: record.key,
            timestamp: record.timestamp_ms,
            headers: record::to_kafka(record.headers),
            delivery_opaque: Box::new(completion),
        };
        match self.inner.send(message) {
            Ok(()) => Ok(()),
            Err((error, message)) => {
                let completion = *message.delivery_opaque;
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) {
                    return Err(Full(completion));
                }
                let bytes = record.key.map_or(0, <[u8]>::len) + record.value.map_or(0, <[u8]>::len);
                completion.failed(errors::send_error(&error, record.topic, bytes));
                Ok(())
            }
        }
    }

    /// A quarter of the queue drains before the sender goes on: waking it for each confirmation would cost more than it brings.
    async fn ready(&self) {
        let full = self.inner.in_flight_count();
        for _ in 0..LOOKS {
            if self.inner.in_flight_count() <= full / 4 * 3 {
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Also waits for records that others hand over meanwhile.
    async fn flush(&self, deadline: Duration) -> usize {
        let producer = self.inner.clone();
        let flushed = tokio::task::spawn_blocking(move || {
            // An error says that the time is up or that the producer cannot go on; the count says what it means.
            let _ = producer.flush(deadline);
        });
        // Fails only when the runtime shuts down.
        let _ = flushed.await;
        usize::try_from(self.inner.in_flight_count()).unwrap_or(0)
    }
}
