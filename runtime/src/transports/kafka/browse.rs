//! Reading what a topic holds now, without a group: for dead letters, for tools.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::metadata::MetadataTopic;
use rdkafka::topic_partition_list::Offset;

use super::{errors, record};
use crate::transport::{Browser, ConnectError, Delivery, RecvError, Token};

/// Reads every partition of a topic from its first retained message to where it ended when the browser was opened.
#[derive(Debug)]
pub struct KafkaBrowser {
    reading: Arc<Mutex<Reading>>,
}

struct Reading {
    client: BaseConsumer,
    topic: Arc<str>,
    /// Partitions not read to their end yet, with the offset to stop before.
    ends: BTreeMap<i32, i64>,
    /// Read, and not given to a caller: also what a caller who gave up left.
    read: Vec<Delivery>,
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("topic", &self.topic).field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl KafkaBrowser {
    /// Finds out where each partition begins and ends. Blocks.
    pub(super) fn connect(config: &ClientConfig, topic: &str, timeout: Duration) -> Result<Self, ConnectError> {
        let client: BaseConsumer = config.create().map_err(|error| errors::connect_error(&error))?;
        let metadata = client.fetch_metadata(Some(topic), timeout).map_err(|_| super::unreachable(config, timeout))?;
        let found = metadata.topics().first();
        let error = found.and_then(MetadataTopic::error).map(RDKafkaErrorCode::from);
        if found.is_none() || error == Some(RDKafkaErrorCode::UnknownTopicOrPartition) {
            return Err(ConnectError::NoTopic(topic.to_owned()));
        }
        let mut ends = BTreeMap::new();
        let mut assigned = TopicPartitionList::new();
        for partition in found.map_or(&[][..], |topic| topic.partitions()) {
            let watermarks = client.fetch_watermarks(topic, partition.id(), timeout);
            let (first, end) = watermarks.map_err(|error| ConnectError::Unavailable(error.to_string()))?;
            if first < end {
                ends.insert(partition.id(), end);
                let added = assigned.add_partition_offset(topic, partition.id(), Offset::Offset(first));
                added.map_err(|error| errors::connect_error(&error))?;
            }
        }
        client.assign(&assigned).map_err(|error| errors::connect_error(&error))?;
        let reading = Reading { client, topic: Arc::from(topic), ends, read: Vec::new() };
        Ok(Self { reading: Arc::new(Mutex::new(reading)) })
    }
}

impl Browser for KafkaBrowser {
    async fn next_batch(&mut self, into: &mut Vec<Delivery>, max: usize, wait: Duration) -> Result<bool, RecvError> {
        let reading = Arc::clone(&self.reading);
        let read = tokio::task::spawn_blocking(move || {
            let mut reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
            reading.read(max, wait)?;
            let count = reading.read.len().min(max);
            let batch: Vec<Delivery> = reading.read.drain(..count).collect();
            Ok((batch, !(reading.ends.is_empty() && reading.read.is_empty())))
        });
        let (batch, more) = read.await.map_err(|error| RecvError::Fatal(error.to_string()))??;
        into.extend(batch);
        Ok(more)
    }
}

impl Reading {
    /// Reads until `max` messages are there, the end is reached or nothing more comes at once.
    fn read(&mut self, max: usize, wait: Duration) -> Result<(), RecvError> {
        let deadline = Instant::now() + wait;
        while self.read.len() < max && !self.ends.is_empty() {
            let left = if self.read.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let (partition, next) = match self.client.poll(left) {
                // A poll may also end early because it served something else.
                None if self.read.is_empty() && Instant::now() < deadline => continue,
                None => break,
                Some(Ok(message)) => {
                    let (partition, offset) = (message.partition(), message.offset());
                    if self.ends.get(&partition).is_some_and(|end| offset < *end) {
                        let token = Token { topic: 0, partition, offset, epoch: 0 };
                        self.read.push(record::fetched(&message, 0).into_delivery(Arc::clone(&self.topic), token));
                    }
                    (partition, offset + 1)
                }
                // Marks of transactions are counted as offsets and never come as messages.
                Some(Err(KafkaError::PartitionEOF(partition))) => (partition, i64::MAX),
                // A browser joins no group, so it need not be allowed to.
                Some(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::GroupAuthorizationFailed) => continue,
                Some(Err(error)) => return errors::recv_error(&error).map_or(Ok(()), Err),
            };
            self.passed(partition, next);
        }
        Ok(())
    }

    fn passed(&mut self, partition: i32, next: i64) {
        if self.ends.get(&partition).is_some_and(|end| next >= *end) {
            self.ends.remove(&partition);
            let mut done = TopicPartitionList::new();
            done.add_partition(&self.topic, partition);
            // Only saves the network: what comes past the end is ignored anyway.
            let _ = self.client.pause(&done);
        }
    }
}
