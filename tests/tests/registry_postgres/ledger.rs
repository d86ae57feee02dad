//! Clients that register, read and delete, what they were told, and the invariants that must hold of it:
//!
//! - I1: no acknowledged write is missing. I2: what an id means never changes. I3: a schema has one id.
//! - I4: the versions of a subject are 1, 2, … without an acknowledged gap and without a double.
//! - I5: a read that begins after an acknowledgement, at whichever server, sees it.
//! - I6: no incompatible version is accepted. I7: what was answered with an error, or not at all, is there as a whole or not at all.
//! - I8: what was deleted stays deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::{Answer, send};

/// A client waits so long; a server has to answer, if only with 503, within 5 s.
const LIMIT: Duration = Duration::from_secs(8);

/// Subjects that all clients write to, so that they race.
const SHARED: usize = 3;

/// What clients were told.
#[derive(Default)]
struct Rows {
    /// (subject, version) → (id, number of the schema).
    versions: BTreeMap<(String, i64), (i64, usize)>,
    /// Number of the schema → id.
    ids: BTreeMap<usize, i64>,
    /// Schemas sent to a subject without an answer, or with a 5xx.
    unknown: BTreeSet<(String, usize)>,
    /// Soft-deleted, acknowledged.
    deleted: BTreeSet<(String, i64)>,
    /// Deletions without an answer.
    maybe_deleted: BTreeSet<(String, i64)>,
    slowest: Duration,
}

/// The ledger of one run.
#[derive(Default)]
pub(crate) struct Ledger {
    rows: Mutex<Rows>,
    next: AtomicUsize,
    stop: AtomicBool,
}

/// A schema that differs from all others, and that its predecessors can read: one more optional field.
fn schema(number: usize) -> String {
    let field = json!({ "name": format!("f{number}"), "type": ["null", "long"], "default": null });
    json!({ "type": "record", "name": "R", "fields": [field] }).to_string()
}

/// Incompatible with every [`schema`].
const INCOMPATIBLE: &str = r#"{"type":"record","name":"R","fields":[{"name":"must","type":"long"}]}"#;

fn body(schema: &str) -> String {
    json!({ "schema": schema }).to_string()
}

impl Ledger {
    /// Starts clients that go on, each with the servers in turn, until [`Self::stop`].
    pub(crate) fn clients(self: &Arc<Self>, count: usize, servers: &[SocketAddr]) -> Vec<tokio::task::JoinHandle<()>> {
        let clients = (0..count).map(|client| {
            let (ledger, servers) = (Arc::clone(self), servers.to_vec());
            tokio::spawn(async move {
                let mut turn = client;
                while !ledger.stop.load(Ordering::SeqCst) {
                    let pair = (servers[turn % servers.len()], servers[(turn + 1) % servers.len()]);
                    ledger.once(client, pair).await;
                    turn += 1;
                }
            })
        });
        clients.collect()
    }

    pub(crate) async fn stop(&self, clients: Vec<tokio::task::JoinHandle<()>>) {
        self.stop.store(true, Ordering::SeqCst);
        for client in clients {
            client.await.unwrap();
        }
        self.stop.store(false, Ordering::SeqCst);
    }

