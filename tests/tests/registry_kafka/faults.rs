//! The writer is killed, stopped, or cut off while clients register, and a ledger says what may not be lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use eventpact_registry_client::{Client, ConfigUpdate, RegisterResponse};
use eventpact_tests::kafka::services;
use eventpact_tests::rounds;

use crate::support::{
    Ledger, Process, SharedLedger, ask, audit, broker, broker_alone, follower, read, record, store, topic, wait_for_writer,
};

/// Registers at whoever takes it, until told to stop: new subjects, new versions of a shared subject, and now and then a deletion.
async fn client(urls: Arc<std::sync::Mutex<Vec<String>>>, ledger: SharedLedger, next: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    let mut turn = 0;
    while !stop.load(Ordering::SeqCst) {
        let url = {
            let urls = urls.lock().unwrap();
            urls[turn % urls.len()].clone()
        };
        let client = Client::new(&url).unwrap();
        let number = next.fetch_add(1, Ordering::SeqCst);
        let subject = if number.is_multiple_of(3) { "shared".to_owned() } else { format!("s{number}") };
        ledger.lock().unwrap().asked += 1;
        let request = record(&format!("R{number}"));
        match tokio::time::timeout(Duration::from_secs(20), client.register(&subject, &request)).await {
            Ok(Ok(answer)) => {
                remember(&mut ledger.lock().unwrap(), &subject, answer);
                if number % 10 == 1 && subject != "shared" && client.delete_subject(&subject, false).await.is_ok() {
                    ledger.lock().unwrap().deleted.insert(subject);
                }
            }
            Ok(Err(_)) | Err(_) => {
                turn += 1;
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        }
    }
}

/// Clients under way.
struct Load {
    ledger: SharedLedger,
    urls: Arc<std::sync::Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(processes: &[&Process], count: usize) -> Self {
        let (ledger, next, stop): (SharedLedger, Arc<AtomicUsize>, Arc<AtomicBool>) = Default::default();
        let load = Self { ledger, urls: Arc::default(), stop, clients: Vec::new() };
        load.send_to(processes);
        let run = |_| {
            let parts = (Arc::clone(&load.urls), Arc::clone(&load.ledger), Arc::clone(&next), Arc::clone(&load.stop));
            tokio::spawn(client(parts.0, parts.1, parts.2, parts.3))
        };
        let clients = (0..count).map(run).collect();
        Self { clients, ..load }
    }

    fn send_to(&self, processes: &[&Process]) {
        *self.urls.lock().unwrap() = processes.iter().map(|process| process.url.clone()).collect();
    }

    fn acknowledged(&self) -> usize {
        self.ledger.lock().unwrap().versions.len()
    }

    /// Waits for more acknowledgements.
    async fn more(&self, count: usize) {
        let wanted = self.acknowledged() + count;
        let start = std::time::Instant::now();
        while self.acknowledged() < wanted {
            assert!(start.elapsed() < crate::support::SOON, "{} of {wanted} acknowledged", self.acknowledged());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What was told until now.
    fn told(&self) -> Ledger {
        self.ledger.lock().unwrap().clone()
    }

    async fn finish(self) -> Ledger {
        self.stop.store(true, Ordering::SeqCst);
        for client in self.clients {
            client.await.unwrap();
        }
        let ledger = self.ledger.lock().unwrap();
        ledger.clone()
    }
}

async fn all_levels_off(process: &Process) {
    process.client().set_config(None, &ConfigUpdate::level("NONE")).await.unwrap();
}

/// Pairs of processes at once, each with its own topic, where there are many rounds: most of a round is waiting for the group to
/// notice that its member is gone.
const PAIRS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_the_death_of_the_writer() {
    let _broker = broker().await;
    let rounds = rounds(25, 1000);
    let pairs = if rounds >= 100 { PAIRS } else { 1 };
    let start = Instant::now();
    let shares = (0..pairs).map(|pair| rounds / pairs + usize::from(pair < rounds % pairs));
    let killing: Vec<_> = shares.map(|share| tokio::spawn(kill_the_writer(share))).collect();
    let mut total = Killed::default();
    for pair in killing {
        let killed = pair.await.unwrap();
        total.acknowledged += killed.acknowledged;
        total.stored += killed.stored;
        total.slowest = total.slowest.max(killed.slowest);
    }
    let Killed { acknowledged, stored, slowest } = total;
    println!(
        "{rounds} kills in {} s: {acknowledged} acknowledged, {stored} stored, 0 lost; a writer after {slowest:?} at most",
        start.elapsed().as_secs()
    );
}

/// What came of some kills.
#[derive(Default)]
struct Killed {
    acknowledged: usize,
    stored: usize,
    slowest: Duration,
}

/// Two processes over a topic of their own, of which the one that writes is killed, again and again.
async fn kill_the_writer(rounds: usize) -> Killed {
    let topic = topic("killed");
    // As short as the broker lets it be.
    let store = store(&topic)
        .replace("session.timeout.ms=2000&heartbeat.interval.ms=300", "session.timeout.ms=1000&heartbeat.interval.ms=200");
    let mut processes = vec![Process::start(&store)];
    wait_for_writer(&[&processes[0]]).await;
    all_levels_off(&processes[0]).await;
    processes.push(Process::start(&store));
    let load = Load::start(&[&processes[0], &processes[1]], 8);
    let mut slowest = Duration::ZERO;
    for round in 1..=rounds {
        let (writer, took) = wait_for_writer(&[&processes[0], &processes[1]]).await;
        slowest = slowest.max(took);
        load.more(20).await;
        // Not always at the same moment of a batch.
        tokio::time::sleep(Duration::from_millis(7 * (round as u64 % 10))).await;
        processes.remove(writer).kill();
        processes.push(Process::start(&store));
        load.send_to(&[&processes[0], &processes[1]]);
        if round % 25 == 0 && round < rounds {
            // What is told until now must be there, whatever comes meanwhile.
            let told = load.told();
            audit(&told, &read(&topic, "read_committed").await);
            println!("{topic}: {round} kills, {} acknowledged, nothing is lost so far", told.versions.len());
        }
    }
    wait_for_writer(&[&processes[0], &processes[1]]).await;
    load.more(20).await;
    let ledger = load.finish().await;
    let stored = audit(&ledger, &read(&topic, "read_committed").await);
    let uncommitted = read(&topic, "read_uncommitted").await;
    let Ledger { versions, deleted, asked } = &ledger;
    println!(
        "{topic}: {rounds} kills, {asked} asked, {} acknowledged ({} deleted), {stored} stored, 0 lost; a writer after {slowest:?} \
         at most; {} records with the aborted ones",
        versions.len(),
        deleted.len(),
        uncommitted.len()
    );
    // Who reads uncommitted records, as the registries on the JVM do, ends up with the same.
    audit_uncommitted(&ledger, &uncommitted);
    Killed { acknowledged: versions.len(), stored, slowest }
}

/// The last record of each key is right, even with those that were aborted.
fn audit_uncommitted(ledger: &Ledger, messages: &[crate::support::Message]) {
    let last: std::collections::HashMap<_, _> = messages.iter().cloned().collect();
    for (subject, version) in ledger.versions.keys() {
        let key = format!(r#"{{"keytype":"SCHEMA","subject":"{subject}","version":{version},"magic":1}}"#);
        let value = last[key.as_bytes()].as_deref().unwrap_or_else(|| panic!("{key} is gone"));
        let value: serde_json::Value = serde_json::from_slice(value).unwrap();
        let (id, text) = &ledger.versions[&(subject.clone(), *version)];
        assert_eq!((value["id"].as_u64(), value["schema"].as_str()), (Some(u64::from(*id)), Some(text.as_str())), "{key}");
    }
}

/// A writer that is stopped under load for so long that another takes over, and then wakes up with batches in its hands, writes
/// nothing. Without the fence it commits them: ids are given out twice, and what was acknowledged is lost (seen in two of four
/// rounds when the two processes had different transactional ids).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_wakes_up_too_late_writes_nothing() {
    let _broker = broker().await;
    let mut slowest = Duration::ZERO;
    for _ in 0..rounds(2, 20) {
        let topic = topic("stopped");
        let old = Process::start(&store(&topic));
        wait_for_writer(&[&old]).await;
        all_levels_off(&old).await;
        let new = Process::start(&store(&topic));
        let load = Load::start(&[&old], 8);
        load.more(30).await;
        old.signal("STOP");
        let (_, took) = wait_for_writer(&[&new]).await;
        slowest = slowest.max(took);
        let mut after = Vec::new();
        for n in 0..10 {
            let name = format!("after{n}");
            after.push((name.clone(), new.client().register(&name, &record(&name)).await.unwrap()));
        }
        old.signal("CONT");
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut ledger = load.finish().await;
        for (name, answer) in after {
            remember(&mut ledger, &name, answer);
        }
        let stored = audit(&ledger, &read(&topic, "read_committed").await);
        println!("{} acknowledged, {stored} stored", ledger.versions.len());
        let reader = Process::start(&follower(&topic));
        for ((subject, version), (id, text)) in
            ledger.versions.iter().filter(|((subject, _), _)| !ledger.deleted.contains(subject))
        {
            let found = reader.client().version(subject, *version).await.unwrap();
            assert_eq!((found.id, &found.schema), (*id, text));
        }
    }
    println!("a new writer after {slowest:?} at most");
}

fn remember(ledger: &mut Ledger, subject: &str, answer: RegisterResponse) {
    let (version, row) = (answer.version.unwrap(), (answer.id, answer.schema.unwrap()));
    let before = ledger.versions.insert((subject.to_owned(), version), row);
    assert_eq!(before, None, "version {version} of {subject} was given twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_goes_away_and_comes_back_loses_nothing() {
    let _broker = broker_alone().await;
    let topic = topic("restart");
    let process = Process::start(&store(&topic));
    wait_for_writer(&[&process]).await;
    all_levels_off(&process).await;
    let load = Load::start(&[&process], 4);
    load.more(50).await;
    let known = load.ledger.lock().unwrap().versions.values().next().unwrap().clone();
    services("suspend");
    tokio::time::sleep(Duration::from_secs(1)).await;
    // What an id means never changes, so it is answered from memory.
    assert_eq!(process.client().schema_by_id(known.0).await.unwrap().schema, known.1);
    for path in ["/subjects/away/versions", "/subjects/away-too/versions"] {
        let begun = std::time::Instant::now();
        let (status, ..) = ask(&process.url, "POST", path, "", r#"{"schema":"\"int\""}"#).await.unwrap();
        let took = begun.elapsed();
        assert!(status == 503 && took < Duration::from_secs(5), "{path}: {status} after {took:?}");
    }
    services("resume");
    let start = std::time::Instant::now();
    load.more(20).await;
    let took = start.elapsed();
    let ledger = load.finish().await;
    let stored = audit(&ledger, &read(&topic, "read_committed").await);
    println!(
        "{} acknowledged, {stored} stored, none lost; written again {took:?} after the broker was back",
        ledger.versions.len()
    );
}
