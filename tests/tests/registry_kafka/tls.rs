//! A broker that is reached by TLS, with its certificate verified. The program can do it where it was built with the feature
//! `kafka-tls`; elsewhere it says what is missing.

use std::process::Command;

use eventpact_tests::program;

use crate::support::{Process, broker, record, topic, wait_for_writer};

/// What a registry says that does not start with this store.
async fn refused(store: String) -> String {
    let refused = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(program("eventpact"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("EVENTPACT_SERVE_STORE", store).output().unwrap()
    });
    let output = refused.await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_reaches_its_broker_by_tls_and_knows_whom_to_trust() {
    let _broker = broker().await;
    let said = refused("kafka://127.0.0.1:1/t?security.protocol=SSL&follower=true&ssl.ca.location=/nowhere.pem".to_owned()).await;
    if said.contains("built without TLS to Kafka") {
        println!("SKIPPED: the program was built without the feature kafka-tls, and says so");
        return;
    }
    assert!(said.contains("ssl.ca.location"), "{said}");
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(address), Some(certificate)) = (variable("EVENTPACT_TEST_KAFKA_TLS"), variable("EVENTPACT_TEST_KAFKA_CERTIFICATE"))
    else {
        println!(
            "SKIPPED: EVENTPACT_TEST_KAFKA_TLS is not set (`cargo xtask services up` starts a broker that has such an address)"
        );
        return;
    };
    let topic = topic("tls");
    let store = |more: &str| {
        let times = "session.timeout.ms=2000&heartbeat.interval.ms=300";
        format!("kafka://{address}/{topic}?allow-unsafe-topic=true&{times}&security.protocol=SSL{more}")
    };
    let trusting = store(&format!("&ssl.ca.location={certificate}"));
    let process = Process::start(&trusting);
    wait_for_writer(&[&process]).await;
    let answer = process.client().register("s", &record("S")).await.unwrap();
    assert_eq!(process.client().version("s", 1).await.unwrap().id, answer.id);
    // An authority that the system knows has not signed it.
    let said = refused(store("")).await;
    assert!(said.to_lowercase().contains("certificate") || said.contains("failed"), "{said}");
}
