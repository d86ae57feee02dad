//! Dead letters: the record that is put aside when a message cannot be handled, and the headers that say why.
//!
//! Body, key and the message's own headers stay as they were, byte for byte; what we know is added as headers with text values.
//! The write is confirmed by the broker before the source is settled: a crash in between writes the dead letter again, with
//! the same id. Reading dead letters is in [`crate::dlq`].

use std::sync::Arc;
use std::time::SystemTime;

use crate::confirm::Single;
use crate::failure::Failure;
use crate::inbound::SchemaFacts;
use crate::message::{Headers, Record};
use crate::transport::{Delivery, Full, Producer, Receipt, SendError};
use crate::types::TimestampMillis;

/// The names of the headers. Values are text; times are RFC 3339 in UTC; numbers are decimal.
pub mod header {
    /// What all of them begin with. Headers of a message that begin so are ours and are replaced.
    pub const PREFIX: &str = "eventpact-dlq-";
    /// `<group>:<topic>:<partition>:<offset>` of the message: the same when it is dead-lettered again after a crash.
    pub const ID: &str = "eventpact-dlq-id";
    /// The topic that the message was read from.
    pub const TOPIC: &str = "eventpact-dlq-original-topic";
    /// Its partition.
    pub const PARTITION: &str = "eventpact-dlq-original-partition";
    /// Its offset.
    pub const OFFSET: &str = "eventpact-dlq-original-offset";
    /// When it was written.
    pub const TIMESTAMP: &str = "eventpact-dlq-original-timestamp";
    /// The consumer group that could not handle it.
    pub const GROUP: &str = "eventpact-dlq-group";
    /// How often it was tried.
    pub const ATTEMPTS: &str = "eventpact-dlq-attempts";
    /// When the first try failed.
    pub const FIRST_FAILED: &str = "eventpact-dlq-first-failed-at";
    /// When the last try failed.
    pub const LAST_FAILED: &str = "eventpact-dlq-last-failed-at";
    /// The class of the last failure.
    pub const CLASS: &str = "eventpact-dlq-error-class";
    /// The application's code of the last failure.
    pub const CODE: &str = "eventpact-dlq-error-code";
    /// The text of the last failure, at most 1 KiB.
    pub const MESSAGE: &str = "eventpact-dlq-error-message";
    /// Its causes, one per line, the nearest first, at most 8 KiB.
    pub const CAUSES: &str = "eventpact-dlq-error-causes";
    /// What was cut or left out: `message`, `causes`, `detail`, separated by commas.
    pub const TRUNCATED: &str = "eventpact-dlq-truncated";
    /// The handler.
    pub const HANDLER: &str = "eventpact-dlq-handler";
    /// The version of the application.
    pub const APP_VERSION: &str = "eventpact-dlq-app-version";
    /// The schema id that the body names.
    pub const SCHEMA_ID: &str = "eventpact-dlq-writer-schema-id";
    /// The subject of that schema.
    pub const SCHEMA_SUBJECT: &str = "eventpact-dlq-writer-subject";
    /// The fingerprint of the schema that it was read with.
    pub const READER: &str = "eventpact-dlq-reader-fingerprint";
    /// How often the message was replayed before.
    pub const REPLAY_COUNT: &str = "eventpact-dlq-replay-count";
    /// The id of its first dead letter, when it was replayed before.
    pub const REPLAY_ORIGIN: &str = "eventpact-dlq-replay-origin-id";
    /// On a record that only notes a replay: the id of the dead letter that was replayed.
    pub const REPLAYED: &str = "eventpact-dlq-replayed-id";
}

/// Bytes of an error message that are kept.
pub const MAX_MESSAGE: usize = 1024;
/// Bytes of a chain of causes that are kept.
pub const MAX_CAUSES: usize = 8 * 1024;

/// A topic for dead letters.
#[derive(Debug)]
pub struct DeadLetterQueue<P> {
    producer: Arc<P>,
    topic: Arc<str>,
}

/// What is known about a failed message beyond the message and the failure.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The consumer group.
    pub group: &'a str,
    /// How often it was tried.
    pub attempts: u32,
    /// When the first try failed.
    pub first_failed: SystemTime,
    /// When the last try failed.
    pub last_failed: SystemTime,
    /// The handler.
    pub handler: &'a str,
    /// The version of the application.
    pub app_version: Option<&'a str>,
    /// What is known about the schemas.
    pub schema: SchemaFacts,
}

/// How much is said, when the broker finds the record too large. The body is never cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    Full,
    /// All but the causes.
    NoCauses,
    /// Only where the message is from and the class of the failure.
    Origin,
}

impl Detail {
    /// The next smaller amount.
    pub fn less(self) -> Option<Self> {
        match self {
            Self::Full => Some(Self::NoCauses),
            Self::NoCauses => Some(Self::Origin),
            Self::Origin => None,
        }
    }
}

