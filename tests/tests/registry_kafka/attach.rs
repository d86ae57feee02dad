//! A topic that another registry has written: read, followed, and gone on with.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use eventpact_registry_client::{Client, ConfigUpdate};
use eventpact_tests::folder;
use serde_json::Value;

use crate::support::{
    Process, SOON, address, broker, follower, get, read, record, recorded, replay, store, topic, wait_for_writer, write,
};

/// The questions at the end of each recorded conversation, when nothing is changed any more, with what the original answered.
fn last_questions() -> Vec<(String, u64, Value)> {
    let text = std::fs::read_to_string(folder("registry/transcripts.jsonl")).unwrap();
    let names: HashSet<String> = recorded().iter().filter_map(|(key, _)| Some(context_of(key)?.to_owned())).collect();
    let mut questions: Vec<(String, u64, Value)> = Vec::new();
    let mut scenario = String::new();
    let mut open = 0;
    for row in text.lines().skip(1).map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let name = row["scenario"].as_str().unwrap();
        if name != scenario {
            name.clone_into(&mut scenario);
            open = questions.len();
        }
        let method = row["method"].as_str().unwrap();
        let path = row["path"].as_str().unwrap();
        let changes = matches!(method, "PUT" | "DELETE")
            || (method == "POST" && path.contains("/versions") && !path.contains("compatibility"));
        if changes && row["status"].as_u64().unwrap() < 400 {
            questions.truncate(open);
        }
        let plain = row["req_accept"].is_null() && row["needs_empty"] != true && row["volatile"] != true;
        // Paths that depend on more than the context of the scenario are left out.
        if method == "GET" && plain && path.contains(scenario.as_str()) && names.contains(&scenario) && row["status"] != 400 {
            let body = row["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or(Value::Null);
            questions.push((path.to_owned(), row["status"].as_u64().unwrap(), without_times(body)));
        }
    }
    questions
}

/// The context of a record: recorded conversations have one each, called as they are.
fn context_of(key: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(key).ok()?;
    text.split_once("\"context\":\".")?.1.split('"').next()
}

