//! What travels: headers, records, typed envelopes and the facts about where a message came from.
//!
//! Bodies and keys are [`Bytes`]: a clone is a counter, never a copy. No broker and no schema is known here.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

/// Limits for headers that come from outside, so that no sender can make us hold or parse without bound.
pub mod limits {
    /// Headers of one message that are searched, from the last backwards; the rest is carried along, never parsed.
    pub const HEADERS: usize = 256;
    /// Bytes of a header value that is parsed as text or a number.
    pub const VALUE_BYTES: usize = 16 * 1024;
}

/// One header: a name and bytes. Kafka knows headers without a value, so the value may be absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, case-sensitive.
    pub name: Cow<'static, str>,
    /// The bytes; `None` is a header without a value, which is not the same as an empty one.
    pub value: Option<Bytes>,
}

/// Headers in the order in which they were written; a name may occur more than once.
///
/// A clone shares the list; writing to a shared list copies it first. No headers means no allocation.
///
/// ```
/// use eventpact_runtime::message::Headers;
/// let mut headers = Headers::new();
/// headers.push("tenant", "blue");
/// headers.push("tenant", "green");
/// assert_eq!(headers.text("tenant"), Some("green"));
/// assert_eq!(headers.len(), 2);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Option<Arc<Vec<Header>>>);

impl Headers {
    /// No headers.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Room for `count` headers without growing.
    pub fn with_capacity(count: usize) -> Self {
        if count == 0 { Self(None) } else { Self(Some(Arc::new(Vec::with_capacity(count)))) }
    }

    /// Adds a header at the end; an existing one of the same name stays.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Bytes>) {
        self.push_header(Header { name: name.into(), value: Some(value.into()) });
    }

    /// Adds a header as it is.
    pub fn push_header(&mut self, header: Header) {
        Arc::make_mut(self.0.get_or_insert_with(Arc::default)).push(header);
    }

    /// Keeps only the headers for which `keep` says true.
    pub fn retain(&mut self, keep: impl FnMut(&Header) -> bool) {
        if let Some(list) = &mut self.0 {
            Arc::make_mut(list).retain(keep);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// All headers in order.
    pub fn as_slice(&self) -> &[Header] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }

    /// All headers in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.as_slice().iter()
    }

    /// The value of the last header of that name: who writes later knows better.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        self.as_slice().iter().rev().take(limits::HEADERS).find(|header| header.name == name)?.value.as_ref()
    }

    /// The value as text; `None` when it is absent, not UTF-8 or longer than [`limits::VALUE_BYTES`].
    pub fn text(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?;
        if value.len() > limits::VALUE_BYTES {
            return None;
        }
        std::str::from_utf8(value).ok()
    }

    /// The value as a decimal number; `None` when it is absent or not a number of that type.
    ///
    /// A header is written by others: a malformed number counts as absent and can start nothing.
    pub fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        let text = self.text(name)?;
        if text.len() > 20 { None } else { text.parse().ok() }
    }
}

impl<'a> IntoIterator for &'a Headers {
    type Item = &'a Header;
    type IntoIter = std::slice::Iter<'a, Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Header> for Headers {
    fn from_iter<I: IntoIterator<Item = Header>>(headers: I) -> Self {
        let list: Vec<Header> = headers.into_iter().collect();
        if list.is_empty() { Self(None) } else { Self(Some(Arc::new(list))) }
    }
}

/// A message as a broker keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Topic, queue or subject.
    pub topic: Arc<str>,
    /// The key: messages of one key keep their order.
    pub key: Option<Bytes>,
    /// The body; `None` is a tombstone, which is not the same as an empty body.
    pub value: Option<Bytes>,
    /// The headers.
    pub headers: Headers,
    /// The partition; `None` lets the broker choose, by key when there is one.
    pub partition: Option<i32>,
    /// Milliseconds since 1970-01-01 UTC; `None` lets the broker choose.
    pub timestamp_ms: Option<i64>,
}

