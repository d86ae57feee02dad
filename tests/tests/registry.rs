//! The recorded conversations with a live Confluent Schema Registry 8.2.3, held again with our server, once per store.
//!
//! `tests/registry/transcripts.jsonl` has the requests and the answers; its first line tells its rules. `own.jsonl` beside it holds
//! more of the same form: facts about the original that no recording shows, one scenario each. A step agrees when status, content
//! type and body are equal. Left aside are: times, what the original's reader of JSON says of a body that it cannot read (there the
//! code counts), and HTML pages. Every step agrees, or is in `waivers.txt` with a reason; a waiver for a step that
//! agrees is an error. `EVENTPACT_DIFFERENCES=FILE` writes what differs.

#![allow(clippy::print_stdout)] // the test tells how far it agrees

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;

use eventpact_registry::{Options, Server, StoreSpec};
use eventpact_tests::folder;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One request and what a live registry answered.
struct Step {
    scenario: String,
    number: u64,
    alone: bool,
    method: String,
    path: String,
    content_type: Option<String>,
    accept: Option<String>,
    body: String,
    expected: Answer,
    /// The rest of the answer is of no interest.
    status_only: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    body: String,
}

/// The share of the recorded steps that must agree, waivers or not.
const WANTED: f64 = 0.99;

fn transcripts(file: &str) -> Vec<Step> {
    let text = std::fs::read_to_string(folder("registry").join(file)).expect("the transcripts are there");
    let rows = text
        .lines()
        .filter(|line| !line.starts_with("{\"header\""))
        .map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"));
    let text = |row: &Value, key: &str| row[key].as_str().map(str::to_owned);
    let must = |row: &Value, key: &str| text(row, key).expect("a text in every row");
    let step = |row: Value| Step {
        scenario: must(&row, "scenario"),
        number: row["step"].as_u64().expect("a number"),
        alone: row["needs_empty"] == Value::Bool(true),
        method: must(&row, "method"),
        path: must(&row, "path"),
        content_type: text(&row, "req_content_type"),
        accept: text(&row, "req_accept"),
        body: text(&row, "req_body").unwrap_or_default(),
        expected: Answer {
            status: row["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status"),
            content_type: text(&row, "content_type"),
            body: text(&row, "body").unwrap_or_default(),
        },
        status_only: row["status_only"] == Value::Bool(true),
    };
    rows.filter(|row| row["volatile"] != Value::Bool(true)).map(step).collect()
}

/// `scenario#step,step: reason`, one a line; empty lines and lines with `//` are for the reader.
fn waivers() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder("registry/waivers.txt")).expect("tests/registry/waivers.txt is there");
    let mut all = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//")) {
        let (steps, reason) = line.split_once(": ").expect("a line is `scenario#steps: reason`");
        let (scenario, numbers) = steps.split_once('#').expect("a step has a number");
        assert!(!reason.trim().is_empty(), "no reason for {steps}");
        for number in numbers.split(',') {
            assert!(all.insert(format!("{scenario}#{number}"), reason.to_owned()).is_none(), "{steps} twice");
        }
    }
    all
}

/// Sends one request as it is recorded: an HTTP library would tidy the path up.
async fn send(address: std::net::SocketAddr, step: &Step) -> Answer {
    let mut head = format!("{} {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n", step.method, step.path);
    for (name, value) in [("Content-Type", &step.content_type), ("Accept", &step.accept)] {
        if let Some(value) = value {
            let _ = write!(head, "{name}: {value}\r\n");
        }
    }
    let _ = write!(head, "Content-Length: {}\r\n\r\n", step.body.len());
    let mut stream = TcpStream::connect(address).await.expect("the server takes connections");
    // A server that refuses a body early closes its end: the answer is read all the same.
    let _ = stream.write_all(&[head.as_bytes(), step.body.as_bytes()].concat()).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {} {}", step.method, step.path));
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, content_type: header("content-type"), body: body.to_owned() }
}

