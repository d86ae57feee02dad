//! Promises about failures: retries, dead letters, panics, and the stop.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::script::{
    Act, Script, all_accepted, browse, config, fresh, numbered, patiently, producer, run_until, run_well, send, topic, until,
};
use super::{Fixture, Violation};
use crate::confirm::Completion;
use crate::consumer::{ConsumerConfig, StopCause, run};
use crate::message::{Headers, Record, RecordRef};
use crate::policy::dead_letter::{DeadLetterQueue, header};
use crate::transport::{Full, Producer, SendError, Subscription, Transport};

pub(super) async fn retries_are_counted<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let (topic, dead) = (topic(fixture, "retries", 1).await?, topic(fixture, "retries-dlq", 1).await?);
    let config = ConsumerConfig { dead_letter: Some(Arc::clone(&dead)), ..config(&fresh("group")) };
    send(&producer(fixture).await?, numbered(&topic, 10, 10)).await?;
    let script = Script::new(|body, attempt| if body == "4" && attempt < 3 { Act::Fail } else { Act::Accept });
    let report = run_well(fixture, &topic, &config, &script, || script.accepted().len() >= 10).await?;
    let attempts = script.attempts("4");
    Violation::check(attempts == [1, 2, 3], || format!("attempts were {attempts:?}, not 1, 2, 3"))?;
    Violation::check(report.counts.retries == 2, || format!("{} retries were counted, not 2", report.counts.retries))?;
    let dead = browse(fixture, &dead).await?.len();
    Violation::check(dead == 0, || format!("{dead} messages were dead-lettered; the last try was accepted"))
}

pub(super) async fn poison_is_dead_lettered<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let (topic, dead) = (topic(fixture, "poison", 2).await?, topic(fixture, "poison-dlq", 1).await?);
    let group = fresh("group");
    let config = ConsumerConfig { dead_letter: Some(Arc::clone(&dead)), ..config(&group) };
    let mut headers = Headers::new();
    headers.push("tenant", vec![1, 0, 255]);
    let poison = Record {
        key: Some(Bytes::from_static(b"key-1")),
        headers,
        ..Record::new(Arc::clone(&topic), Bytes::from_static(b"poison"))
    };
    let mut records = numbered(&topic, 40, 10);
    records.insert(11, poison.clone());
    send(&producer(fixture).await?, records).await?;
    let script = Script::new(|body, _| if body == "poison" { Act::Fail } else { Act::Accept });
    let gone = || script.attempts("poison").len() >= 3 && script.accepted().len() >= 40;
    let report = run_well(fixture, &topic, &config, &script, gone).await?;
    let attempts = script.attempts("poison");
    Violation::check(attempts == [1, 2, 3], || format!("attempts were {attempts:?}, not 1, 2, 3"))?;
    all_accepted(&script, 40)?;
    let letters = browse(fixture, &dead).await?;
    let [letter] = letters.as_slice() else {
        return Err(Violation(format!("{} dead letters, not one; {report:?}", letters.len())));
    };
    let record = &letter.record;
    let unchanged = record.value == poison.value
        && record.key == poison.key
        && record.headers.as_slice().starts_with(poison.headers.as_slice());
    Violation::check(unchanged, || format!("the dead letter of {poison:?} is {record:?}"))?;
    let told = |name: &str| record.headers.text(name).unwrap_or_default().to_owned();
    let facts = [told(header::TOPIC), told(header::GROUP), told(header::ATTEMPTS), told(header::CLASS), told(header::MESSAGE)];
    let expected = [topic.to_string(), group, "3".to_owned(), "unknown".to_owned(), "told to fail".to_owned()];
    Violation::check(facts == expected, || format!("the dead letter says {facts:?}, not {expected:?}"))?;
    let again = Script::accepting();
    let begun = Instant::now();
    run_well(fixture, &topic, &config, &again, || begun.elapsed() > Duration::from_secs(1)).await?;
    let count = again.seen().len();
    Violation::check(count == 0, || format!("{count} messages came again after a dead letter and a clean stop"))
}

pub(super) async fn panic_is_dead_lettered<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let script = Script::new(|body, _| if body == "3" { Act::Panic } else { Act::Accept });
    dead_lettered(fixture, "panic", &script, &[1, 2], "told to panic").await
}

pub(super) async fn undecodable_is_not_retried<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let script = Script::new(|body, _| if body == "3" { Act::Undecodable } else { Act::Accept });
    dead_lettered(fixture, "decode", &script, &[1], "told not to decode").await
}

