//! Another program writes to the topic of a registry: what it writes shows at once, whether it can be read or not, and spoils nothing
//! of what the registry itself has acknowledged.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{
    Message, Process, SOON, broker, follower, get, producer, record, store, topic, wait_for_writer, write, write_by,
};

/// Id, subject, version, text.
type Acknowledged = (u32, String, i32, String);

/// A record as Karapace's tests write it: spaces, an order of its own, no type.
fn version(subject: &str, id: u64, schema: &str) -> Message {
    let key = format!(r#"{{"subject": "{subject}", "version": 1, "magic": 1, "keytype": "SCHEMA"}}"#);
    let schema = Value::from(schema);
    let value = format!(r#"{{"deleted": false, "id": {id}, "subject": "{subject}", "version": 1, "schema": {schema}}}"#);
    (key.into_bytes(), Some(value.into_bytes()))
}

async fn answer(process: &Process, path: &str) -> String {
    let (status, body) = get(&process.url, path).await.unwrap();
    assert_eq!(status, 200, "{path}: {body}");
    body
}

/// Its text alone by id, and everything by the other routes.
async fn has_what_cannot_be_read(process: &Process) {
    assert_eq!(answer(process, "/schemas/ids/25000").await, r#"{"schema":"{\"foo\":\"bar\"}"}"#);
    assert_eq!(answer(process, "/schemas/ids/25000?format=resolved").await, r#"{"schema":"{\"foo\":\"bar\"}"}"#);
    assert_eq!(answer(process, "/schemas/ids/25001").await, r#"{"schemaType":"PROTOBUF","schema":"message {"}"#);
    assert_eq!(answer(process, "/schemas/ids/25000/schema").await, r#"{"foo": "bar"}"#);
    assert_eq!(answer(process, "/schemas/ids/25000/versions").await, r#"[{"subject":"foo","version":1}]"#);
    let found: Value = serde_json::from_str(&answer(process, "/subjects/foo/versions/1").await).unwrap();
    assert_eq!((&found["id"], &found["schema"]), (&json!(25000), &json!(r#"{"foo": "bar"}"#)));
    // One that can be read is a schema like others.
    for _ in 0..2 {
        let found: Value = serde_json::from_str(&answer(process, "/schemas/ids/25002").await).unwrap();
        assert_eq!((&found["subject"], &found["version"], &found["schema"]), (&json!("int"), &json!(1), &json!("\"int\"")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_answered_by_id_with_its_text_alone() {
    let _broker = broker().await;
    let topic = topic("unreadable");
    let writer = Process::start(&store(&topic));
    wait_for_writer(&[&writer]).await;
    let reader = Process::start(&follower(&topic));
    assert_eq!(writer.client().register("before", &record("Before")).await.unwrap().id, 1);

    let (key, value) = version("proto", 25001, "message {");
    let value = String::from_utf8(value.unwrap()).unwrap().replace(r#""schema""#, r#""schemaType": "PROTOBUF", "schema""#);
    let proto = (key, Some(value.into_bytes()));
    write(&topic, &[version("foo", 25000, r#"{"foo": "bar"}"#), proto, version("int", 25002, "\"int\"")]).await;
    has_what_cannot_be_read(&writer).await;
    has_what_cannot_be_read(&reader).await;

    // The writer goes on after it, and so does one that finds it in the topic.
    assert_eq!(writer.client().register("after", &record("After")).await.unwrap().id, 25003);
    writer.kill();
    let next = Process::start(&store(&topic));
    has_what_cannot_be_read(&next).await;
    wait_for_writer(&[&next]).await;
    assert_eq!(next.client().register("again", &record("Again")).await.unwrap().id, 25004);
    for (id, name) in [(1, "Before"), (25003, "After"), (25004, "Again")] {
        let text = &reader.client().schema_by_id(id).await.unwrap().schema;
        assert!(text.contains(name), "{id}: {text}");
    }
    has_what_cannot_be_read(&reader).await;
}

/// The other program gives out the ids that the registry is about to give out: in the moment between a decision and its commit it
/// takes one of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_another_program_takes_meanwhile_is_not_acknowledged() {
    const ENOUGH: usize = 60;
    let _broker = broker().await;
    let topic = topic("taken");
    let process = Process::start(&store(&topic));
    wait_for_writer(&[&process]).await;
    let (stop, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let acknowledged: Arc<Mutex<Vec<Acknowledged>>> = Arc::default();
    let clients = (0..2).map(|_| {
        let (client, acknowledged) = (process.client(), Arc::clone(&acknowledged));
        let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
        tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let (subject, request) = (format!("s{number}"), record(&format!("R{number}")));
                if let Ok(answer) = client.register(&subject, &request).await {
                    let text = request.schema.clone().unwrap();
                    acknowledged.lock().unwrap().push((answer.id, subject, answer.version.unwrap(), text));
                }
            }
        })
    });
    let clients: Vec<_> = clients.collect();

    let (other, start) = (producer().await, Instant::now());
    let mut taken = 0;
    while acknowledged.lock().unwrap().len() < ENOUGH {
        assert!(start.elapsed() < SOON, "{} of {ENOUGH} acknowledged", acknowledged.lock().unwrap().len());
        let highest = acknowledged.lock().unwrap().last().map_or(0, |(id, ..)| u64::from(*id));
        let ids = highest + 1..=highest + 4;
        let theirs: Vec<Message> = ids.map(|id| version(&format!("x{taken}-{id}"), id, &format!("not {taken}"))).collect();
        write_by(&other, &topic, &theirs).await;
        taken += 1;
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    stop.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }

    let acknowledged = acknowledged.lock().unwrap().clone();
    let client = process.client();
    let mut ids: Vec<u32> = acknowledged.iter().map(|(id, ..)| *id).collect();
    for (id, subject, version, text) in &acknowledged {
        let found = client.version(subject, *version).await;
        let found = found.unwrap_or_else(|why| panic!("version {version} of {subject} was acknowledged and is lost: {why}"));
        assert_eq!((found.id, &found.schema), (*id, text), "{subject}");
        assert_eq!(client.schema_by_id(*id).await.unwrap().schema, *text, "the id {id} means something else");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), acknowledged.len(), "an id was given twice");
}
