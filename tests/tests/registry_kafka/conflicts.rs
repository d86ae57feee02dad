//! A topic that contradicts itself: one id with two schemas. The first one keeps the id, the other record is shown and not touched.

use serde_json::Value;

use crate::support::{Message, Process, broker, figure, get, read, record, store, topic, wait_for_writer, write};

fn version(subject: &str, id: i32, schema: &str) -> Message {
    let key = format!(r#"{{"keytype":"SCHEMA","subject":"{subject}","version":1,"magic":1}}"#);
    let schema = Value::from(schema);
    let value = format!(r#"{{"subject":"{subject}","version":1,"id":{id},"schema":{schema},"deleted":false}}"#);
    (key.into_bytes(), Some(value.into_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_contradicts_the_rest_is_shown_and_stays_where_it_is() {
    let _broker = broker().await;
    let topic = topic("conflict");
    let process = Process::start(&store(&topic));
    wait_for_writer(&[&process]).await;
    let other = version("other", 1, "\"long\"");
    write(&topic, &[version("one", 1, "\"int\""), other.clone()]).await;

    let client = process.client();
    assert_eq!(client.schema_by_id(1).await.unwrap().schema, "\"int\"");
    assert_eq!(client.subjects().await.unwrap(), ["one"]);
    let (status, text) = get(&process.url, "/eventpact/v1/conflicts").await.unwrap();
    let listed: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, listed.as_array().unwrap().len()), (200, 1), "{text}");
    let conflict = &listed[0];
    assert_eq!((&conflict["subject"], &conflict["version"], &conflict["id"]), (&"other".into(), &1.into(), &1.into()));
    assert_eq!((&conflict["schema"], &conflict["schemaType"]), (&"\"long\"".into(), &"AVRO".into()));
    assert!(conflict["why"].as_str().unwrap().contains("the id 1 is bound to another schema"), "{conflict}");
    assert!((figure(&process.url, "eventpact_store_conflicts").await - 1.0).abs() < 0.1);
    let (status, text) = get(&process.url, "/readyz").await.unwrap();
    assert!(status == 200 && text.contains("/eventpact/v1/conflicts"), "{status} {text}");

    // A new version would take the place of the record.
    assert!(client.register("other", &record("Other")).await.is_err());
    assert_eq!(client.register("third", &record("Third")).await.unwrap().id, 2);
    assert!(read(&topic, "read_committed").await.contains(&other));

    // Whoever owns the topic decides: the record goes.
    write(&topic, &[(other.0, None)]).await;
    assert_eq!(client.register("other", &record("Other")).await.unwrap().version, Some(1));
    assert_eq!(get(&process.url, "/eventpact/v1/conflicts").await.unwrap().1, "[]");
}
