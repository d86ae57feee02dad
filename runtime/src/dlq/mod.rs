//! Reading dead-letter queues of any broker: what failed, where it came from, why. Replaying is in [`replay()`].
//!
//! Dead letters are written by [`crate::policy::dead_letter`]. Those of Spring Kafka and Spring Cloud Stream are read too.
//! A queue is a log: a replay removes nothing, it adds a note that says which letter was replayed.

mod foreign;
mod replay;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

pub use replay::{Fate, ReplayOptions, ReplayReport, replay};

use crate::message::{Headers, Record};
use crate::policy::dead_letter::header;
use crate::transport::{Browser, ConnectError, Delivery, RecvError, Transport};

/// Who wrote a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// This crate.
    Eventpact,
    /// Spring Kafka's recoverer (`kafka_dlt-…`).
    SpringKafka,
    /// Spring Cloud Stream (`x-original-…`, `x-exception-…`).
    SpringCloudStream,
    /// Nobody we know: the record is there, its story is not.
    Unknown,
}

/// Where a message was read before it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition, when it is told.
    pub partition: Option<i32>,
    /// The offset, when it is told.
    pub offset: Option<i64>,
}

/// A dead letter, read. Every text comes from outside: it is bounded, not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id: the same for copies of one letter.
    pub id: String,
    /// Who wrote it.
    pub dialect: Dialect,
    /// Its place in the queue.
    pub partition: i32,
    /// Its place in the partition.
    pub offset: i64,
    /// The message as it was: body, key and its own headers. The topic is the one it came from, when that is known.
    pub message: Record,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// What happened.
    pub failure: FailureFacts,
    /// How often the message was replayed before this letter.
    pub replay_count: u32,
    /// The id of its first letter, when it was replayed before.
    pub replay_origin: Option<String>,
    /// Records of the queue with this id: more than one after a crash between writing and settling.
    pub copies: usize,
    /// How often this letter was replayed.
    pub replayed: usize,
}

/// What a dead letter says about the failure. Absent and malformed values are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailureFacts {
    /// The consumer group.
    pub group: Option<String>,
    /// How often the message was tried.
    pub attempts: Option<u32>,
    /// When it was written, RFC 3339.
    pub timestamp: Option<String>,
    /// When the first try failed, RFC 3339.
    pub first_failed: Option<String>,
    /// When the last try failed, RFC 3339.
    pub last_failed: Option<String>,
    /// The class of the error; of foreign letters, the name of the exception.
    pub class: Option<String>,
    /// The application's code.
    pub code: Option<String>,
    /// The error.
    pub message: Option<String>,
    /// Its causes, one per line.
    pub causes: Option<String>,
    /// What was cut or left out.
    pub truncated: Option<String>,
    /// The handler.
    pub handler: Option<String>,
    /// The version of the application.
    pub app_version: Option<String>,
    /// The id of the schema that the body was written with.
    pub schema_id: Option<u32>,
    /// The subject of that schema.
    pub schema_subject: Option<String>,
    /// The fingerprint of the schema that it was read with.
    pub reader_fingerprint: Option<String>,
}

/// A record of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A dead letter.
    Letter(Box<DeadLetter>),
    /// A note that the letter of this id was replayed.
    ReplayNote(String),
}

impl Entry {
    /// Reads a record of the queue. Nothing in it can make this fail.
    pub fn parse(delivery: &Delivery) -> Self {
        let headers = &delivery.record.headers;
        if let Some(id) = headers.text(header::REPLAYED) {
            return Self::ReplayNote(id.to_owned());
        }
        if let Some(id) = headers.text(header::ID) {
            return Self::Letter(Box::new(own(delivery, id.to_owned())));
        }
        Self::Letter(Box::new(foreign::letter_or_stranger(delivery)))
    }
}

fn own(delivery: &Delivery, id: String) -> DeadLetter {
    let headers = &delivery.record.headers;
    let text = |name: &str| headers.text(name).map(str::to_owned);
    let origin = headers.text(header::TOPIC).map(|topic| Origin {
        topic: topic.into(),
        partition: headers.number(header::PARTITION),
        offset: headers.number(header::OFFSET),
    });
    let failure = FailureFacts {
        group: text(header::GROUP),
        attempts: headers.number(header::ATTEMPTS),
        timestamp: text(header::TIMESTAMP),
        first_failed: text(header::FIRST_FAILED),
        last_failed: text(header::LAST_FAILED),
        class: text(header::CLASS),
        code: text(header::CODE),
        message: text(header::MESSAGE),
        causes: text(header::CAUSES),
        truncated: text(header::TRUNCATED),
        handler: text(header::HANDLER),
        app_version: text(header::APP_VERSION),
        schema_id: headers.number(header::SCHEMA_ID),
        schema_subject: text(header::SCHEMA_SUBJECT),
        reader_fingerprint: text(header::READER),
    };
    let replay_count = headers.number(header::REPLAY_COUNT).unwrap_or(0);
    let replay_origin = text(header::REPLAY_ORIGIN);
    let base = letter(delivery, id, Dialect::Eventpact, origin, &[header::PREFIX]);
    DeadLetter { failure, replay_count, replay_origin, ..base }
}

/// The parts that all dialects share. Headers that begin with one of `prefixes` are not the message's own.
fn letter(delivery: &Delivery, id: String, dialect: Dialect, origin: Option<Origin>, prefixes: &[&str]) -> DeadLetter {
    let record = &delivery.record;
    let own = |name: &str| !prefixes.iter().any(|prefix| name.starts_with(prefix));
    let headers: Headers = record.headers.iter().filter(|header| own(&header.name)).cloned().collect();
    let topic = origin.as_ref().map_or_else(|| Arc::clone(&record.topic), |origin| Arc::clone(&origin.topic));
    DeadLetter {
        id,
        dialect,
        partition: delivery.partition(),
        offset: delivery.offset,
        message: Record { topic, headers, partition: None, timestamp_ms: None, ..record.clone() },
        origin,
        failure: FailureFacts::default(),
        replay_count: 0,
        replay_origin: None,
        copies: 1,
        replayed: 0,
    }
}

/// What a queue holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The letters, each id once, in the order of the queue.
    pub letters: Vec<DeadLetter>,
    /// Letters that were left out because there were more than asked for.
    pub omitted: usize,
}

/// Reading a queue did not work.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be opened.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Reading broke off.
    #[error(transparent)]
    Receive(#[from] RecvError),
}

/// Reads a whole queue and keeps the first `max` letters; copies and notes are folded into them.
pub async fn list<T: Transport>(transport: &T, queue: &str, max: usize) -> Result<Listing, ReadError> {
    let mut browser = transport.browse(queue).await?;
    let mut listing = Listing::default();
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut notes: HashMap<String, usize> = HashMap::new();
    let mut batch = Vec::new();
    loop {
        let more = browser.next_batch(&mut batch, 500, Duration::from_secs(5)).await?;
        for delivery in batch.drain(..) {
            match Entry::parse(&delivery) {
                Entry::ReplayNote(id) => *notes.entry(id).or_default() += 1,
                Entry::Letter(letter) => match index.get(&letter.id) {
                    Some(known) => listing.letters[*known].copies += 1,
                    None if listing.letters.len() >= max => listing.omitted += 1,
                    None => {
                        index.insert(letter.id.clone(), listing.letters.len());
                        listing.letters.push(*letter);
                    }
                },
            }
        }
        if !more {
            break;
        }
    }
    for (id, count) in notes {
        if let Some(known) = index.get(&id) {
            listing.letters[*known].replayed = count;
        }
    }
    Ok(listing)
}
