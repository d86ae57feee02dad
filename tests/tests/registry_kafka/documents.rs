//! AsyncAPI documents in the topic. To other registries their records say nothing.

use eventpact_registry_client::grpc::messages::watch_event::Event;
use serde_json::Value;

use crate::support::{Process, SOON, broker, follower, read, record, replay, store, topic, wait_for_writer};

const NAME: &str = ":.eu:shop";

fn shop(version: &str) -> String {
    format!("asyncapi: 3.0.0\ninfo:\n  title: Der \u{1f6d2} \"Laden\"\n  version: '{version}'\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_are_kept_followed_and_deleted_for_good() {
    let _broker = broker().await;
    let topic = topic("documents");
    let writer = Process::start(&store(&topic));
    wait_for_writer(&[&writer]).await;
    let reader = Process::start(&follower(&topic));
    let mut watch = reader.client().watch(NAME, None);
    let mut next = async || loop {
        let event = tokio::time::timeout(SOON, watch.next()).await.expect("an event in time").unwrap();
        match event.event.unwrap() {
            Event::Document(told) => {
                assert_eq!((told.name.as_str(), told.sha256.len()), (NAME, 64));
                assert_eq!(told.document, shop(&told.version.to_string()));
                break format!("{}{}", told.version, if told.deleted { " deleted" } else { "" });
            }
            Event::DocumentRemoved(told) => break format!("{} removed", told.version),
            Event::Started(_) => break "started".to_owned(),
            Event::Heartbeat(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(next().await, "started");

    let client = writer.client();
    assert_eq!(client.put_document(NAME, &shop("1"), false).await.unwrap().version, Some(1));
    assert_eq!(client.put_document(NAME, &shop("2"), false).await.unwrap().version, Some(2));
    assert!(!client.put_document(NAME, &shop("2"), false).await.unwrap().created);
    assert_eq!(client.register("beside", &record("Beside")).await.unwrap().id, 1);
    assert_eq!(client.delete_document_version(NAME, "1", false).await.unwrap(), 1);
    let seen = reader.client().document(NAME, "latest").await.unwrap();
    assert_eq!((seen.version, seen.document), (2, shop("2")));
    assert_eq!(reader.client().document_versions(NAME).await.unwrap(), [1, 2]);
    let refused = reader.client().put_document(NAME, &shop("3"), false).await.unwrap_err().to_string();
    assert!(refused.contains("42205"), "{refused}");
    let refused = client.delete_document_version(NAME, "2", true).await.unwrap_err().to_string();
    assert!(refused.contains("40407"), "{refused}");
    assert_eq!(client.delete_document_version(NAME, "1", true).await.unwrap(), 1);

    // The next writer knows it from the topic.
    writer.kill();
    let writer = Process::start(&store(&topic));
    wait_for_writer(&[&writer]).await;
    let client = writer.client();
    assert_eq!(client.document_versions(NAME).await.unwrap(), [2]);
    assert_eq!(client.document(NAME, "2").await.unwrap().document, shop("2"));
    let kept = replay(&read(&topic, "read_committed").await).records();
    let kept: Vec<_> =
        kept.into_iter().map(|record| record.encode()).filter(|(key, _)| key.ends_with(b"\"version\":2,\"magic\":0}")).collect();
    let [(key, Some(value))] = &*kept else { panic!("{kept:?}") };
    assert_eq!(key, br#"{"keytype":"NOOP","document":":.eu:shop","version":2,"magic":0}"#);
    let value: Value = serde_json::from_slice(value).unwrap();
    assert_eq!((value["document"].as_str(), value["deleted"].as_bool()), (Some(&*shop("2")), Some(false)));

    assert_eq!(client.delete_document(NAME, false).await.unwrap(), [2]);
    assert_eq!(client.delete_document(NAME, true).await.unwrap(), [2]);
    assert!(client.documents("", true).await.unwrap().is_empty());
    assert!(reader.client().document(NAME, "2").await.is_err());
    // Of what is gone, compaction keeps nothing.
    for version in [1, 2] {
        let key = format!(r#"{{"keytype":"NOOP","document":"{NAME}","version":{version},"magic":0}}"#);
        let messages = read(&topic, "read_committed").await;
        let values: Vec<_> = messages.iter().filter(|(k, _)| *k == key.as_bytes()).map(|(_, value)| value.is_some()).collect();
        assert_eq!(values, [true, true, false], "{key}");
    }
    for expected in ["1", "2", "1 deleted", "1 removed", "2 deleted", "2 removed"] {
        assert_eq!(next().await, expected);
    }
    assert_eq!(client.register("beside", &record("Beside")).await.unwrap().id, 1, "schemas are as they were");
}
