//! The stream of changes of a registry that follows a topic.

use eventpact_registry_client::grpc::messages::watch_event::Event;

use crate::support::{Process, SOON, broker, follower, record, store, topic, wait_for_writer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_at_a_follower_tells_what_the_writer_writes() {
    let _broker = broker().await;
    let topic = topic("watched");
    let writer = Process::start(&store(&topic));
    wait_for_writer(&[&writer]).await;
    writer.client().register("first", &record("First")).await.unwrap();
    let reader = Process::start(&follower(&topic));
    let mut watch = reader.client().watch("s-", Some("0".to_owned()));
    let mut next = async || loop {
        let event = tokio::time::timeout(SOON, watch.next()).await.expect("an event in time").unwrap();
        match event.event.unwrap() {
            Event::Version(version) => return version.subject,
            Event::SnapshotDone(_) => return "done".to_owned(),
            Event::Started(_) | Event::Heartbeat(_) | Event::Config(_) | Event::Mode(_) => {}
            other @ (Event::VersionRemoved(_) | Event::Document(_) | Event::DocumentRemoved(_)) => panic!("{other:?}"),
        }
    };
    assert_eq!(next().await, "done", "nothing begins so yet");
    for n in 0..20 {
        let subject = format!("s-{n}");
        writer.client().register(&subject, &record(&format!("R{n}"))).await.unwrap();
        assert_eq!(next().await, subject);
    }
}