/// Waits until registrations are accepted.
async fn ready(address: std::net::SocketAddr) {
    let ask = Step {
        scenario: String::new(),
        number: 0,
        alone: false,
        method: "GET".to_owned(),
        path: "/readyz".to_owned(),
        content_type: None,
        accept: None,
        body: String::new(),
        expected: Answer { status: 200, content_type: None, body: String::new() },
        status_only: true,
    };
    for _ in 0..600 {
        if send(address, &ask).await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the registry is not ready after a minute");
}

/// What is compared of a body.
fn comparable(answer: &Answer) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(&answer.body) else {
        return answer.body.clone();
    };
    strip_times(&mut value);
    if value["error_code"] == 400 {
        value["message"] = Value::Null;
    }
    value.to_string()
}

fn strip_times(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.shift_remove("ts");
            map.values_mut().for_each(strip_times);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_times),
        _ => {}
    }
}

fn agrees(expected: &Answer, actual: &Answer) -> bool {
    if expected.status != actual.status {
        return false;
    }
    let html = expected.body.starts_with("<html>") || (expected.status == 400 && expected.body.is_empty());
    html || (expected.content_type == actual.content_type && comparable(expected) == comparable(actual))
}

/// What was found: how many steps there were, and those that differ, by name.
struct Replayed {
    steps: usize,
    differences: BTreeMap<String, String>,
}

/// Holds the conversations.
async fn replay(steps: Vec<Step>, store: impl Fn() -> StoreSpec) -> Replayed {
    let mut replayed = Replayed { steps: steps.len(), differences: BTreeMap::new() };
    let mut running: Option<(String, SocketAddr)> = None;
    let mut stops = Vec::new();
    for step in steps {
        let server = if step.alone { step.scenario.clone() } else { String::new() };
        if running.as_ref().is_none_or(|(name, _)| *name != server) {
            let options = Options::new(([127, 0, 0, 1], 0).into(), store());
            let started = Server::bind(&options).await.expect("the server starts");
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            running = Some((server, started.address()));
            let task = tokio::spawn(started.run(async move { drop(stopped.await) }));
            stops.push((stop, task));
        }
        let address = running.as_ref().expect("a server runs").1;
        if step.number == 1 {
            ready(address).await;
        }
        let actual = send(address, &step).await;
        let agrees = agrees(&step.expected, &actual) || (step.status_only && step.expected.status == actual.status);
        if !agrees {
            let Step { scenario, number, method, path, body, expected, .. } = &step;
            let what = format!("{method} {path} {body}\n  expected {expected:?}\n  actual   {actual:?}");
            replayed.differences.insert(format!("{scenario}#{number}"), what);
        }
    }
    for (stop, task) in stops {
        drop(stop);
        task.await.expect("the server stops");
    }
    replayed
}

/// Recorded steps agree or are waived; our own agree.
async fn check(name: &str, store: impl Fn() -> StoreSpec) {
    let recorded = transcripts("transcripts.jsonl");
    assert!(recorded.len() > 2000, "only {} steps", recorded.len());
    let recorded = replay(recorded, &store).await;
    let own = replay(transcripts("own.jsonl"), &store).await;
    let agreed = recorded.steps - recorded.differences.len();
    println!("{name}: {agreed} of {} recorded steps agree, {} of our own", recorded.steps, own.steps - own.differences.len());
    let mut report = String::new();
    let waivers = waivers();
    for (step, what) in recorded.differences.iter().chain(&own.differences) {
        let _ = writeln!(report, "{step} {what}");
    }
    if let Some(path) = std::env::var_os("EVENTPACT_DIFFERENCES") {
        std::fs::write(path, &report).expect("the differences can be written");
    }
    let unwaived: Vec<_> = recorded.differences.iter().filter(|(step, _)| !waivers.contains_key(*step)).collect();
    assert!(unwaived.is_empty(), "{name}: steps differ and are not waived: {unwaived:#?}");
    let needless: Vec<_> = waivers.keys().filter(|step| !recorded.differences.contains_key(*step)).collect();
    assert!(needless.is_empty(), "{name}: waived steps agree, or are none: {needless:?}");
    assert!(own.differences.is_empty(), "{name}: our own steps differ: {:#?}", own.differences);
    let wanted = WANTED * f64::from(u32::try_from(recorded.steps).expect("a few thousand"));
    assert!(f64::from(u32::try_from(agreed).expect("a few thousand")) >= wanted, "{name}: {agreed} of {} agree", recorded.steps);
}

