//! Promises about delivery: what arrives, in which order, and what comes again after a crash.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::script::{
    Act, Script, all_accepted, body, browse, config, fresh, numbered, patiently, producer, run_and_crash, run_until, run_well,
    send, topic,
};
use super::{Fixture, Violation};
use crate::consumer::ConsumerConfig;
use crate::message::{Header, Headers, Record};
use crate::transport::{Consumer, Producer, Settle, Subscription, Transport};

pub(super) async fn records_arrive_unchanged<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    let topic = topic(fixture, "unchanged", 1).await?;
    let mut headers = Headers::new();
    headers.push("twice", "1");
    headers.push("twice", vec![0, 255, 10]);
    headers.push("empty", Bytes::new());
    headers.push_header(Header { name: "none".into(), value: None });
    let plain = || Record { partition: Some(0), ..Record::new(Arc::clone(&topic), vec![0, 159, 146, 150]) };
    let sent = [
        Record { headers, key: Some(Bytes::from_static(&[255, 0])), timestamp_ms: Some(1_700_000_000_123), ..plain() },
        Record { key: Some(Bytes::new()), value: Some(Bytes::new()), ..plain() },
        Record { key: Some(Bytes::from_static(b"gone")), value: None, ..plain() },
        plain(),
    ];
    send(&producer(fixture).await?, sent.clone()).await?;
    let arrived = browse(fixture, &topic).await?;
    let count = arrived.len();
    Violation::check(count == sent.len(), || format!("{} records were sent, {count} arrived", sent.len()))?;
    for (index, (sent, arrived)) in sent.iter().zip(&arrived).enumerate() {
        let expected = Record { timestamp_ms: sent.timestamp_ms.or(arrived.record.timestamp_ms), ..sent.clone() };
        let same = arrived.record == expected;
        Violation::check(same, || format!("record {index} was {expected:?} and arrived as {:?}", arrived.record))?;
    }
    Ok(())
}

pub(super) async fn nothing_is_lost<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 3000;
    let topic = topic(fixture, "complete", 3).await?;
    let config = config(&fresh("group"));
    send(&producer(fixture).await?, numbered(&topic, COUNT, 50)).await?;
    let script = Script::accepting();
    for part in 1..=3 {
        let report = run_well(fixture, &topic, &config, &script, || script.seen().len() >= COUNT * part / 3).await?;
        Violation::check(report.clean, || format!("the stop was not clean: {report:?}"))?;
    }
    let again = all_accepted(&script, COUNT)?;
    Violation::check(again == 0, || format!("{again} messages were delivered again after clean stops"))
}

pub(super) async fn keys_keep_their_order<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 600;
    let topic = topic(fixture, "order", 3).await?;
    send(&producer(fixture).await?, numbered(&topic, COUNT, 10)).await?;
    // Every 7th message takes a while, every 50th fails once: both tempt the next one of the key to overtake.
    let script = Script::new(|body, attempt| match body.parse::<usize>() {
        Ok(number) if number % 50 == 3 && attempt == 1 => Act::Fail,
        Ok(number) if number % 7 == 0 => Act::AcceptAfter(Duration::from_millis(3)),
        _ => Act::Accept,
    });
    run_well(fixture, &topic, &config(&fresh("group")), &script, || script.accepted().len() >= COUNT).await?;
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for seen in script.seen() {
        let number: usize = seen.body.parse().map_err(|_| Violation::new("a body changed"))?;
        let before = last.insert(seen.key.unwrap_or_default(), number);
        let in_order = before.is_none_or(|before| before < number || (before == number && seen.attempt > 1));
        Violation::check(in_order, || format!("{number} came after {before:?} of the same key"))?;
    }
    all_accepted(&script, COUNT).map(drop)
}

pub(super) async fn crash_redelivers<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 2000;
    const IN_FLIGHT: usize = 100;
    let topic = topic(fixture, "crash", 3).await?;
    // Every settlement is flushed before the next fetch, so what comes again was in flight at the crash.
    let config = ConsumerConfig {
        max_in_flight: IN_FLIGHT,
        window: IN_FLIGHT,
        flush_interval: Duration::from_millis(1),
        ..config(&fresh("group"))
    };
    send(&producer(fixture).await?, numbered(&topic, COUNT, 100)).await?;
    let script = Script::new(|_, _| Act::AcceptAfter(Duration::from_millis(1)));
    let mut crashes = 0;
    for part in 1..=4 {
        let enough = COUNT * part / 5;
        run_and_crash(fixture, &topic, &config, &script, || script.accepted().len() >= enough).await?;
        crashes += 1;
    }
    run_well(fixture, &topic, &config, &script, || script.accepted().len() >= COUNT).await?;
    let again = all_accepted(&script, COUNT)?;
    // A window for each partition: that much may be settled behind an unsettled message, or settled and not flushed.
    let bound = crashes * 3 * IN_FLIGHT;
    Violation::check(again <= bound, || format!("{again} messages came again after {crashes} crashes; the bound is {bound}"))
}

pub(super) async fn only_the_prefix_is_committed<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 50;
    let topic = topic(fixture, "prefix", 1).await?;
    let config = config(&fresh("group"));
    send(&producer(fixture).await?, numbered(&topic, COUNT, COUNT)).await?;
    let stuck = Script::new(|body, _| if body == "10" { Act::Hang } else { Act::Accept });
    // A message may share its lane with the one that hangs, so not all others get through.
    let flushed = std::time::Instant::now();
    let done = || stuck.accepted().len() >= COUNT / 2 && flushed.elapsed() > Duration::from_millis(500);
    run_and_crash(fixture, &topic, &config, &stuck, done).await?;
    let script = Script::accepting();
    let all_back = || (10..COUNT).all(|number| script.accepted().contains_key(&number.to_string()));
    run_well(fixture, &topic, &config, &script, all_back).await?;
    let early = (0..10).filter(|number| script.accepted().contains_key(&number.to_string())).count();
    let per_message = fixture.transport().capabilities().per_message_ack;
    Violation::check(per_message || early == 0, || format!("{early} messages of the committed prefix came again"))
}