/// Message 3 of 10 must be dead-lettered with that class and text after these attempts.
async fn dead_lettered<F: Fixture>(
    fixture: &F,
    class: &str,
    script: &Script,
    attempts: &[u32],
    text: &str,
) -> Result<(), Violation> {
    let (topic, dead) = (topic(fixture, class, 1).await?, topic(fixture, "dlq", 1).await?);
    let config = ConsumerConfig { dead_letter: Some(Arc::clone(&dead)), ..config(&fresh("group")) };
    send(&producer(fixture).await?, numbered(&topic, 10, 10)).await?;
    let gone = || script.accepted().len() >= 9 && script.attempts("3").len() >= attempts.len();
    let report = run_well(fixture, &topic, &config, script, gone).await?;
    let tried = script.attempts("3");
    Violation::check(tried == attempts, || format!("attempts were {tried:?}, not {attempts:?}"))?;
    let letters = browse(fixture, &dead).await?;
    let told: Vec<_> = letters
        .iter()
        .map(|letter| [header::CLASS, header::MESSAGE].map(|name| letter.record.headers.text(name).unwrap_or_default()))
        .collect();
    Violation::check(told == [[class, text]], || format!("dead letters say {told:?}, not {class:?}, {text:?}; {report:?}"))
}

/// A queue for dead letters that does as it is told. It stands in for a broker that is slow or says no.
struct Obstinate<P> {
    inner: P,
    /// Writes that are refused first.
    refuse: AtomicU32,
    /// Keeps completions instead of completing them, when there is a place to keep them.
    keep: Option<Arc<Mutex<Vec<Completion>>>>,
    writes: Arc<AtomicU32>,
}

impl<P: Producer> Producer for Obstinate<P> {
    fn enqueue(&self, record: RecordRef<'_>, completion: Completion) -> Result<(), Full> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        if let Some(kept) = &self.keep {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(completion);
            return Ok(());
        }
        #[allow(deprecated, reason = "its new name, `try_update`, is younger than our oldest Rust")]
        let refused = self.refuse.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
        if refused {
            completion.failed(SendError::Refused("told to refuse".into()));
            return Ok(());
        }
        self.inner.enqueue(record, completion)
    }

    async fn ready(&self) {
        self.inner.ready().await;
    }

    async fn flush(&self, deadline: Duration) -> usize {
        self.inner.flush(deadline).await
    }
}

pub(super) async fn dead_letter_is_confirmed_first<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let (topic, dead) = (topic(fixture, "unconfirmed", 1).await?, topic(fixture, "dlq", 1).await?);
    let config = config(&fresh("group"));
    send(&producer(fixture).await?, numbered(&topic, 1, 1)).await?;
    let (kept, writes) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicU32::new(0)));
    let queue = Obstinate {
        inner: producer(fixture).await?,
        refuse: AtomicU32::new(0),
        keep: Some(Arc::clone(&kept)),
        writes: Arc::clone(&writes),
    };
    let subscription = Subscription::new(Arc::clone(&topic), Arc::clone(&config.group));
    let consumer = fixture.transport().consumer(&subscription).await.map_err(|error| Violation::new(error.to_string()))?;
    let failing = Script::new(|_, _| Act::Undecodable);
    let queue = DeadLetterQueue::new(Arc::new(queue), dead);
    let running = run(consumer, Some(queue), failing, &config, std::future::pending());
    let written = async {
        until(|| writes.load(Ordering::Relaxed) > 0).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    };
    tokio::select! {
        result = running => return Err(Violation(format!("the consumer went on without a confirmation: {result:?}"))),
        waited = patiently("the write of the dead letter", written) => waited?,
    }
    let script = Script::accepting();
    run_well(fixture, &topic, &config, &script, || !script.accepted().is_empty()).await?;
    all_accepted(&script, 1).map(drop)
}

