//! A topic that contradicts itself: one id with two schemas. The first one keeps the id, the other record is shown and not touched, and
//! its number is given to no other version. Two records for one version are no contradiction: the later one counts.

use eventpact_registry_client::{RegisterRequest, SchemaType};
use serde_json::Value;

use crate::support::{Message, Process, ask, broker, figure, get, read, record, store, topic, wait_for_writer, write};

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
    let (status, shown) = get(&process.url, "/eventpact/v1/conflicts").await.unwrap();
    let listed: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((status, listed.as_array().unwrap().len()), (200, 1), "{shown}");
    let conflict = &listed[0];
    assert_eq!((&conflict["subject"], &conflict["version"], &conflict["id"]), (&"other".into(), &1.into(), &1.into()));
    assert_eq!((&conflict["schema"], &conflict["schemaType"]), (&"\"long\"".into(), &"AVRO".into()));
    assert!(conflict["why"].as_str().unwrap().contains("the id 1 is bound to another schema"), "{conflict}");
    assert!((figure(&process.url, "eventpact_store_conflicts").await - 1.0).abs() < 0.1);
    let (status, text) = get(&process.url, "/readyz").await.unwrap();
    assert!(status == 200 && text.contains("/eventpact/v1/conflicts"), "{status} {text}");

    // A new version does not take the place of the record.
    let stored = client.register("other", &record("Other")).await.unwrap();
    assert_eq!((stored.id, stored.version), (2, Some(2)));
    assert_eq!(client.register("third", &record("Third")).await.unwrap().id, 3);
    assert_eq!(client.all_versions("other").await.unwrap(), [2]);
    assert!(client.version("other", 1).await.is_err());
    let kept = async || read(&topic, "read_committed").await.contains(&other);
    assert!(kept().await);
    assert_eq!(client.delete_subject("other", false).await.unwrap(), [2]);
    assert_eq!(client.delete_subject("other", true).await.unwrap(), [2]);
    assert_eq!(client.register("other", &record("Other")).await.unwrap().version, Some(2));
    // Nor does one that is imported there, on purpose.
    let kind = "Content-Type: application/json\r\n";
    let import = r#"{"mode":"IMPORT"}"#;
    assert_eq!(ask(&process.url, "PUT", "/mode/other?force=true", kind, import).await.unwrap().0, 200);
    let body = r#"{"schema":"\"bytes\"","version":1,"id":77}"#;
    let (status, _, told) = ask(&process.url, "POST", "/subjects/other/versions", kind, body).await.unwrap();
    assert!(status == 422 && told.contains("42205") && told.contains("/eventpact/v1/conflicts"), "{status} {told}");
    assert_eq!(ask(&process.url, "DELETE", "/mode/other", "", "").await.unwrap().0, 200);
    assert!(kept().await);

    // Another process finds the same; what others register there goes on after it.
    let again = {
        process.kill();
        let again = Process::start(&store(&topic));
        wait_for_writer(&[&again]).await;
        again
    };
    let client = again.client();
    assert_eq!(get(&again.url, "/eventpact/v1/conflicts").await.unwrap().1, shown);
    assert_eq!(client.schema_by_id(1).await.unwrap().schema, "\"int\"");
    assert_eq!(client.all_versions("other").await.unwrap(), [2]);

    // Whoever owns the topic decides: the record goes.
    write(&topic, &[(other.0.clone(), None)]).await;
    assert_eq!(get(&again.url, "/eventpact/v1/conflicts").await.unwrap().1, "[]");
    let more = r#"{"type":"record","name":"Other","fields":[{"name":"id","type":"long"},{"name":"n","type":"int","default":0}]}"#;
    let next = RegisterRequest::new(SchemaType::Avro, more);
    assert_eq!(client.register("other", &next).await.unwrap().version, Some(3));
    assert!((figure(&again.url, "eventpact_store_conflicts").await).abs() < 0.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_records_for_one_version_the_later_one_counts() {
    let _broker = broker().await;
    let topic = topic("twice");
    let process = Process::start(&store(&topic));
    wait_for_writer(&[&process]).await;
    write(&topic, &[version("s", 5, "\"int\""), version("s", 6, "\"long\"")]).await;
    let client = process.client();
    let found = client.version("s", 1).await.unwrap();
    assert_eq!((found.id, found.schema.as_str()), (6, "\"long\""));
    // What was written with the id before can still be read.
    assert_eq!(client.schema_by_id(5).await.unwrap().schema, "\"int\"");
    assert_eq!(get(&process.url, "/eventpact/v1/conflicts").await.unwrap().1, "[]");
    let refused = client.register("s", &record("S")).await.unwrap_err();
    assert!(refused.is_incompatible(), "it is compared with the later one: {refused}");
    assert_eq!(client.register("t", &record("T")).await.unwrap().id, 7);

    // The same id with another text is one, though it is of the same version: ids never change.
    let other = version("s", 6, "\"string\"");
    write(&topic, std::slice::from_ref(&other)).await;
    assert_eq!(client.version("s", 1).await.unwrap().schema, "\"long\"");
    assert!(get(&process.url, "/eventpact/v1/conflicts").await.unwrap().1.contains("string"));
    // To delete the version would be to write over the record.
    let (status, _, told) = ask(&process.url, "DELETE", "/subjects/s/versions/1", "", "").await.unwrap();
    assert!(status == 422 && told.contains("42205") && told.contains("/eventpact/v1/conflicts"), "{status} {told}");
    assert!(read(&topic, "read_committed").await.contains(&other));
}
