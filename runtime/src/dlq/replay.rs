//! Replaying dead letters: back to where they came from, after a look at whether they would be understood now.
//!
//! A letter is replayed when its message is confirmed by the broker, and noted when the note is. A crash in between leaves a
//! replayed letter without a note; replaying it again sends the message again, with the same origin id.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::DeadLetter;
use crate::confirm::Batch;
use crate::message::{Headers, Record};
use crate::policy::dead_letter::header;
use crate::transport::{Full, Producer, SendError};

/// How to replay.
#[derive(Debug, Clone)]
pub struct ReplayOptions {
    /// Only look: validate and report, send nothing.
    pub dry_run: bool,
    /// Messages per second, at most; 0 means as fast as the broker takes them.
    pub per_second: usize,
    /// A message that was replayed this often is not replayed again: it fails each time.
    pub max_replays: u32,
    /// Replay letters again that have a note of an earlier replay.
    pub again: bool,
    /// Where to, instead of where each message came from.
    pub to: Option<Arc<str>>,
}

impl Default for ReplayOptions {
    /// For real, 100 per second, at most 3 replays of a message, none twice, to where they came from.
    fn default() -> Self {
        Self { dry_run: false, per_second: 100, max_replays: 3, again: false, to: None }
    }
}

/// What became of a letter.
#[derive(Debug)]
pub enum Fate {
    /// Sent, confirmed and noted in the queue.
    Replayed,
    /// Sent and confirmed, but the note could not be written: the next replay would send it again.
    ReplayedWithoutNote(SendError),
    /// It would be replayed; this was a dry run.
    WouldReplay,
    /// The message is not valid now: replaying it would fail again.
    Invalid(String),
    /// It was replayed as often as allowed.
    TooOften,
    /// It has a note of an earlier replay.
    AlreadyReplayed,
    /// It does not say where it came from; name a topic.
    NoOrigin,
    /// It was not confirmed; it is still a dead letter.
    Failed(SendError),
}

/// What became of each letter, in the order in which they were given.
#[derive(Debug, Default)]
#[must_use = "letters that were not replayed are in the report and nowhere else"]
pub struct ReplayReport {
    /// The id and the fate.
    pub letters: Vec<(String, Fate)>,
}

impl ReplayReport {
    /// How many were sent and confirmed.
    pub fn replayed(&self) -> usize {
        self.letters.iter().filter(|(_, fate)| matches!(fate, Fate::Replayed | Fate::ReplayedWithoutNote(_))).count()
    }
}

/// How many are under way together when no rate is given.
const CHUNK: usize = 500;

/// Replays `letters` of the queue `queue`. `validate` says whether a message would be understood now, and why not.
///
/// The message goes out as it was, body, key and headers, with two headers more: how often it was replayed, and the id of its
/// first dead letter, so that a handler that remembers ids sees a repetition.
pub async fn replay<P: Producer>(
    producer: &P,
    queue: &Arc<str>,
    letters: &[DeadLetter],
    mut validate: impl FnMut(&DeadLetter) -> Result<(), String>,
    options: &ReplayOptions,
) -> ReplayReport {
    let mut report = ReplayReport::default();
    let size = if options.per_second == 0 { CHUNK } else { options.per_second };
    let mut next = Instant::now();
    let mut chunk: Vec<(usize, &DeadLetter, Record)> = Vec::new();
    for (index, letter) in letters.iter().enumerate() {
        let fate = match prepare(letter, &mut validate, options) {
            Ok(_) if options.dry_run => Fate::WouldReplay,
            Ok(record) => {
                chunk.push((index, letter, record));
                // Replaced when the broker has spoken.
                Fate::Failed(SendError::Closed)
            }
            Err(fate) => fate,
        };
        report.letters.push((letter.id.clone(), fate));
        if chunk.len() == size || (index + 1 == letters.len() && !chunk.is_empty()) {
            tokio::time::sleep_until(next).await;
            if options.per_second > 0 {
                next = Instant::now() + Duration::from_secs(1);
            }
            send_chunk(producer, queue, &mut chunk, &mut report).await;
        }
    }
    report
}

fn prepare(
    letter: &DeadLetter,
    validate: &mut impl FnMut(&DeadLetter) -> Result<(), String>,
    options: &ReplayOptions,
) -> Result<Record, Fate> {
    if letter.replayed > 0 && !options.again {
        return Err(Fate::AlreadyReplayed);
    }
    if letter.replay_count >= options.max_replays {
        return Err(Fate::TooOften);
    }
    let origin = letter.origin.as_ref().map(|origin| &origin.topic);
    let topic = Arc::clone(options.to.as_ref().or(origin).ok_or(Fate::NoOrigin)?);
    validate(letter).map_err(Fate::Invalid)?;
    let mut record = Record { topic, ..letter.message.clone() };
    record.headers.push(header::REPLAY_COUNT, letter.replay_count.saturating_add(1).to_string());
    record.headers.push(header::REPLAY_ORIGIN, letter.replay_origin.as_ref().unwrap_or(&letter.id).clone());
    Ok(record)
}

async fn send_chunk<P: Producer>(
    producer: &P,
    queue: &Arc<str>,
    chunk: &mut Vec<(usize, &DeadLetter, Record)>,
    report: &mut ReplayReport,
) {
    let mut failed = send_all(producer, chunk.iter().map(|(_, _, record)| record.clone()).collect()).await;
    let mut sent = Vec::new();
    for (position, (index, letter, _)) in chunk.drain(..).enumerate() {
        match failed.remove(&position) {
            Some(error) => report.letters[index].1 = Fate::Failed(error),
            None => sent.push((index, letter)),
        }
    }
    let notes = sent.iter().map(|(_, letter)| note(Arc::clone(queue), &letter.id)).collect();
    let mut failed = send_all(producer, notes).await;
    for (position, (index, _)) in sent.into_iter().enumerate() {
        report.letters[index].1 = failed.remove(&position).map_or(Fate::Replayed, Fate::ReplayedWithoutNote);
    }
}