fn without_times(mut value: Value) -> Value {
    match &mut value {
        Value::Object(map) => {
            map.shift_remove("ts");
            map.values_mut().for_each(|value| *value = without_times(value.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| *value = without_times(value.take())),
        _ => {}
    }
    value
}

async fn answer(url: &str, path: &str) -> (u64, Value) {
    let (status, text) = get(url, path).await.unwrap();
    (status.into(), without_times(serde_json::from_str(&text).unwrap_or(Value::Null)))
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < SOON, "{what}: not within {} s", SOON.as_secs());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_of_a_real_confluent_is_followed_and_gone_on_with() {
    let _broker = broker().await;
    let (topic, messages) = (topic("attach"), recorded());
    // The topic is made by the registry, filled by somebody else.
    let maker = Process::start(&store(&topic));
    wait_for_writer(&[&maker]).await;
    maker.kill();
    let before = read(&topic, "read_committed").await.len();
    write(&topic, &messages).await;
    let back = read(&topic, "read_committed").await;
    assert_eq!(back[before..], messages, "the broker gives back other bytes");

    let reader = Process::start(&follower(&topic));
    answers_as_the_original_did(&reader.url).await;
    takes_no_writes_and_keeps_up(&reader, &topic).await;

    // A writer goes on where the other one stopped.
    let writer = Process::start(&store(&topic));
    wait_for_writer(&[&writer]).await;
    let client = writer.client();
    let first = client.register(":.refs-avro:new", &record("New")).await.unwrap();
    assert_eq!(first.id, 6, "five ids of the context were given out, though nothing is left of them");
    client.set_config(Some(":.refs-avro:new"), &ConfigUpdate::level("FULL")).await.unwrap();
    let after = read(&topic, "read_committed").await;
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let wrote: Vec<(String, Option<String>)> = after.iter().map(|(key, value)| (text(key), value.as_deref().map(text))).collect();
    let schema = (
        r#"{"keytype":"SCHEMA","subject":":.refs-avro:new","version":1,"magic":1}"#.to_owned(),
        Some(
            r#"{"subject":":.refs-avro:new","version":1,"id":6,"schemaType":"AVRO","schema":"{\"type\":\"record\",\"name\":\"New\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"}]}","deleted":false}"#
                .to_owned(),
        ),
    );
    let config = (
        r#"{"keytype":"CONFIG","subject":":.refs-avro:new","magic":0}"#.to_owned(),
        Some(r#"{"subject":":.refs-avro:new","compatibilityLevel":"FULL"}"#.to_owned()),
    );
    assert!(wrote.contains(&schema) && wrote.contains(&config), "{:#?}", &wrote[wrote.len() - 8..]);
    eventually("the last record is a NOOP", async || {
        let last = read(&topic, "read_committed").await.pop().unwrap();
        last == (br#"{"keytype":"NOOP","magic":0}"#.to_vec(), None)
    })
    .await;
    // The follower sees it as well, at once.
    assert_eq!(reader.client().version(":.refs-avro:new", 1).await.unwrap().id, 6);
    // What is no record is left out, and everything else stays what it was.
    let mut now = read(&topic, "read_committed").await;
    now.retain(|(key, _)| key != b"nonsense");
    let subjects = replay(&now).records().len();
    assert!(subjects > 500, "only {subjects} records are left");
}

async fn answers_as_the_original_did(url: &str) {
    let questions = last_questions();
    let mut differ = Vec::new();
    for (path, status, body) in &questions {
        let (got, answer) = answer(url, path).await;
        if (got, &answer) != (*status, body) {
            differ.push(format!("{path}\n  expected {status} {body}\n  actual   {got} {answer}"));
        }
    }
    println!("{} of {} last questions are answered as the original did", questions.len() - differ.len(), questions.len());
    assert!(questions.len() >= 100, "only {} questions: {}", questions.len(), differ.join("\n"));
    // A few answers differ whatever the store is (`floor.txt`).
    assert!(differ.len() * 50 <= questions.len(), "{}", differ.join("\n"));
}

async fn takes_no_writes_and_keeps_up(reader: &Process, topic: &str) {
    let client = reader.client();
    let refused = client.register("s", &record("S")).await.unwrap_err().to_string();
    assert!(refused.contains("42205"), "{refused}");
    assert!(client.version(":.later:s", 1).await.is_err());
    let key = br#"{"subject":":.later:s","version":1,"magic":1,"keytype":"SCHEMA"}"#.to_vec();
    let value = br#"{"subject":":.later:s","version":1,"id":3,"schema":"\"int\"","deleted":false}"#.to_vec();
    write(topic, &[(key, Some(value)), (b"nonsense".to_vec(), None)]).await;
    let found = client.version(":.later:s", 1).await.unwrap();
    assert_eq!((found.id, found.schema.as_str()), (3, "\"int\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_may_lose_schemas_is_refused() {
    let _broker = broker().await;
    let topic = topic("unsafe");
    let plain = format!("kafka://{}/{topic}", address());
    let said = refused(&plain);
    assert!(said.contains("does not exist") && said.contains("allow-unsafe-topic"), "{said}");
    assert!(refused(&follower(&topic)).contains("does not exist"));
    let kafka = eventpact_runtime::transports::kafka::KafkaTransport::new(
        eventpact_runtime::transports::kafka::KafkaConfig::new(address()),
    );
    kafka.create_topics(&[&topic], 1, 1).await.unwrap();
    let said = refused(&plain);
    for danger in ["cleanup.policy is delete", "1 replica(s)", "min.insync.replicas is 1"] {
        assert!(said.contains(danger), "{said}");
    }
    let two = crate::support::topic("two");
    kafka.create_topics(&[&two], 2, 1).await.unwrap();
    assert!(refused(&store(&two)).contains("has 2 partitions"));
}

/// What a registry says that does not start.
fn refused(store: &str) -> String {
    let mut command = std::process::Command::new(eventpact_tests::program("eventpact"));
    let output = command.args(["serve", "--listen", "127.0.0.1:0", "--store", store]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

/// A client of a follower sees a registration as soon as the writer has acknowledged it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_anywhere_sees_what_was_acknowledged() {
    let _broker = broker().await;
    let topic = topic("reads");
    let writer = Process::start(&store(&topic));
    wait_for_writer(&[&writer]).await;
    let reader = Process::start(&follower(&topic));
    let (writes, reads): (Client, Client) = (writer.client(), reader.client());
    for n in 0..30 {
        let answer = writes.register(&format!("s{n}"), &record(&format!("R{n}"))).await.unwrap();
        let found = reads.version(&format!("s{n}"), 1).await.unwrap();
        assert_eq!(found.id, answer.id);
    }
}
