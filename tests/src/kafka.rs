//! Topics `_schemas`, as another program sees them.

#![allow(clippy::missing_panics_doc)] // a test that cannot go on says so by panicking

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use eventpact_runtime::transport::{Browser, Delivery, Transport};
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};

use crate::folder;

/// A key and a value, none for a tombstone.
pub type Message = (Vec<u8>, Option<Vec<u8>>);

/// What a real Confluent 8.2.3 wrote to the topic of the conversations that share a registry.
pub fn recorded() -> Vec<Message> {
    let text = std::fs::read_to_string(folder("registry/schemas-topic.jsonl")).expect("the recorded topics are there");
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a row is JSON"));
    let bytes = |text: &serde_json::Value| text.as_str().map(|text| text.as_bytes().to_vec());
    let rows = rows.filter(|row| row["topic"] == "_tr_own_1");
    rows.map(|row| (bytes(&row["key"]).expect("a key"), bytes(&row["value"]))).collect()
}

/// Everything in a topic, committed or all of it (`read_committed`, `read_uncommitted`).
pub async fn read(address: &str, topic: &str, isolation: &str) -> Vec<Message> {
    let config = KafkaConfig::new(address).set_consumer("isolation.level", isolation);
    let mut browser = KafkaTransport::new(config).browse(topic).await.expect("the topic can be read");
    let mut all: Vec<Delivery> = Vec::new();
    while browser.next_batch(&mut all, 1000, Duration::from_secs(10)).await.expect("the topic can be read") {}
    let message = |delivery: Delivery| {
        let (key, value) = (delivery.record.key.expect("every record has a key"), delivery.record.value);
        (key.to_vec(), value.map(|value| value.to_vec()))
    };
    all.into_iter().map(message).collect()
}

/// `cargo xtask services …` (`suspend`, `resume`): by the program that is there when xtask runs the tests, else by cargo.
pub fn services(command: &str) {
    let built = std::env::current_exe().ok().and_then(|test| Some(test.parent()?.parent()?.join("xtask")));
    let mut xtask = match built.filter(|xtask| Path::new(xtask).is_file()) {
        Some(xtask) => Command::new(xtask),
        None => {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.arg("xtask");
            cargo
        }
    };
    let output = xtask.args(["services", command]).stdin(Stdio::null()).output().expect("xtask can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo xtask services {command}: {text}");
}
