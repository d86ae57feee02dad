//! No message is lost: a producer and a consumer in processes of their own, made by the generator, on the shop's orders, while
//! the consumer is killed or the broker goes away. What was handled is counted in a ledger of ids.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventpact_runtime::transport::{Browser, Transport};
use eventpact_tests::kafka::services;

use crate::support::{Registry, address, broker, broker_alone, kafka, topic, unique};

const PARTITIONS: i32 = 3;
/// The window of `ledger_consumer`.
const WINDOW: usize = 200;

/// One topic with its processes and its ledger.
struct Scene {
    registry: Registry,
    topic: Arc<str>,
    group: String,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new(name: &str) -> Self {
        let topic = topic(name, PARTITIONS).await;
        kafka().create_topics(&[&format!("{topic}.dead-letters")], 1, 1).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self { registry: Registry::start().await, topic, group: unique("fulfilment"), folder }
    }

    fn ledger_file(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg(&*self.topic).env("EVENTPACT_TEST_KAFKA", address()).env("EVENTPACT_REGISTRY", self.registry.url());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn producer(&self, count: usize, per_second: usize) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_ledger_producer"));
        Running(command.arg(count.to_string()).arg(per_second.to_string()).spawn().unwrap())
    }

    fn consumer(&self) -> Running {
        let mut command = self.command(env!("CARGO_BIN_EXE_ledger_consumer"));
        Running(command.arg(&self.group).arg(self.ledger_file()).spawn().unwrap())
    }

    /// How often each id was handled.
    fn ledger(&self) -> HashMap<usize, usize> {
        let text = std::fs::read_to_string(self.ledger_file()).unwrap_or_default();
        let mut counts = HashMap::new();
        for line in text.lines() {
            *counts.entry(line.parse().expect("a whole line is an id")).or_insert(0) += 1;
        }
        counts
    }

    /// Waits until `distinct` orders were handled.
    async fn wait_for(&self, distinct: usize, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            let handled = self.ledger().len();
            if handled >= distinct {
                return;
            }
            assert!(Instant::now() < deadline, "{handled} of {distinct} orders were handled after {} s", within.as_secs());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until nothing more is handled: what a kill left uncommitted comes again, also behind the last order.
    async fn wait_for_quiet(&self) {
        let mut before = 0;
        for _ in 0..60 {
            let handled: usize = self.ledger().values().sum();
            if handled == before {
                return;
            }
            before = handled;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        panic!("orders are handled without an end");
    }

    /// Every order was handled, none was dead-lettered; returns the number of duplicates.
    async fn settle_accounts(&self, count: usize) -> usize {
        let ledger = self.ledger();
        let missing: Vec<usize> = (0..count).filter(|id| !ledger.contains_key(id)).collect();
        assert!(missing.is_empty(), "{} orders were lost, the first is {}", missing.len(), missing[0]);
        assert_eq!(ledger.len(), count, "ids that nobody sent");
        let mut dead = Vec::new();
        let mut browser = kafka().browse(&format!("{}.dead-letters", self.topic)).await.unwrap();
        while browser.next_batch(&mut dead, 10, Duration::from_secs(5)).await.unwrap() {}
        assert!(dead.is_empty(), "{} orders were dead-lettered", dead.len());
        ledger.values().sum::<usize>() - count
    }
}

/// A process that does not outlive its test.
struct Running(Child);

impl Running {
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM) and waits; gives what it printed.
    async fn stop(self) -> String {
        let pid = self.0.id();
        Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().unwrap();
        self.end().await
    }

    /// Waits for its end; gives what it printed.
    async fn end(mut self) -> String {
        let stdout = self.0.stdout.take().unwrap();
        let stderr = self.0.stderr.take().unwrap();
        let (status, stdout, stderr) = tokio::task::spawn_blocking(move || {
            let (stdout, stderr) = (std::io::read_to_string(stdout).unwrap(), std::io::read_to_string(stderr).unwrap());
            (self.0.wait().unwrap(), stdout, stderr)
        })
        .await
        .unwrap();
        assert!(status.success(), "{status}: {stdout}{stderr}");
        stdout
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_killed_ten_times_under_load_loses_nothing() {
    const ORDERS: usize = 12_000;
    const KILLS: usize = 10;
    let _broker = broker().await;
    let scene = Scene::new("killed").await;
    let producer = scene.producer(ORDERS, 400);
    for kill in 1..=KILLS {
        let consumer = scene.consumer();
        // Not always at the same moment between two commits.
        let handled = scene.ledger().len();
        scene.wait_for(handled + 150, Duration::from_secs(60)).await;
        tokio::time::sleep(Duration::from_millis(37 * kill as u64)).await;
        consumer.kill();
    }
    let consumer = scene.consumer();
    let produced = producer.end().await;
    assert_eq!(produced.trim(), format!("confirmed {ORDERS}"));
    scene.wait_for(ORDERS, Duration::from_secs(60)).await;
    scene.wait_for_quiet().await;
    let stopped = consumer.stop().await;
    assert!(stopped.contains("clean true"), "{stopped}");
    let duplicates = scene.settle_accounts(ORDERS).await;
    println!("{ORDERS} orders, {KILLS} kills, 0 lost, {duplicates} handled twice");
    let bound = KILLS * usize::try_from(PARTITIONS).unwrap() * WINDOW;
    assert!(duplicates <= bound, "{duplicates} duplicates, more than {KILLS} kills x {PARTITIONS} partitions x {WINDOW}");
    a_clean_stop_leaves_nothing_to_do_again(&scene).await;
}

/// After the clean stop of the last consumer the group has nothing left: one that starts now handles nothing.
async fn a_clean_stop_leaves_nothing_to_do_again(scene: &Scene) {
    let before: usize = scene.ledger().values().sum();
    let consumer = scene.consumer();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let stopped = consumer.stop().await;
    assert!(stopped.contains("handled 0 clean true"), "{stopped}");
    assert_eq!(scene.ledger().values().sum::<usize>(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_goes_away_and_comes_back_under_load_loses_nothing() {
    const ORDERS: usize = 8_000;
    let _broker = broker_alone().await;
    let scene = Scene::new("restart").await;
    let consumer = scene.consumer();
    let producer = scene.producer(ORDERS, 800);
    scene.wait_for(1_000, Duration::from_secs(60)).await;
    services("suspend");
    let handled = scene.ledger().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    services("resume");
    assert!(handled < ORDERS, "the broker went away too late to matter");
    let produced = producer.end().await;
    assert_eq!(produced.trim(), format!("confirmed {ORDERS}"));
    scene.wait_for(ORDERS, Duration::from_secs(60)).await;
    scene.wait_for_quiet().await;
    let stopped = consumer.stop().await;
    assert!(stopped.contains("clean true"), "{stopped}");
    let duplicates = scene.settle_accounts(ORDERS).await;
    println!("{ORDERS} orders, 1 restart of the broker, 0 lost, {duplicates} handled twice");
    assert!(duplicates <= usize::try_from(PARTITIONS).unwrap() * WINDOW, "{duplicates} duplicates");
}