impl<P: Producer> DeadLetterQueue<P> {
    /// The queue `topic`, written through `producer`.
    pub fn new(producer: Arc<P>, topic: impl Into<Arc<str>>) -> Self {
        Self { producer, topic: topic.into() }
    }

    /// Its topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Writes a dead letter and waits for the broker's confirmation.
    pub async fn write(
        &self,
        delivery: &Delivery,
        failure: &Failure,
        facts: &Facts<'_>,
        detail: Detail,
    ) -> Result<Receipt, SendError> {
        let record = dead_letter(Arc::clone(&self.topic), delivery, failure, facts, detail);
        let (single, mut completion) = Single::new();
        while let Err(Full(back)) = self.producer.enqueue(record.as_ref(), completion) {
            completion = back;
            self.producer.ready().await;
        }
        single.wait().await
    }
}

/// The id of the dead letter of a message.
pub fn id(group: &str, topic: &str, partition: i32, offset: i64) -> String {
    format!("{group}:{topic}:{partition}:{offset}")
}

fn dead_letter(topic: Arc<str>, delivery: &Delivery, failure: &Failure, facts: &Facts<'_>, detail: Detail) -> Record {
    let source = &delivery.record;
    let mut headers = Headers::with_capacity(source.headers.len() + 22);
    for header in source.headers.iter().filter(|header| !header.name.starts_with(header::PREFIX)) {
        headers.push_header(header.clone());
    }
    let mut put = |name: &'static str, value: String| headers.push(name, value);
    put(header::ID, id(facts.group, &source.topic, delivery.partition(), delivery.offset));
    put(header::TOPIC, source.topic.to_string());
    put(header::PARTITION, delivery.partition().to_string());
    put(header::OFFSET, delivery.offset.to_string());
    if let Some(at) = source.timestamp_ms {
        put(header::TIMESTAMP, TimestampMillis(at).to_string());
    }
    put(header::GROUP, facts.group.to_owned());
    put(header::ATTEMPTS, facts.attempts.to_string());
    put(header::CLASS, failure.class.to_string());
    replayed_before(&source.headers, &mut put);
    let mut truncated = Vec::new();
    if detail == Detail::Origin {
        truncated.push("detail");
    } else {
        put_detail(failure, facts, detail, &mut truncated, &mut put);
    }
    if !truncated.is_empty() {
        put(header::TRUNCATED, truncated.join(","));
    }
    Record { topic, headers, partition: None, timestamp_ms: None, ..source.clone() }
}