impl Record {
    /// A record with a body and nothing else.
    pub fn new(topic: impl Into<Arc<str>>, value: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            key: None,
            value: Some(value.into()),
            headers: Headers::new(),
            partition: None,
            timestamp_ms: None,
        }
    }

    /// The same record, lent.
    pub fn as_ref(&self) -> RecordRef<'_> {
        RecordRef {
            topic: &self.topic,
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            headers: &self.headers,
            partition: self.partition,
            timestamp_ms: self.timestamp_ms,
        }
    }
}

/// A record lent to a producer for the time of one call: an encoder's buffer is sent without a copy of ours.
#[derive(Debug, Clone, Copy)]
pub struct RecordRef<'a> {
    /// Topic, queue or subject. Shared, so a transport that keeps the name need not copy it.
    pub topic: &'a Arc<str>,
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The body; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: &'a Headers,
    /// The partition; `None` lets the broker choose.
    pub partition: Option<i32>,
    /// Milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: Option<i64>,
}

impl RecordRef<'_> {
    /// An owned copy.
    pub fn to_record(&self) -> Record {
        Record {
            topic: Arc::clone(self.topic),
            key: self.key.map(Bytes::copy_from_slice),
            value: self.value.map(Bytes::copy_from_slice),
            headers: self.headers.clone(),
            partition: self.partition,
            timestamp_ms: self.timestamp_ms,
        }
    }
}

/// Where a message came from and what is known about its delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The topic, queue or subject it was read from.
    pub topic: Arc<str>,
    /// Its partition; 0 on brokers without partitions.
    pub partition: i32,
    /// Its offset in the partition, or the broker's number of the delivery.
    pub offset: i64,
    /// When it was written, in milliseconds since 1970-01-01 UTC, when the broker says so.
    pub timestamp_ms: Option<i64>,
    /// Which try this is, from 1. It counts the tries of this process.
    pub attempt: u32,
    /// The registry's id of the schema that the body was written with, when the body names one.
    pub schema_id: Option<u32>,
}

/// A decoded message as a handler gets it.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<E> {
    /// The event.
    pub event: E,
    /// The key as it was sent.
    pub key: Option<Bytes>,
    /// The headers as they were sent.
    pub headers: Headers,
    /// Where it came from.
    pub meta: Metadata,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_keep_order_and_duplicates_and_the_last_wins() {
        let mut headers = Headers::new();
        headers.push("a", "1");
        headers.push("b", "2");
        headers.push("a", "3");
        let names: Vec<_> = headers.iter().map(|header| header.name.as_ref()).collect();
        assert_eq!(names, ["a", "b", "a"]);
        assert_eq!(headers.text("a"), Some("3"));
    }

    #[test]
    fn a_clone_is_not_changed_by_a_later_push() {
        let mut headers = Headers::new();
        headers.push("a", "1");
        let clone = headers.clone();
        headers.push("b", "2");
        assert_eq!((clone.len(), headers.len()), (1, 2));
    }

    #[test]
    fn hostile_numbers_count_as_absent() {
        let long = "9".repeat(1 << 20);
        for text in ["-1", "9223372036854775808", "1e3", "", " 1", "0x10", long.as_str()] {
            let mut headers = Headers::new();
            headers.push("n", text.to_owned());
            assert_eq!(headers.number::<u32>("n"), None, "{}", &text[..text.len().min(30)]);
        }
        let mut headers = Headers::new();
        headers.push("n", vec![0xff, 0xfe]);
        assert_eq!(headers.text("n"), None);
    }

    #[test]
    fn only_the_last_headers_are_searched() {
        let mut headers = Headers::new();
        headers.push("early", "1");
        (0..limits::HEADERS).for_each(|_| headers.push("x", "2"));
        assert_eq!(headers.get("early"), None);
        assert_eq!(headers.len(), limits::HEADERS + 1);
    }
}
