//! What the registry offers beyond Confluent's API, asked over HTTP, once per store.
//!
//! A case is a folder below `tests/registry/eventpact`: `steps.jsonl` has the requests, one a line (`method`, `path`, `body`), and
//! `expected.json` what is answered. In a body, `{"$file": "v1.avsc"}` stands for the text of that file. Times are left out of the
//! answers.

#![allow(clippy::print_stdout)] // tests talk to the person who runs them

mod server;
mod usage;

use std::path::Path;
use std::sync::Arc;

use eventpact_registry::StoreSpec;
use eventpact_tests::postgres::Postgres;
use eventpact_tests::{cases, expect_text};
use serde_json::{Value, json};
use server::Running;
use tokio::task::JoinSet;

/// The body of a step, with the files that it names read.
fn filled(value: Value, folder: &Path) -> Value {
    match value {
        Value::Object(map) => match map.get("$file").and_then(Value::as_str) {
            Some(name) => std::fs::read_to_string(folder.join(name)).expect("a file of the case").into(),
            None => map.into_iter().map(|(key, value)| (key, filled(value, folder))).collect(),
        },
        Value::Array(items) => items.into_iter().map(|item| filled(item, folder)).collect(),
        other => other,
    }
}

/// Takes out what no two runs have in common.
fn steady(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for key in ["ts", "first_seen", "last_seen"] {
                map.shift_remove(key);
            }
            map.values_mut().for_each(steady);
        }
        Value::Array(items) => items.iter_mut().for_each(steady),
        _ => {}
    }
}

async fn run(folder: &Path, store: StoreSpec) -> Value {
    let server = Running::start(store).await;
    server.ready().await;
    let steps = std::fs::read_to_string(folder.join("steps.jsonl")).expect("steps.jsonl is there");
    let mut answers = Vec::new();
    for line in steps.lines().filter(|line| !line.is_empty()) {
        let step: Value = serde_json::from_str(line).expect("a step is JSON");
        let (method, path) = (step["method"].as_str().expect("a method"), step["path"].as_str().expect("a path"));
        let body = step.get("body").map(|body| filled(body.clone(), folder));
        let answer = server.send(method, path, body.as_ref()).await;
        let mut body = serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body));
        steady(&mut body);
        answers.push(json!({ "request": format!("{method} {path}"), "status": answer.status, "body": body }));
    }
    server.stop().await;
    Value::Array(answers)
}

/// A topic that no other case uses.
#[cfg(feature = "services")]
fn topic() -> Option<StoreSpec> {
    let Ok(address) = std::env::var("EVENTPACT_TEST_KAFKA") else {
        println!("SKIPPED: EVENTPACT_TEST_KAFKA is not set (`cargo xtask services up` starts a broker)");
        return None;
    };
    let topic = format!("_schemas-case-{}", uuid::Uuid::new_v4().simple());
    Some(format!("kafka://{address}/{topic}?allow-unsafe-topic=true").parse().expect("a store"))
}

#[cfg(not(feature = "services"))]
fn topic() -> Option<StoreSpec> {
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_are_answered_as_expected_with_every_store() {
    let files = tempfile::tempdir().unwrap();
    let database = Postgres::start();
    for (number, folder) in cases("registry/eventpact").into_iter().enumerate() {
        let mut stores = vec![StoreSpec::Memory, StoreSpec::Sqlite(files.path().join(format!("{number}.db")))];
        stores.extend(database.as_ref().map(|database| database.store(&format!("case_{number}")).parse().expect("a store")));
        stores.extend(topic());
        for store in stores {
            let answers = run(&folder, store).await;
            let text = serde_json::to_string_pretty(&answers).expect("it prints") + "\n";
            expect_text(&folder.join("expected.json"), &text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_that_change_the_same_are_applied_one_after_the_other() {
    const CLIENTS: usize = 12;
    let server = Arc::new(Running::start(StoreSpec::Memory).await);
    server.ready().await;
    let mut applying = JoinSet::new();
    for client in 0..CLIENTS {
        let server = Arc::clone(&server);
        let file = move |n: usize| {
            let field = json!({ "name": format!("f{client}"), "type": "int", "default": 0 });
            let schema = json!({ "type": "record", "name": format!("R{n}"), "fields": [field] }).to_string();
            json!({ "path": format!("{n}.avsc"), "subject": format!("s{n}"), "schema": schema })
        };
        applying.spawn(async move {
            let plan = json!({ "files": (0..20).map(file).collect::<Vec<_>>() });
            server.send("POST", "/eventpact/v1/apply", Some(&plan)).await
        });
    }
    while let Some(answer) = applying.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    // Each as a whole: the n-th version of every subject is of the same plan.
    for number in 1..=CLIENTS {
        let of = async |n: usize| {
            let version = server.send("GET", &format!("/subjects/s{n}/versions/{number}/schema"), None).await;
            assert_eq!(version.status, 200, "{}", version.body);
            serde_json::from_str::<Value>(&version.body).unwrap()["fields"][0]["name"].clone()
        };
        let first = of(0).await;
        for n in 1..20 {
            assert_eq!(of(n).await, first);
        }
    }
}
