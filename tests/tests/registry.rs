//! The recorded conversations with a live Confluent Schema Registry 8.2.3, held again with our server, once per store.
//!
//! `tests/registry/transcripts.jsonl` has the requests and the answers; its first line tells its rules. `floor.txt` beside it says
//! how many steps of each family of scenarios must agree: fewer fail the test, `BLESS=1` writes what is reached now. A step agrees
//! when status, content type and body are equal. Left aside are: times, texts that come from the original's libraries (a schema or
//! body that cannot be read: there the code counts), and HTML pages.

#![allow(clippy::print_stdout)] // the test tells how far it agrees

use std::collections::BTreeMap;
use std::fmt::Write as _;

use eventpact_registry::{Options, Server, StoreSpec};
use eventpact_tests::{expect_text, folder};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Families of this release's routes: prefix of the scenario, name.
const FAMILIES: &[(&str, &str)] = &[
    ("pair-avro", "compatibility, Avro"),
    ("pair-json", "compatibility, JSON Schema"),
    ("pair-protobuf", "compatibility, Protobuf"),
    ("level", "compatibility levels"),
    ("compat-endpoint", "compatibility routes"),
    ("canon-avro", "canonical text, Avro"),
    ("canon-json", "canonical text, JSON Schema"),
    ("canon-protobuf", "canonical text, Protobuf"),
    ("normalize", "normalised text"),
    ("subject-name", "names of subjects"),
    ("context", "contexts"),
    ("refs", "references"),
    ("defaults-overrides", "configuration"),
    ("global-config", "configuration"),
    ("large-schema", "limits"),
    ("empty-registry", "empty registry"),
    ("life-cycle", "life cycle"),
    ("reregister", "life cycle"),
    ("ids-shared", "life cycle"),
    ("guid", "guids"),
    ("import", "imports"),
    ("subject-import", "imports"),
    ("tags", "tags"),
    ("associations", "associations (not part of this release)"),
];

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
}

#[derive(Debug, Clone, PartialEq)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    body: String,
}

fn transcripts() -> Vec<Step> {
    let text = std::fs::read_to_string(folder("registry/transcripts.jsonl")).expect("the transcripts are there");
    let rows = text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"));
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
    };
    let steps: Vec<Step> = rows.filter(|row| row["volatile"] != Value::Bool(true)).map(step).collect();
    assert!(steps.len() > 2000, "only {} steps", steps.len());
    steps
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

/// What is compared of a body.
fn comparable(answer: &Answer) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(&answer.body) else {
        return answer.body.clone();
    };
    strip_times(&mut value);
    let from_a_library = |code: i64, text: &str| {
        matches!(code, 400 | 422)
            || code == 42201 && text.starts_with("Invalid schema") && !text.starts_with("Invalid schema type")
    };
    if let (Some(code), Some(text)) = (value["error_code"].as_i64(), value["message"].as_str())
        && from_a_library(code, text)
    {
        value["message"] = Value::Null;
    }
    if let Some(messages) = value.get_mut("messages").and_then(Value::as_array_mut) {
        for message in messages.iter_mut().filter(|m| m.as_str().is_some_and(|m| from_a_library(42201, m))) {
            *message = Value::Null;
        }
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

fn family(scenario: &str) -> &'static str {
    let found = FAMILIES.iter().find(|(prefix, _)| scenario.starts_with(prefix));
    found.unwrap_or_else(|| panic!("no family for {scenario}")).1
}

/// Holds the conversations and gives (agreed, all) per family and the steps that differ.
async fn replay(store: impl Fn() -> StoreSpec) -> (BTreeMap<&'static str, (usize, usize)>, Vec<String>) {
    let mut tally: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
    let mut differences = Vec::new();
    let mut running: Option<(String, std::net::SocketAddr)> = None;
    let mut stops = Vec::new();
    for step in transcripts() {
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
        let actual = send(address, &step).await;
        let counts = tally.entry(family(&step.scenario)).or_default();
        counts.1 += 1;
        if agrees(&step.expected, &actual) {
            counts.0 += 1;
        } else {
            let Step { scenario, number, method, path, .. } = &step;
            differences
                .push(format!("{scenario}#{number} {method} {path}\n  expected {:?}\n  actual   {actual:?}", step.expected));
        }
    }
    for (stop, task) in stops {
        drop(stop);
        task.await.expect("the server stops");
    }
    (tally, differences)
}

fn check(name: &str, (tally, differences): (BTreeMap<&'static str, (usize, usize)>, Vec<String>)) {
    let (agreed, all) = tally.values().fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
    let mut report = String::new();
    for (family, (agreed, all)) in &tally {
        let _ = writeln!(report, "{agreed} of {all}: {family}");
    }
    println!("{name}: {agreed} of {all} steps agree\n{report}");
    if let Some(path) = std::env::var_os("EVENTPACT_DIFFERENCES") {
        std::fs::write(path, differences.join("\n")).expect("the differences can be written");
    }
    let floor = folder("registry/floor.txt");
    if std::env::var_os("BLESS").is_some() {
        return expect_text(&floor, &report);
    }
    let floor = std::fs::read_to_string(floor).expect("tests/registry/floor.txt is there");
    for line in floor.lines() {
        let (count, family) = line.split_once(": ").expect("a line of floor.txt");
        let wanted: usize = count.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
        let reached = tally.get(family).map_or(0, |n| n.0);
        let list = || differences.iter().filter(|d| self::family(d) == family).cloned().collect::<Vec<_>>().join("\n");
        assert!(reached >= wanted, "{name}: {family}: {reached} steps agree, {wanted} must\n{}", list());
    }
}

#[tokio::test]
async fn transcripts_agree_with_the_store_in_memory() {
    check("memory", replay(|| StoreSpec::Memory).await);
}

#[tokio::test]
async fn transcripts_agree_with_the_store_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    let next = || {
        count.set(count.get() + 1);
        StoreSpec::Sqlite(folder.path().join(format!("{}.db", count.get())))
    };
    check("sqlite", replay(next).await);
}
