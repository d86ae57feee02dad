//! The one that writes. Each batch is a transaction under a transactional id that all processes share: taking it over bumps its
//! epoch at the broker, which aborts what the one before had open and refuses it from then on, even if it wakes up much later.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use uuid::Uuid;

use super::failed;
use super::spec::KafkaSpec;
use super::tail::{MARK, Mark, WRITER};
use crate::schemas_topic::{Key, Outgoing, Record};
use crate::store::StoreError;

/// For taking over: the broker first ends what the one before had open.
const INIT: Duration = Duration::from_secs(20);

/// A commit that is not confirmed after this time is given up, and with it the right to write.
const COMMIT: Duration = Duration::from_secs(15);

/// Why a batch was not committed.
#[derive(Debug)]
pub(super) enum CommitError {
    /// Nothing of it is stored, and it will not fit the next time either.
    TooLarge(String),
    /// Nothing of it is stored.
    Aborted(String),
    /// Another process has taken over. It is unknown what is stored, and this producer must not be used again.
    ShutOut(String),
    /// It is unknown what is stored. Somebody else may be the writer; this one must not be used again.
    Lost(String),
}

/// Remembers the first record that did not arrive.
#[derive(Default)]
struct Deliveries {
    error: Mutex<Option<KafkaError>>,
}

impl Deliveries {
    fn take(&self) -> Option<KafkaError> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.clone());
        }
    }
}

/// The right to write, until it is lost.
pub(super) struct Leader {
    producer: BaseProducer<Deliveries>,
    /// For what says nothing and needs no protection.
    plain: BaseProducer<Deliveries>,
    topic: String,
    /// Where this process is reached; empty when it has not been told.
    address: String,
}

impl Leader {
    /// Takes the right to write from whoever has it.
    pub(super) fn take_over(spec: &KafkaSpec) -> Result<Self, StoreError> {
        let both = [("acks", "all"), ("linger.ms", "0"), ("message.max.bytes", "16777216"), ("reconnect.backoff.max.ms", "1000")];
        let id = spec.transactional_id();
        let ours = [("transactional.id", id.as_str()), ("transaction.timeout.ms", "10000"), ("delivery.timeout.ms", "9000")];
        let refused = |cause: KafkaError| failed(spec, &cause);
        let producer: BaseProducer<Deliveries> =
            spec.client(&[&both[..], &ours].concat()).create_with_context(Deliveries::default()).map_err(refused)?;
        producer.init_transactions(INIT).map_err(refused)?;
        let plain = [("enable.idempotence", "true"), ("delivery.timeout.ms", "9000")];
        let plain = spec.client(&[&both[..], &plain].concat()).create_with_context(Deliveries::default()).map_err(refused)?;
        Ok(Self { producer, plain, topic: spec.topic.clone(), address: spec.advertise.clone().unwrap_or_default() })
    }

    /// Makes these records durable and visible, all of them or none.
    pub(super) fn commit(&self, records: &[Outgoing], batch: Uuid) -> Result<(), CommitError> {
        self.producer.context().take();
        self.producer.begin_transaction().map_err(|cause| lost(&cause))?;
        for ((record, ts), left) in records.iter().zip((0..records.len()).rev()) {
            let mark = Mark { batch, left: u32::try_from(left).unwrap_or(u32::MAX) }.encode();
            let mut headers = OwnedHeaders::new_with_capacity(2).insert(Header { key: MARK, value: Some(&mark) });
            if record.key == Key::Noop {
                headers = headers.insert(Header { key: WRITER, value: Some(&self.address) });
            }
            let (key, value) = record.encode();
            let mut message = BaseRecord::<[u8], [u8]>::to(&self.topic).partition(0).key(&key).headers(headers);
            message.payload = value.as_deref();
            message.timestamp = *ts;
            if let Err((cause, _)) = self.producer.send(message) {
                return Err(self.abort(&cause));
            }
        }
        let deadline = Instant::now() + COMMIT;
        // A commit would wait for these as well, but in steps of 100 ms.
        while self.producer.in_flight_count() > 0 && Instant::now() < deadline {
            self.producer.poll(Duration::from_millis(1));
        }
        loop {
            match self.producer.commit_transaction(Duration::from_secs(5)) {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(error)) if error.is_retriable() && Instant::now() < deadline => {}
                Err(KafkaError::Transaction(error)) if error.txn_requires_abort() => {
                    return Err(self.abort(&KafkaError::Transaction(error)));
                }
                Err(cause) => return Err(lost(&cause)),
            }
        }
    }

    fn abort(&self, cause: &KafkaError) -> CommitError {
        if let Err(error) = self.producer.abort_transaction(Duration::from_secs(10)) {
            tracing::error!(%cause, "a batch had to be aborted");
            return lost(&error);
        }
        let first = self.producer.context().take();
        let cause = first.as_ref().unwrap_or(cause);
        match cause.rdkafka_error_code() {
            Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => CommitError::TooLarge(cause.to_string()),
            _ => CommitError::Aborted(cause.to_string()),
        }
    }

    /// One record outside of any transaction, after a batch. The end of a transaction takes an offset that no reader gets to see,
    /// and Karapace waits for the last offset; so the last one must be a record. Nothing is lost when it does not arrive.
    pub(super) fn noop(&self) {
        let (key, _) = Record::new(Key::Noop, None).encode();
        let headers = OwnedHeaders::new_with_capacity(1).insert(Header { key: WRITER, value: Some(&self.address) });
        let message = BaseRecord::<[u8], [u8]>::to(&self.topic).partition(0).key(&key).headers(headers);
        self.plain.poll(Duration::ZERO);
        if let Err((error, _)) = self.plain.send(message) {
            tracing::debug!(%error, "the NOOP after a batch");
        }
    }
}

fn lost(cause: &KafkaError) -> CommitError {
    match cause.rdkafka_error_code() {
        Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch) => CommitError::ShutOut(cause.to_string()),
        _ => CommitError::Lost(cause.to_string()),
    }
}