pub(super) async fn window_holds<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const WINDOW: usize = 20;
    let topic = topic(fixture, "window", 1).await?;
    let config = ConsumerConfig { window: WINDOW, lanes: 64, ..config(&fresh("group")) };
    send(&producer(fixture).await?, numbered(&topic, 300, 300)).await?;
    let begun = std::time::Instant::now();
    let script = Script::new(|body, _| if body == "0" { Act::Hang } else { Act::Accept });
    let quiet = || !script.seen().is_empty() && begun.elapsed() > Duration::from_secs(3);
    run_and_crash(fixture, &topic, &config, &script, quiet).await?;
    let seen = script.seen().len();
    if fixture.transport().capabilities().per_message_ack {
        return Ok(());
    }
    Violation::check(seen <= WINDOW, || format!("{seen} messages were delivered with a window of {WINDOW}"))?;
    Violation::check(seen > WINDOW / 2, || format!("only {seen} of {WINDOW} messages of a window were delivered"))
}

pub(super) async fn rebalance_loses_nothing<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 3000;
    let topic = topic(fixture, "rebalance", 4).await?;
    let config = ConsumerConfig { max_in_flight: 50, window: 50, ..config(&fresh("group")) };
    send(&producer(fixture).await?, numbered(&topic, COUNT, 200)).await?;
    let script = Script::new(|_, _| Act::AcceptAfter(Duration::from_millis(5)));
    let accepted = || script.accepted().len();
    let staying = run_well(fixture, &topic, &config, &script, || accepted() >= COUNT);
    let visiting = async {
        patiently("the first third", super::script::until(|| accepted() >= COUNT / 6)).await?;
        run_well(fixture, &topic, &config, &script, || accepted() >= COUNT / 3).await?;
        run_and_crash(fixture, &topic, &config, &script, || accepted() >= COUNT / 2).await
    };
    let (stayed, visited) = tokio::join!(staying, visiting);
    stayed?;
    visited?;
    all_accepted(&script, COUNT).map(drop)
}

pub(super) async fn back_pressure_loses_nothing<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 20_000;
    let topic = topic(fixture, "pressure", 2).await?;
    let producer = producer(fixture).await?;
    send(&producer, numbered(&topic, COUNT, 1000)).await?;
    let left = producer.flush(Duration::from_secs(10)).await;
    Violation::check(left == 0, || format!("{left} records are unconfirmed after all were confirmed"))?;
    let mut bodies: Vec<usize> =
        browse(fixture, &topic).await?.iter().filter_map(|delivery| body(delivery).parse().ok()).collect();
    bodies.sort_unstable();
    let count = bodies.len();
    bodies.dedup();
    Violation::check(bodies.len() == COUNT, || format!("{} of {COUNT} confirmed records are there", bodies.len()))?;
    Violation::check(count == COUNT, || format!("{} records were written twice", count - COUNT))
}

pub(super) async fn browsing_settles_nothing<F: Fixture>(fixture: &F) -> Result<(), Violation> {
    const COUNT: usize = 200;
    let topic = topic(fixture, "browse", 2).await?;
    let group = fresh("group");
    send(&producer(fixture).await?, numbered(&topic, COUNT, 20)).await?;
    let script = Script::accepting();
    run_well(fixture, &topic, &config(&group), &script, || script.seen().len() >= COUNT / 2).await?;
    for _ in 0..2 {
        let count = browse(fixture, &topic).await?.len();
        Violation::check(count == COUNT, || format!("{count} of {COUNT} records were seen"))?;
    }
    let settled = run_until(fixture, &topic, &config(&group), &script, || script.accepted().len() >= COUNT).await?;
    settled.map_err(|error| Violation::new(error.to_string()))?;
    let again = all_accepted(&script, COUNT)?;
    Violation::check(again == 0, || format!("{again} messages came again after browsing"))?;
    stale_tokens_settle_nothing(fixture, &topic).await
}

/// A token of an assignment that is over must not move the position of a later one.
async fn stale_tokens_settle_nothing<F: Fixture>(fixture: &F, topic: &Arc<str>) -> Result<(), Violation> {
    let subscription = Subscription::new(Arc::clone(topic), fresh("group"));
    let open = || async {
        fixture.transport().consumer(&subscription).await.map_err(|error| Violation(format!("no consumer: {error}")))
    };
    let fetch = async |consumer: &mut <F::Transport as Transport>::Consumer, count: usize| {
        let mut batch = Vec::new();
        let filling = async {
            while batch.len() < count {
                let wait = Duration::from_millis(200);
                consumer.next_batch(&mut batch, count, wait).await.map_err(|error| Violation(error.to_string()))?;
            }
            Ok(batch)
        };
        patiently("a first batch", filling).await?
    };
    let mut first = open().await?;
    let old = fetch(&mut first, 10).await?;
    first.close(Duration::from_secs(5)).await.map_err(|error| Violation(error.to_string()))?;
    let mut second = open().await?;
    fetch(&mut second, 1).await?;
    for mut delivery in old {
        delivery.token.epoch = delivery.token.epoch.wrapping_add(1000);
        second.settle(delivery.token, Settle::Ack);
    }
    second.close(Duration::from_secs(5)).await.map_err(|error| Violation(error.to_string()))?;
    let mut third = open().await?;
    let count = fetch(&mut third, 200).await?.len();
    Violation::check(count >= 200, || format!("{} messages were settled with stale tokens", 200 - count))
}
