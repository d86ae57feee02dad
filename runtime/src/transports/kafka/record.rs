//! Our records ↔ librdkafka's messages. The one copy that a safe consumer has to make is made here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use rdkafka::Timestamp;
use rdkafka::message::{BorrowedHeaders, BorrowedMessage, Header as KafkaHeader, Headers as _, Message, OwnedHeaders};

use super::assignment::Fetched;
use crate::message::{Header, Headers};
use crate::transport::TopicPartition;

/// Stands in for headers whose name is not UTF-8, which Kafka allows and its client library cannot read. The value
/// says how many there were.
pub(super) const UNREADABLE_HEADERS: &str = "eventpact-unreadable-headers";

/// Copies a message out of librdkafka's buffers, so that those can be reused at once. `topic` is the index of its topic.
pub(super) fn fetched(message: &BorrowedMessage<'_>, topic: u32) -> Fetched {
    Fetched {
        at: TopicPartition { topic, partition: message.partition() },
        offset: message.offset(),
        key: message.key().map(Bytes::copy_from_slice),
        value: message.payload().map(Bytes::copy_from_slice),
        headers: message.headers().map(headers).unwrap_or_default(),
        timestamp_ms: match message.timestamp() {
            Timestamp::NotAvailable => None,
            Timestamp::CreateTime(ms) | Timestamp::LogAppendTime(ms) => Some(ms),
        },
    }
}

/// rdkafka panics on a header name that is not UTF-8. Names are written by others: that must not end the consumer.
fn headers(theirs: &BorrowedHeaders) -> Headers {
    let all = || (0..theirs.count()).filter_map(|index| one(theirs, index)).collect();
    catch_unwind(AssertUnwindSafe(all)).unwrap_or_else(|_| readable(theirs))
}

#[cold]
fn readable(theirs: &BorrowedHeaders) -> Headers {
    let count = theirs.count();
    let mut headers: Headers =
        (0..count).filter_map(|index| catch_unwind(AssertUnwindSafe(|| one(theirs, index))).ok().flatten()).collect();
    let unreadable = count - headers.len();
    headers.push(UNREADABLE_HEADERS, unreadable.to_string());
    headers
}

fn one(theirs: &BorrowedHeaders, index: usize) -> Option<Header> {
    let header = theirs.try_get(index)?;
    Some(Header { name: header.key.to_owned().into(), value: header.value.map(Bytes::copy_from_slice) })
}

/// Headers for librdkafka; none for none, which costs nothing.
pub(super) fn to_kafka(headers: &Headers) -> Option<OwnedHeaders> {
    if headers.is_empty() {
        return None;
    }
    let start = OwnedHeaders::new_with_capacity(headers.len());
    let add = |all: OwnedHeaders, header: &Header| all.insert(KafkaHeader { key: &header.name, value: header.value.as_deref() });
    Some(headers.iter().fold(start, add))
}