pub(super) async fn unwritable_queue_holds_the_message<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let (topic, dead) = (topic(fixture, "unwritable", 1).await?, topic(fixture, "dlq", 1).await?);
    let config = config(&fresh("group"));
    send(&producer(fixture).await?, numbered(&topic, 20, 20)).await?;
    let writes = Arc::new(AtomicU32::new(0));
    let queue = Obstinate { inner: producer(fixture).await?, refuse: AtomicU32::new(3), keep: None, writes: Arc::clone(&writes) };
    let subscription = Subscription::new(Arc::clone(&topic), Arc::clone(&config.group));
    let consumer = fixture.transport().consumer(&subscription).await.map_err(|error| Violation::new(error.to_string()))?;
    let script = Script::new(|body, _| if body == "3" { Act::Undecodable } else { Act::Accept });
    let queue = DeadLetterQueue::new(Arc::new(queue), Arc::clone(&dead));
    let telemetry = config.telemetry.clone();
    let begun = Instant::now();
    let done = async {
        let arrived = || telemetry.snapshot().dead_lettered >= 1 && script.accepted().len() >= 19;
        let _ = patiently("the dead letter", until(arrived)).await;
    };
    let report = run(consumer, Some(queue), script.clone(), &config, done)
        .await
        .map_err(|error| Violation(format!("the consumer stopped: {error}")))?;
    let (counts, writes) = (report.counts, writes.load(Ordering::Relaxed));
    let right = counts.dead_lettered == 1 && counts.dead_letter_failures == 3 && writes == 4;
    Violation::check(right, || format!("{writes} writes, {report:?}; 3 of 4 writes were refused"))?;
    let waited = begun.elapsed();
    Violation::check(waited >= Duration::from_millis(300), || format!("three refusals took only {waited:?}: it spins"))?;
    Violation::check(script.attempts("3") == [1], || "the handler was asked again for a dead letter".into())?;
    let letters = browse(fixture, &dead).await?.len();
    Violation::check(letters == 1, || format!("{letters} dead letters, not one"))
}

pub(super) async fn no_queue_stops_the_consumer<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let topic = topic(fixture, "no-queue", 1).await?;
    let config = config(&fresh("group"));
    send(&producer(fixture).await?, numbered(&topic, 5, 1)).await?;
    let script = Script::new(|body, _| if body == "2" { Act::Fail } else { Act::Accept });
    match run_until(fixture, &topic, &config, &script, || false).await? {
        Ok(report) => return Err(Violation(format!("the consumer went past a failed message: {report:?}"))),
        Err(error) => {
            let right = matches!(&*error.cause, StopCause::NoDeadLetterQueue { offset: 2, attempts: 3, .. });
            Violation::check(right, || format!("it stopped for another reason: {error}"))?;
            let handled: Vec<String> = script.accepted().into_keys().collect();
            let in_order = handled == ["0", "1"];
            Violation::check(in_order, || format!("{handled:?} were handled; 3 and 4 wait for 2, which failed"))?;
        }
    }
    let again = Script::accepting();
    run_well(fixture, &topic, &config, &again, || again.accepted().contains_key("4")).await?;
    let kept = again.accepted();
    Violation::check(kept.contains_key("2"), || format!("the failed message is lost; {kept:?} came"))?;
    Violation::check(!kept.contains_key("1"), || format!("what was settled before came again: {kept:?}"))
}

pub(super) async fn stop_finishes_what_is_in_flight<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 60;
    let topic = topic(fixture, "stop", 2).await?;
    let config = config(&fresh("group"));
    send(&producer(fixture).await?, numbered(&topic, COUNT, 30)).await?;
    let script = Script::new(|_, _| Act::AcceptAfter(Duration::from_millis(30)));
    let report = run_well(fixture, &topic, &config, &script, || !script.accepted().is_empty()).await?;
    let counts = report.counts;
    let finished = report.clean && counts.received == counts.handled && counts.released == 0;
    Violation::check(finished, || format!("the stop left something behind: {report:?}"))?;
    run_well(fixture, &topic, &config, &script, || script.accepted().len() >= COUNT).await?;
    let again = all_accepted(&script, COUNT)?;
    Violation::check(again == 0, || format!("{again} messages came again after a clean stop"))
}

pub(super) async fn stop_gives_back_what_is_not_finished<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 20;
    let topic = topic(fixture, "deadline", 1).await?;
    let config = ConsumerConfig { stop_within: Duration::from_millis(300), lanes: 64, ..config(&fresh("group")) };
    send(&producer(fixture).await?, numbered(&topic, COUNT, COUNT)).await?;
    let script = Script::new(|body, _| if body == "5" { Act::Hang } else { Act::Accept });
    let begun = Instant::now();
    let report = run_well(fixture, &topic, &config, &script, || script.attempts("5").len() == 1).await?;
    let took = begun.elapsed();
    Violation::check(!report.clean && report.counts.released >= 1, || format!("nothing was given back: {report:?}"))?;
    Violation::check(took < Duration::from_secs(30), || format!("the stop took {took:?}"))?;
    let again = Script::accepting();
    run_well(fixture, &topic, &config, &again, || again.accepted().contains_key("5")).await.map(drop)
}
