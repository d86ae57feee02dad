//! A broker that asks who is there. The settings go to librdkafka as they are; the password is told nobody.

use std::process::Command;

use crate::support::{Process, broker, record, topic, wait_for_writer};

/// What the broker of `cargo xtask services` knows.
const USER: &str = "registry";
const PASSWORD: &str = "canary-of-the-broker";

fn store(topic: &str, password: &str) -> Option<String> {
    let Ok(address) = std::env::var("EVENTPACT_TEST_KAFKA_SASL") else {
        println!(
            "SKIPPED: EVENTPACT_TEST_KAFKA_SASL is not set (`cargo xtask services up` starts a broker that has such an address)"
        );
        return None;
    };
    Some(format!(
        "kafka://{address}/{topic}?allow-unsafe-topic=true&session.timeout.ms=2000&heartbeat.interval.ms=300\
         &security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN&sasl.username={USER}&sasl.password={password}"
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_says_who_it_is_and_keeps_the_password_to_itself() {
    let _broker = broker().await;
    let topic = topic("sasl");
    let Some(right) = store(&topic, PASSWORD) else { return };
    let process = Process::start(&right);
    wait_for_writer(&[&process]).await;
    let answer = process.client().register("s", &record("S")).await.unwrap();
    assert_eq!(process.client().version("s", 1).await.unwrap().id, answer.id);

    let wrong = store(&topic, "canary-that-is-wrong").unwrap();
    let refused = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(eventpact_tests::program("eventpact"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).env("EVENTPACT_SERVE_STORE", wrong).output().unwrap()
    });
    let refused = refused.await.unwrap();
    let said = String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("uthentication"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}