#[tokio::test]
async fn transcripts_agree_with_the_store_in_memory() {
    check("memory", || StoreSpec::Memory).await;
}

#[tokio::test]
async fn transcripts_agree_with_the_store_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    let next = || {
        count.set(count.get() + 1);
        StoreSpec::Sqlite(folder.path().join(format!("{}.db", count.get())))
    };
    check("sqlite", next).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transcripts_agree_with_the_store_in_postgresql() {
    let Some(server) = eventpact_tests::postgres::Postgres::start() else {
        return;
    };
    let count = std::cell::Cell::new(0);
    let next = || {
        count.set(count.get() + 1);
        server.store(&format!("transcript_{}", count.get())).parse().expect("the address of a store")
    };
    check("postgresql", next).await;
}

/// And what is in the topic then is, key by key, what the original wrote.
#[cfg(feature = "services")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transcripts_agree_with_the_store_in_kafka() {
    let Ok(address) = std::env::var("EVENTPACT_TEST_KAFKA") else {
        println!("SKIPPED: EVENTPACT_TEST_KAFKA is not set (`cargo xtask services up` starts a broker)");
        return;
    };
    let topics = std::cell::RefCell::new(Vec::new());
    let next = || {
        let topic = format!("_schemas-transcripts-{}", uuid::Uuid::new_v4().simple());
        let store = format!("kafka://{address}/{topic}?allow-unsafe-topic=true").parse().expect("a store");
        topics.borrow_mut().push(topic);
        store
    };
    check("kafka", next).await;
    let first = topics.borrow()[0].clone();
    let last = |messages: Vec<eventpact_tests::kafka::Message>| messages.into_iter().collect::<BTreeMap<_, _>>();
    let ours = last(eventpact_tests::kafka::read(&address, &first, "read_committed").await);
    let theirs = last(eventpact_tests::kafka::recorded());
    // The recorded topic also has conversations that are kept back.
    let shared = transcripts("transcripts.jsonl").into_iter().filter(|step| !step.alone).map(|step| step.scenario);
    let shared: std::collections::BTreeSet<String> = shared.collect();
    let (mut equal, mut differ) = (0, Vec::new());
    let shown = |bytes: Option<&[u8]>| bytes.map_or("nothing".to_owned(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    for (key, value) in theirs {
        let name = shown(Some(&key));
        let lasting = ["SCHEMA", "CONFIG", "MODE", "CONTEXT"].iter().any(|kind| name.contains(&format!(":\"{kind}\"")));
        if !lasting || !context_of(&name).is_some_and(|context| shared.contains(context)) {
            continue;
        }
        let (expected, actual) = (shown(value.as_deref()), shown(ours.get(&key).and_then(Option::as_deref)));
        // The original soft-deletes a subject of one version by another record than that of the version.
        if actual == expected || actual == expected.replace("\"deleted\":false", "\"deleted\":true") {
            equal += 1;
        } else {
            differ.push(format!("{name}\n  expected {expected}\n  actual   {actual}"));
        }
    }
    println!("kafka: {equal} keys have the bytes of the original, {} differ", differ.len());
    assert!(equal > 500 && differ.len() * 50 <= equal, "{}", differ.join("\n"));
}

/// The context that a key of the topic speaks of.
#[cfg(feature = "services")]
fn context_of(key: &str) -> Option<&str> {
    let (_, rest) = key.split_once("\"subject\":\":.").or_else(|| key.split_once("\"context\":\"."))?;
    rest.split([':', '"']).next()
}