async fn send_all<P: Producer>(producer: &P, records: Vec<Record>) -> std::collections::HashMap<usize, SendError> {
    let mut batch = Batch::new();
    for record in &records {
        while let Err(Full(back)) = producer.enqueue(record.as_ref(), batch.completion()) {
            batch.take_back(back);
            producer.ready().await;
        }
    }
    batch.wait().await.failed.into_iter().collect()
}

/// The record that notes a replay. It has the id as its key, so that a compacted queue keeps the latest one.
fn note(queue: Arc<str>, id: &str) -> Record {
    let mut headers = Headers::new();
    headers.push(header::REPLAYED, id.to_owned());
    Record { key: Some(Bytes::copy_from_slice(id.as_bytes())), headers, ..Record::new(queue, Bytes::new()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confirm::Single;
    use crate::dlq::list;
    use crate::transport::Transport;
    use crate::transports::memory::{MemoryBroker, MemoryProducer};

    const QUEUE: &str = "orders.dlq";

    async fn broker(letters: &[(&str, &str)]) -> (MemoryBroker, MemoryProducer) {
        let broker = MemoryBroker::new();
        broker.create_topic(QUEUE, 1);
        broker.create_topic("orders", 1);
        let producer = broker.producer().await.unwrap();
        for (id, replays) in letters {
            let mut headers = Headers::new();
            headers.push("own", "stays");
            headers.push(header::ID, (*id).to_owned());
            headers.push(header::TOPIC, "orders");
            headers.push(header::REPLAY_COUNT, (*replays).to_owned());
            let record = Record { headers, key: Some("k".into()), ..Record::new(QUEUE, (*id).to_owned()) };
            let (single, completion) = Single::new();
            producer.enqueue(record.as_ref(), completion).unwrap();
            single.wait().await.unwrap();
        }
        (broker, producer)
    }

    async fn replay_all(broker: &MemoryBroker, producer: &MemoryProducer, options: &ReplayOptions) -> Vec<String> {
        let letters = list(broker, QUEUE, 100).await.unwrap().letters;
        let validate = |letter: &DeadLetter| {
            if letter.message.value.as_deref() == Some(b"bad") { Err("field `total` is missing".to_owned()) } else { Ok(()) }
        };
        let report = replay(producer, &QUEUE.into(), &letters, validate, options).await;
        report.letters.iter().map(|(id, fate)| format!("{id} {fate:?}")).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_dry_run_says_what_would_happen_and_sends_nothing() {
        let (broker, producer) = broker(&[("a", "0"), ("bad", "0"), ("often", "3"), ("odd", "-7")]).await;
        let options = ReplayOptions { dry_run: true, ..ReplayOptions::default() };
        let fates = replay_all(&broker, &producer, &options).await;
        assert_eq!(fates, ["a WouldReplay", "bad Invalid(\"field `total` is missing\")", "often TooOften", "odd WouldReplay"]);
        assert_eq!((broker.records("orders").len(), broker.records(QUEUE).len()), (0, 4));
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_sends_the_message_as_it_was_and_is_noted() {
        let (broker, producer) = broker(&[("a", "1"), ("a", "1"), ("b", "0")]).await;
        let options = ReplayOptions::default();
        assert_eq!(replay_all(&broker, &producer, &options).await, ["a Replayed", "b Replayed"]);
        let sent = broker.records("orders");
        assert_eq!(sent.len(), 2, "copies of one letter are replayed once");
        assert_eq!((sent[0].key.as_deref(), sent[0].value.as_deref()), (Some(&b"k"[..]), Some(&b"a"[..])));
        let names: Vec<_> = sent[0].headers.iter().map(|header| header.name.as_ref()).collect();
        assert_eq!(names, ["own", header::REPLAY_COUNT, header::REPLAY_ORIGIN]);
        assert_eq!(sent[0].headers.number::<u32>(header::REPLAY_COUNT), Some(2));
        assert_eq!(replay_all(&broker, &producer, &options).await, ["a AlreadyReplayed", "b AlreadyReplayed"]);
        let again = ReplayOptions { again: true, ..options };
        assert_eq!(replay_all(&broker, &producer, &again).await, ["a Replayed", "b Replayed"]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_confirmed_stays_a_dead_letter() {
        let (broker, producer) = broker(&[("a", "0")]).await;
        broker.refuse_writes("orders", Some(SendError::Refused("no".into())));
        let fates = replay_all(&broker, &producer, &ReplayOptions::default()).await;
        assert!(fates[0].starts_with("a Failed"), "{fates:?}");
        broker.refuse_writes("orders", None);
        broker.refuse_writes(QUEUE, Some(SendError::Refused("no".into())));
        let fates = replay_all(&broker, &producer, &ReplayOptions::default()).await;
        assert!(fates[0].starts_with("a ReplayedWithoutNote"), "{fates:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept() {
        let letters: Vec<String> = (0..25).map(|number| number.to_string()).collect();
        let letters: Vec<(&str, &str)> = letters.iter().map(|id| (id.as_str(), "0")).collect();
        let (broker, producer) = broker(&letters).await;
        let begun = Instant::now();
        replay_all(&broker, &producer, &ReplayOptions { per_second: 10, ..ReplayOptions::default() }).await;
        assert_eq!((broker.records("orders").len(), begun.elapsed().as_secs()), (25, 2));
    }
}
