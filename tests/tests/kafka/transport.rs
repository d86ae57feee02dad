//! What is Kafka's own in the transport: rebalances, starts, limits of the broker, back-pressure. What every transport must do
//! is in the conformance suite.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_runtime::confirm::Batch;
use eventpact_runtime::message::{Header, Headers, Record};
use eventpact_runtime::transport::{
    AssignmentEvent, Browser, ConnectError, Consumer, Full, Producer, SendError, StartAt, Subscription, Transport,
};
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};

use crate::support::{ack, bodies, broker, config, consumer, fill, kafka, send, take, topic, unique};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_record_comes_back_as_it_was_sent() {
    let _broker = broker().await;
    let topic = topic("as-sent", 3).await;
    let producer = kafka().producer().await.unwrap();
    let mut record = Record::new(Arc::clone(&topic), vec![0, 0xff, 7]);
    record.key = Some("key".into());
    record.partition = Some(2);
    record.timestamp_ms = Some(1_700_000_000_123);
    record.headers.push("one", "1");
    record.headers.push("one", vec![0xff, 0]);
    record.headers.push_header(Header { name: "none".into(), value: None });
    record.headers.push("empty", "");
    let tombstone = Record { value: None, headers: Headers::default(), ..record.clone() };
    let receipt = send(&producer, &record).await.unwrap();
    assert_eq!((receipt.partition, receipt.offset), (2, 0));
    send(&producer, &tombstone).await.unwrap();
    let mut consumer = consumer(&Subscription::new(Arc::clone(&topic), unique("group"))).await;
    let got = take(&mut consumer, 2).await;
    assert_eq!(got[0].record, record);
    assert_eq!(got[1].record, tombstone);
    consumer.close(10 * SECOND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_where_the_java_client_puts_them() {
    let _broker = broker().await;
    let topic = topic("murmur2", 12).await;
    let producer = kafka().producer().await.unwrap();
    // Computed with org.apache.kafka.common.utils.Utils.murmur2 in its own test: "21" -> -973932308, "foobar" -> -790332482,
    // "a-little-bit-long-string" -> -985981536.
    for (key, hash) in [("21", -973_932_308_i32), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536)] {
        let record = Record { key: Some(key.into()), ..Record::new(Arc::clone(&topic), "x") };
        let receipt = send(&producer, &record).await.unwrap();
        assert_eq!(receipt.partition, (hash & i32::MAX) % 12, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_will_not_take_is_reported_with_its_reason() {
    let _broker = broker().await;
    let topic = topic("refused", 1).await;
    let producer = kafka().producer().await.unwrap();
    let large = Record::new(Arc::clone(&topic), vec![7; 2_000_000]);
    let error = send(&producer, &large).await.unwrap_err();
    assert!(matches!(&error, SendError::TooLarge { bytes: 2_000_000, .. }), "{error}");
    let nowhere = Record { partition: Some(99), ..Record::new(Arc::clone(&topic), "x") };
    let error = send(&producer, &nowhere).await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(_)), "{error}");
    let odd = Record::new("no\0topic", "x");
    let error = send(&producer, &odd).await.unwrap_err();
    assert!(matches!(&error, SendError::Refused(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_gives_the_completion_back_and_gets_room_again() {
    let _broker = broker().await;
    let topic = topic("full", 1).await;
    let config = config().set_producer("queue.buffering.max.messages", "100").set_producer("linger.ms", "50");
    let producer = KafkaTransport::new(config).producer().await.unwrap();
    let (mut batch, mut full) = (Batch::new(), 0);
    for _ in 0..1000 {
        while let Err(Full(back)) = producer.enqueue(Record::new(Arc::clone(&topic), "x").as_ref(), batch.completion()) {
            batch.take_back(back);
            full += 1;
            producer.ready().await;
        }
    }
    assert_eq!(producer.flush(10 * SECOND).await, 0);
    assert_eq!(batch.wait().await.confirmed, 1000);
    assert!(full > 0, "a queue of 100 took 1000 at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_producer_fails_what_is_not_confirmed() {
    let _broker = broker().await;
    let topic = topic("dropped", 1).await;
    let producer = KafkaTransport::new(config().set_producer("linger.ms", "60000")).producer().await.unwrap();
    let mut batch = Batch::new();
    producer.enqueue(Record::new(topic, "x").as_ref(), batch.completion()).expect("room");
    drop(producer);
    let report = batch.wait().await;
    assert!(matches!(report.failed.as_slice(), [(0, SendError::Closed)]), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_topic_and_a_missing_broker_are_named() {
    let _broker = broker().await;
    let missing = unique("missing");
    let error = kafka().consumer(&Subscription::new(missing.as_str(), "g")).await.unwrap_err();
    assert!(matches!(&error, ConnectError::NoTopic(name) if *name == missing), "{error}");
    let error = kafka().browse(&missing).await.unwrap_err();
    assert!(matches!(&error, ConnectError::NoTopic(_)), "{error}");
    // Port 9 is "discard": nothing listens there.
    let nobody = KafkaTransport::new(KafkaConfig::new("127.0.0.1:9").connect_timeout(SECOND));
    let error = nobody.producer().await.unwrap_err();
    assert_eq!(error.to_string(), "cannot reach the broker: no Kafka broker answered at 127.0.0.1:9 within 1 s");
    let wrong = KafkaTransport::new(config().set("no.such.setting", "1")).producer().await.unwrap_err();
    assert!(matches!(&wrong, ConnectError::Config(text) if text.contains("no.such.setting")), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_member_takes_over_some_partitions_and_nothing_is_handled_twice() {
    let _broker = broker().await;
    let topic = topic("rebalance", 4).await;
    fill(&topic, 4, 400).await;
    let subscription = Subscription::new(Arc::clone(&topic), unique("group"));
    let mut first = consumer(&subscription).await;
    // In work at the time of the rebalance: settled while it waits.
    let got = take(&mut first, 400).await;
    let mut seen: BTreeSet<String> = bodies(&got).into_iter().collect();
    let mut second = consumer(&subscription).await;
    let settling = tokio::spawn(async move {
        for few in got.chunks(50) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            ack(&mut first, few);
        }
        first
    });
    // Joining triggers the rebalance; the second member polls until it has its share.
    let mut events = Vec::new();
    let deadline = Instant::now() + 30 * SECOND;
    let mut duplicates = Vec::new();
    while !events.iter().any(|event| matches!(event, AssignmentEvent::Assigned(partitions) if !partitions.is_empty())) {
        assert!(Instant::now() < deadline, "no rebalance: {events:?}");
        second.next_batch(&mut duplicates, 100, SECOND / 10).await.unwrap();
        second.take_events(&mut events);
    }
    let mut first = settling.await.unwrap();
    fill(&topic, 4, 40).await;
    let mut after = Vec::new();
    while after.len() < 40 {
        assert!(Instant::now() < deadline, "{} of 40 after the rebalance", after.len());
        for consumer in [&mut first, &mut second] {
            consumer.next_batch(&mut after, 100, SECOND / 10).await.unwrap();
        }
    }
    assert_eq!(bodies(&duplicates), Vec::<String>::new(), "settled before the partitions were given up, yet delivered again");
    assert_eq!(after.len(), 40);
    seen.extend(bodies(&after));
    assert_eq!(seen.len(), 400);
    let mut events = Vec::new();
    first.take_events(&mut events);
    assert!(
        events.iter().any(|event| matches!(event, AssignmentEvent::Revoked(partitions) if partitions.len() == 2)),
        "{events:?}"
    );
    first.close(10 * SECOND).await.unwrap();
    second.close(10 * SECOND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_starts_at_the_end_loses_nothing_when_it_crashes_before_its_first_commit() {
    let _broker = broker().await;
    let topic = topic("latest", 2).await;
    fill(&topic, 2, 10).await;
    let subscription = Subscription { start: StartAt::Latest, ..Subscription::new(Arc::clone(&topic), unique("group")) };
    let mut first = consumer(&subscription).await;
    let (mut events, mut early) = (Vec::new(), Vec::new());
    while events.is_empty() {
        first.next_batch(&mut early, 100, SECOND / 10).await.unwrap();
        first.take_events(&mut events);
    }
    drop(first);
    assert!(early.is_empty(), "{:?}", bodies(&early));
    fill(&topic, 2, 6).await;
    let mut second = consumer(&subscription).await;
    let mut got = bodies(&take(&mut second, 6).await);
    got.sort();
    assert_eq!(got, ["0", "1", "2", "3", "4", "5"]);
    second.close(10 * SECOND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_nobody_asks_stays_in_its_group() {
    let _broker = broker().await;
    let topic = topic("idle", 2).await;
    // More than may lie undelivered, so that the polling thread has to let the partitions rest.
    fill(&topic, 2, 20_000).await;
    let transport = KafkaTransport::new(config().set_consumer("max.poll.interval.ms", "6000"));
    let subscription = Subscription { window: 100_000, ..Subscription::new(topic, unique("group")) };
    let mut consumer = transport.consumer(&subscription).await.unwrap();
    let first = take(&mut consumer, 1).await;
    tokio::time::sleep(9 * SECOND).await;
    let rest = take(&mut consumer, 19_999).await;
    ack(&mut consumer, &first);
    ack(&mut consumer, &rest);
    consumer.flush_settles().await.unwrap();
    let mut events = Vec::new();
    consumer.take_events(&mut events);
    assert!(matches!(events.as_slice(), [AssignmentEvent::Assigned(_)]), "{events:?}");
    let distinct: BTreeSet<_> = rest.iter().map(|delivery| (delivery.partition(), delivery.offset)).collect();
    assert_eq!(distinct.len(), 19_999);
    consumer.close(10 * SECOND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_partition_rests_and_the_others_go_on() {
    let _broker = broker().await;
    let topic = topic("stuck", 2).await;
    fill(&topic, 2, 10_000).await;
    let subscription = Subscription { window: 50, ..Subscription::new(topic, unique("group")) };
    let mut consumer = consumer(&subscription).await;
    let (mut stuck, mut others) = (Vec::new(), 0);
    let deadline = Instant::now() + 30 * SECOND;
    // The broker may send all of one partition before anything of the other.
    while others < 5000 || stuck.len() < 50 {
        assert!(Instant::now() < deadline, "{others} of 5000, {} of 50", stuck.len());
        let mut batch = Vec::new();
        consumer.next_batch(&mut batch, 100, SECOND).await.unwrap();
        for delivery in batch {
            if delivery.partition() == 0 {
                stuck.push(delivery);
            } else {
                ack(&mut consumer, &[delivery]);
                others += 1;
            }
        }
    }
    assert_eq!(stuck.len(), 50, "no more than the window");
    ack(&mut consumer, &stuck);
    let offsets: Vec<i64> = take(&mut consumer, 50).await.iter().map(|delivery| delivery.offset).collect();
    assert_eq!(offsets, (50..100).collect::<Vec<_>>(), "it goes on where it rested");
    consumer.close(10 * SECOND).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_reads_to_the_end_as_it_was_and_belongs_to_no_group() {
    let _broker = broker().await;
    let topic = topic("browse", 3).await;
    let mut empty = kafka().browse(&topic).await.unwrap();
    let mut read = Vec::new();
    assert!(!empty.next_batch(&mut read, 10, SECOND).await.unwrap());
    fill(&topic, 3, 100).await;
    let mut browser = kafka().browse(&topic).await.unwrap();
    fill(&topic, 3, 50).await;
    while browser.next_batch(&mut read, 7, 5 * SECOND).await.unwrap() {}
    assert_eq!(read.len(), 100);
    let distinct: BTreeSet<_> = bodies(&read).into_iter().collect();
    assert_eq!(distinct.len(), 100);
}