    /// How many registrations were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.rows.lock().unwrap().versions.len()
    }

    async fn send(&self, at: SocketAddr, method: &str, path: &str, body: &str) -> Option<Answer> {
        let start = Instant::now();
        let answer = send(at, method, path, body, LIMIT).await;
        let took = start.elapsed();
        if let Some(answer) = answer.as_ref().filter(|answer| answer.status == 503) {
            // A machine that is busy with several databases may take some more.
            assert!(took < crate::ANSWER + Duration::from_secs(2), "{method} {path}: {} took {took:?}", answer.text);
        }
        let mut rows = self.rows.lock().unwrap();
        if answer.is_some() {
            rows.slowest = rows.slowest.max(took);
        }
        answer
    }

    /// Registers something new, reads it at the other server, sometimes deletes it, sometimes tries what must be refused.
    async fn once(&self, client: usize, (here, there): (SocketAddr, SocketAddr)) {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        let subject =
            if number.is_multiple_of(2) { format!("shared-{}", number % SHARED) } else { format!("own-{client}-{number}") };
        let path = format!("/subjects/{subject}/versions");
        let answer = self.send(here, "POST", &path, &body(&schema(number))).await;
        let Some(answer) = answer.filter(|answer| answer.status == 200) else {
            self.rows.lock().unwrap().unknown.insert((subject, number));
            return tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let (id, version) = (answer.number("id"), answer.number("version"));
        {
            let mut rows = self.rows.lock().unwrap();
            let before = rows.versions.insert((subject.clone(), version), (id, number));
            assert!(before.is_none(), "I4: version {version} of {subject} was given twice: {before:?} and schema {number}");
            rows.ids.insert(number, id);
        }
        // I5: at the other server, by id and by version.
        for path in [format!("/schemas/ids/{id}"), format!("{path}/{version}")] {
            if let Some(read) = self.send(there, "GET", &path, "").await
                && read.status < 500
            {
                assert_eq!(read.status, 200, "I5: {path} was acknowledged before: {:?}", read.body);
                assert_eq!(read.body["schema"].as_str(), Some(schema(number).as_str()), "I2: {path}");
            }
        }
        if number % 7 == 1 {
            self.delete(here, there, &subject, version).await;
        }
        if number.is_multiple_of(5)
            && number % 7 != 1
            && let Some(refused) = self.send(there, "POST", &path, &body(INCOMPATIBLE)).await
        {
            assert!(refused.status == 409 || refused.status >= 500, "I6: {:?}", refused.body);
        }
    }

    async fn delete(&self, here: SocketAddr, there: SocketAddr, subject: &str, version: i64) {
        let (path, key) = (format!("/subjects/{subject}/versions/{version}"), (subject.to_owned(), version));
        match self.send(here, "DELETE", &path, "").await {
            Some(answer) if answer.status == 200 => {
                self.rows.lock().unwrap().deleted.insert(key);
                let read = self.send(there, "GET", &path, "").await;
                assert!(read.is_none_or(|read| read.status != 200), "I8: {path} was deleted before");
            }
            _ => drop(self.rows.lock().unwrap().maybe_deleted.insert(key)),
        }
    }

    /// Holds everything that was told against what a server says now.
    pub(crate) async fn verify(&self, at: SocketAddr) {
        let rows = std::mem::take(&mut *self.rows.lock().unwrap());
        let stored = stored(at).await;
        for ((subject, version), (id, number)) in &rows.versions {
            let found = stored.get(subject).and_then(|versions| versions.get(version));
            let found = found.map(|found| (found.id, found.text.as_str()));
            assert_eq!(found, Some((*id, schema(*number).as_str())), "I1, I2: version {version} of {subject}");
        }
        let (mut by_schema, mut by_id) = (BTreeMap::new(), BTreeMap::new());
        // I7: what is stored beyond the acknowledged is what had no answer.
        let unknown: BTreeSet<(&str, String)> = rows.unknown.iter().map(|(s, number)| (s.as_str(), schema(*number))).collect();
        for (subject, versions) in &stored {
            let numbers: Vec<i64> = versions.keys().copied().collect();
            assert_eq!(numbers, (1..=i64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "I4: {subject}");
            let texts: BTreeSet<&String> = versions.values().map(|found| &found.text).collect();
            assert_eq!(texts.len(), versions.len(), "I7: {subject} has a schema twice");
            for (version, Stored { id, text, .. }) in versions {
                assert_eq!(*by_schema.entry(text.clone()).or_insert(*id), *id, "I3: {text}");
                assert_eq!(*by_id.entry(*id).or_insert_with(|| text.clone()), *text, "I2: id {id}");
                assert_ne!(text, INCOMPATIBLE, "I6");
                let known = rows.versions.contains_key(&(subject.clone(), *version));
                assert!(
                    known || unknown.contains(&(subject.as_str(), text.clone())),
                    "I7: nobody asked for version {version} of {subject}"
                );
            }
        }
        for (subject, version) in &rows.deleted {
            assert!(stored[subject][version].deleted, "I8: version {version} of {subject}");
        }
        for (subject, version) in rows.deleted.iter().rev().take(20) {
            let read = get(at, &format!("/subjects/{subject}/versions/{version}")).await;
            assert_eq!(read.status, 404, "I8: version {version} of {subject}");
        }
        println!(
            "{} acknowledged, 0 lost, {} without an answer, {} deleted, {} ids, slowest answer {:?}",
            rows.versions.len(),
            rows.unknown.len(),
            rows.deleted.len(),
            by_id.len(),
            rows.slowest
        );
        *self.rows.lock().unwrap() = rows;
    }
}

/// A version as a server tells it.
struct Stored {
    id: i64,
    text: String,
    deleted: bool,
}

/// All versions of our subjects, deleted or not, by subject and number.
async fn stored(at: SocketAddr) -> BTreeMap<String, BTreeMap<i64, Stored>> {
    const PAGE: usize = 1000;
    let mut all: BTreeMap<String, BTreeMap<i64, Stored>> = BTreeMap::new();
    let shared = (0..SHARED).map(|number| format!("shared-{number}"));
    // Each client has its own beginning.
    for begin in shared.chain((0..10).map(|client| format!("own-{client}-"))) {
        for page in 0.. {
            let path = format!("/schemas?subjectPrefix={begin}&deleted=true&offset={}&limit={PAGE}", page * PAGE);
            let answer = get(at, &path).await;
            let rows = answer.body.as_array().unwrap();
            for row in rows {
                let (id, text) = (row["id"].as_i64().unwrap(), row["schema"].as_str().unwrap().to_owned());
                let version = Stored { id, text, deleted: row["deleted"] == true };
                let subject = row["subject"].as_str().unwrap().to_owned();
                all.entry(subject).or_default().insert(row["version"].as_i64().unwrap(), version);
            }
            if rows.len() < PAGE {
                break;
            }
        }
    }
    all
}

/// The answer of a server that may need some time to get well.
async fn get(at: SocketAddr, path: &str) -> Answer {
    for _ in 0..40 {
        match send(at, "GET", path, "", 4 * LIMIT).await {
            Some(answer) if answer.status < 500 => return answer,
            _ => tokio::time::sleep(Duration::from_millis(250)).await,
        }
    }
    panic!("{path}: no answer")
}
