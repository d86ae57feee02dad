//! Are several registries over one log as good as a single one? Short histories of clients that race, at three registries with the
//! real routes, writers and barriers, over a log in memory or over PostgreSQL, each put to a checker ([`checker`]).
//!
//! Three mistakes are built in, one after the other, and the checker must find each of them: no comparison of the head, an
//! acknowledgement before the entry is in the log, and a "not found" that is answered from memory.

mod checker;
mod log;
mod model;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Method;

use self::checker::{Call, is_linearizable};
use self::log::{Fault, SharedLog};
use self::model::{Answer, Operation};
use crate::registry::Registry;
use crate::routes;
use crate::store::Store;

/// Registries, clients, and what each client does in one history.
const REGISTRIES: usize = 3;
const CLIENTS: usize = 4;
const OPERATIONS: usize = 4;

/// A small source of chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// How reads are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// As clients do.
    Default,
    /// The mistake: what memory does not have by id, is not there.
    NegativesFromMemory,
}

/// One answer of the routes.
async fn ask(registry: &Registry, method: Method, path: &str, query: &str, body: String) -> (u16, serde_json::Value) {
    let (endpoint, query) = routes::find(path, query).unwrap();
    let body = Bytes::from(body);
    let caller = crate::auth::Caller::anybody();
    let origin = routes::Origin::default();
    let request = routes::Request { method, endpoint, query, body, caller, origin, sequence: None };
    match routes::answer(registry, request).await {
        Ok(routes::Answer::Json(json)) => (200, serde_json::from_slice(&json).unwrap()),
        Ok(_) => (200, serde_json::Value::Null),
        Err(error) => (error.status, serde_json::Value::Null),
    }
}

/// Does one operation on the subject of a history.
async fn perform(registry: &Registry, history: u64, operation: Operation, reads: Reads) -> Answer {
    let subject = format!("/subjects/:.h{history}:s/versions");
    match operation {
        Operation::Register(schema) => {
            let body = serde_json::json!({ "schema": model::text(schema) }).to_string();
            let (status, answer) = ask(registry, Method::POST, &subject, "", body).await;
            let number = |field: &str| answer[field].as_u64().unwrap_or(0);
            match status {
                200 => Answer::Registered { id: number("id"), version: number("version") },
                _ => Answer::Failed(status),
            }
        }
        Operation::Versions => match ask(registry, Method::GET, &subject, "", String::new()).await {
            (200, list) => Answer::Versions(list.as_array().unwrap().iter().filter_map(serde_json::Value::as_u64).collect()),
            (404, _) => Answer::Versions(Vec::new()),
            (status, _) => Answer::Failed(status),
        },
        Operation::ById(id) => {
            let query = format!("subject=:.h{history}:");
            let local = if reads == Reads::NegativesFromMemory { "&consistency=local" } else { "" };
            let path = format!("/schemas/ids/{id}");
            match ask(registry, Method::GET, &path, &format!("{query}{local}"), String::new()).await {
                (200, found) => Answer::Schema(model::number(found["schema"].as_str().unwrap())),
                (404, _) => Answer::Schema(None),
                (status, _) => Answer::Failed(status),
            }
        }
        Operation::Delete(version) => {
            match ask(registry, Method::DELETE, &format!("{subject}/{version}"), "", String::new()).await {
                (200, _) => Answer::Deleted(true),
                (404, _) => Answer::Deleted(false),
                (status, _) => Answer::Failed(status),
            }
        }
    }
}

fn operation(chance: &mut Chance) -> Operation {
    match chance.below(10) {
        0..=3 => Operation::Register(chance.below(5)),
        4..=5 => Operation::Versions,
        6..=8 => Operation::ById(1 + chance.below(4)),
        _ => Operation::Delete(1 + chance.below(3)),
    }
}

/// Runs histories until one is not linearizable, or all have been. Gives the number of the first bad one.
async fn first_violation(registries: &[Arc<Registry>], histories: u64, reads: Reads) -> Option<u64> {
    let level = r#"{"compatibility":"NONE"}"#.to_owned();
    assert_eq!(ask(&registries[0], Method::PUT, "/config/:.__GLOBAL:", "", level).await.0, 200);
    for history in 0..histories {
        let clock = Arc::new(AtomicU64::new(0));
        let clients = (0..CLIENTS).map(|client| {
            let (registries, clock) = (registries.to_vec(), Arc::clone(&clock));
            tokio::spawn(async move {
                let mut chance = Chance(history * 1000 + client as u64);
                let mut calls = Vec::new();
                for _ in 0..OPERATIONS {
                    let operation = operation(&mut chance);
                    let registry = usize::try_from(chance.below(REGISTRIES as u64)).unwrap();
                    let begin = clock.fetch_add(1, Ordering::SeqCst);
                    let answer = perform(&registries[registry], history, operation, reads).await;
                    let end = clock.fetch_add(1, Ordering::SeqCst);
                    calls.push(Call { begin, end, operation, answer });
                }
                calls
            })
        });
        let mut calls = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            calls.extend(client.await.unwrap());
        }
        if !is_linearizable(&calls) {
            return Some(history);
        }
    }
    None
}

/// Registries over stores.
fn registries(stores: Vec<Box<dyn Store>>) -> Vec<Arc<Registry>> {
    let keeping = || crate::stores::usage(&crate::StoreSpec::Memory);
    let over = |store| Registry::over(store, crate::Dialect::default(), crate::Recording::Off, keeping()).unwrap().0;
    stores.into_iter().map(over).map(Arc::new).collect()
}

fn over_shared_log(fault: Fault) -> Vec<Arc<Registry>> {
    let log = SharedLog::default();
    registries((0..REGISTRIES).map(|_| Box::new(log.store(fault)) as Box<dyn Store>).collect())
}

fn histories(few: u64) -> u64 {
    if std::env::var_os("EVENTPACT_LONG").is_some() { few * 10 } else { few }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_over_a_shared_log_are_linearizable() {
    assert_eq!(first_violation(&over_shared_log(Fault::None), histories(500), Reads::Default).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appending_without_a_comparison_is_found() {
    let found = first_violation(&over_shared_log(Fault::NoComparison), 500, Reads::Default).await;
    assert!(found.is_some(), "the checker finds nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledging_before_the_log_has_it_is_found() {
    let found = first_violation(&over_shared_log(Fault::EarlyAcknowledgement), 500, Reads::Default).await;
    assert!(found.is_some(), "the checker finds nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answering_not_found_from_memory_is_found() {
    let found = first_violation(&over_shared_log(Fault::None), 500, Reads::NegativesFromMemory).await;
    assert!(found.is_some(), "the checker finds nothing");
}

/// The same over a real server: `EVENTPACT_TEST_POSTGRES=postgres://…`, as the tests of the whole set it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn histories_over_postgresql_are_linearizable() {
    let Ok(address) = std::env::var("EVENTPACT_TEST_POSTGRES") else {
        println!("SKIPPED: EVENTPACT_TEST_POSTGRES is not set");
        return;
    };
    let schema = format!("linear_{}", std::process::id());
    let and = if address.contains('?') { '&' } else { '?' };
    let spec: crate::StoreSpec = format!("{address}{and}schema={schema}").parse().unwrap();
    let opened = tokio::task::spawn_blocking(move || {
        let stores = (0..REGISTRIES).map(|_| crate::stores::open(&spec).unwrap());
        registries(stores.collect())
    });
    let registries = opened.await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(first_violation(&registries, histories(500), Reads::Default).await, None);
}