fn put_detail(
    failure: &Failure,
    facts: &Facts<'_>,
    detail: Detail,
    truncated: &mut Vec<&'static str>,
    put: &mut impl FnMut(&'static str, String),
) {
    put(header::FIRST_FAILED, rfc3339(facts.first_failed));
    put(header::LAST_FAILED, rfc3339(facts.last_failed));
    if let Some(code) = &failure.code {
        put(header::CODE, cut(code, 256).to_owned());
    }
    let message = cut(&failure.message, MAX_MESSAGE);
    if message.len() < failure.message.len() {
        truncated.push("message");
    }
    put(header::MESSAGE, message.to_owned());
    if !failure.causes.is_empty() {
        let all = failure.causes.join("\n");
        let causes = if detail == Detail::Full { cut(&all, MAX_CAUSES) } else { "" };
        if causes.len() < all.len() {
            truncated.push("causes");
        }
        if !causes.is_empty() {
            put(header::CAUSES, causes.to_owned());
        }
    }
    put(header::HANDLER, cut(facts.handler, 256).to_owned());
    if let Some(version) = facts.app_version {
        put(header::APP_VERSION, cut(version, 256).to_owned());
    }
    if let Some(schema_id) = facts.schema.writer_id {
        put(header::SCHEMA_ID, schema_id.to_string());
    }
    if let Some(subject) = &facts.schema.subject {
        put(header::SCHEMA_SUBJECT, cut(subject, 1024).to_owned());
    }
    if let Some(fingerprint) = facts.schema.reader_fingerprint {
        put(header::READER, fingerprint.to_owned());
    }
}

/// A message that was replayed and failed again keeps its count and its first dead letter's id.
fn replayed_before(source: &Headers, put: &mut impl FnMut(&'static str, String)) {
    if let Some(count) = source.number::<u32>(header::REPLAY_COUNT) {
        put(header::REPLAY_COUNT, count.to_string());
    }
    if let Some(origin) = source.text(header::REPLAY_ORIGIN) {
        put(header::REPLAY_ORIGIN, cut(origin, 1024).to_owned());
    }
}

/// The longest beginning of at most `bytes` that ends between two characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

fn rfc3339(at: SystemTime) -> String {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    TimestampMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use super::*;
    use crate::failure::ErrorClass;
    use crate::transport::Token;

    fn delivery(headers: Headers) -> Delivery {
        let record = Record {
            topic: "orders".into(),
            key: Some(Bytes::from_static(b"k\xff")),
            value: Some(Bytes::from_static(b"\x00\x01body")),
            headers,
            partition: Some(2),
            timestamp_ms: Some(1_000),
        };
        Delivery { record, offset: 41, delivery_count: None, token: Token { topic: 0, partition: 2, offset: 41, epoch: 1 } }
    }

    fn facts() -> Facts<'static> {
        Facts {
            group: "fulfilment",
            attempts: 3,
            first_failed: SystemTime::UNIX_EPOCH + Duration::from_secs(60),
            last_failed: SystemTime::UNIX_EPOCH + Duration::from_millis(61_500),
            handler: "OrdersHandler",
            app_version: Some("1.2.3"),
            schema: SchemaFacts { writer_id: Some(7), subject: Some("orders-value".into()), reader_fingerprint: None },
        }
    }

    fn build(headers: Headers, failure: &Failure, detail: Detail) -> Record {
        dead_letter("dlq".into(), &delivery(headers), failure, &facts(), detail)
    }

    #[test]
    fn the_message_stays_as_it_was_and_the_headers_say_why() {
        let mut own = Headers::new();
        own.push("tenant", "blue");
        own.push("tenant", vec![0xff]);
        own.push(header::CLASS, "forged");
        let failure = Failure::new(ErrorClass::Timeout, "no answer").with_code("E7");
        let record = build(own.clone(), &failure, Detail::Full);
        let source = delivery(own.clone()).record;
        assert_eq!((&record.key, &record.value), (&source.key, &source.value));
        assert_eq!(record.headers.as_slice()[..2], own.as_slice()[..2]);
        let told: Vec<(&str, &str)> = record.headers.as_slice()[2..]
            .iter()
            .map(|header| (header.name.as_ref(), std::str::from_utf8(header.value.as_ref().unwrap()).unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                (header::ID, "fulfilment:orders:2:41"),
                (header::TOPIC, "orders"),
                (header::PARTITION, "2"),
                (header::OFFSET, "41"),
                (header::TIMESTAMP, "1970-01-01T00:00:01.000Z"),
                (header::GROUP, "fulfilment"),
                (header::ATTEMPTS, "3"),
                (header::CLASS, "timeout"),
                (header::FIRST_FAILED, "1970-01-01T00:01:00.000Z"),
                (header::LAST_FAILED, "1970-01-01T00:01:01.500Z"),
                (header::CODE, "E7"),
                (header::MESSAGE, "no answer"),
                (header::HANDLER, "OrdersHandler"),
                (header::APP_VERSION, "1.2.3"),
                (header::SCHEMA_ID, "7"),
                (header::SCHEMA_SUBJECT, "orders-value"),
            ]
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters_and_flagged() {
        let failure = Failure { causes: vec!["é".repeat(10_000)], ..Failure::transient("ä".repeat(1000) + "x") };
        let record = build(Headers::new(), &failure, Detail::Full);
        assert_eq!(record.headers.text(header::MESSAGE).unwrap().len(), MAX_MESSAGE);
        assert_eq!(record.headers.text(header::CAUSES).unwrap().len(), MAX_CAUSES);
        assert_eq!(record.headers.text(header::TRUNCATED), Some("message,causes"));
    }

    #[test]
    fn detail_goes_in_a_fixed_order_and_the_body_never() {
        let failure = Failure { causes: vec!["cause".into()], ..Failure::transient("text") };
        let full = build(Headers::new(), &failure, Detail::Full);
        let fewer = build(Headers::new(), &failure, Detail::Full.less().unwrap());
        let least = build(Headers::new(), &failure, Detail::NoCauses.less().unwrap());
        assert_eq!((fewer.headers.text(header::CAUSES), fewer.headers.text(header::MESSAGE)), (None, Some("text")));
        assert_eq!((least.headers.text(header::MESSAGE), least.headers.text(header::TRUNCATED)), (None, Some("detail")));
        assert_eq!(least.headers.text(header::ID), full.headers.text(header::ID));
        assert_eq!((&full.value, &full.key), (&least.value, &least.key));
        assert_eq!(Detail::Origin.less(), None);
    }

    #[test]
    fn a_replayed_message_keeps_its_count_and_origin() {
        let mut own = Headers::new();
        own.push(header::REPLAY_COUNT, "2");
        own.push(header::REPLAY_ORIGIN, "g:t:0:1");
        let record = build(own, &Failure::transient("again"), Detail::Origin);
        assert_eq!(record.headers.number::<u32>(header::REPLAY_COUNT), Some(2));
        assert_eq!(record.headers.text(header::REPLAY_ORIGIN), Some("g:t:0:1"));
        let mut hostile = Headers::new();
        hostile.push(header::REPLAY_COUNT, "-1");
        let record = build(hostile, &Failure::transient("again"), Detail::Origin);
        assert_eq!(record.headers.text(header::REPLAY_COUNT), None);
    }
}
