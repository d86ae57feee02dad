//! confluent-kafka-python from PyPI, unmodified, against our registry: it registers, reads back, and round-trips a message of the
//! shop through its own Avro serializer; we then read its bytes with the schema that the registry holds.
//!
//! `cargo xtask test` installs the client and names its interpreter in `EVENTPACT_TEST_PYTHON`.

use std::process::Command;

use eventpact_contract::formats::avro::{self, datum};
use eventpact_contract::source::Sources;
use eventpact_contract::yaml::{self, Node};
use eventpact_registry::{Options, Server, StoreSpec};
use eventpact_registry_client::Client;
use eventpact_tests::{folder, root};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unmodified_client_registers_reads_back_and_round_trips_a_message() {
    let python = std::env::var_os("EVENTPACT_TEST_PYTHON")
        .expect("EVENTPACT_TEST_PYTHON is not set: `cargo xtask test confluent_python` installs the client and sets it");
    let store = tempfile::tempdir().unwrap();
    let options = Options::new(([127, 0, 0, 1], 0).into(), StoreSpec::Sqlite(store.path().join("r.db")));
    let server = Server::bind(&options).await.unwrap();
    let url = format!("http://{}", server.address());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async move { drop(stopped.await) }));

    let script = folder("clients/confluent_python/round_trip.py");
    let mut command = Command::new(python);
    command.arg(script).arg(&url).arg(root().join("specs/shop/schemas"));
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().expect("the interpreter starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));

    let result: Value = serde_json::from_str(said.trim()).expect("one JSON object");
    let id = u32::try_from(result["id"].as_u64().unwrap()).unwrap();
    let message = bytes(result["message"].as_str().unwrap());
    assert_eq!(message[..5], [&[0][..], &id.to_be_bytes()].concat());
    let (schema, references) = Client::new(&url).unwrap().schema_with_references(id).await.unwrap();
    assert_eq!(references.len(), 1);
    let order = decode(&schema.schema, &references, &message[5..]);
    assert_eq!(order["orderId"], "o-1");
    assert_eq!(order["items"][0]["title"], "Größe 😀");
    assert_eq!(order["stockLevels"]["a/1"], 1_u64 << 40);

    drop(stop);
    running.await.unwrap();
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
    (0..hex.len()).step_by(2).map(byte).collect()
}

/// The message as JSON, read with the schema as the registry holds it.
fn decode(text: &str, references: &[(String, String)], message: &[u8]) -> Value {
    let mut sources = Sources::new();
    let mut read = |name: &str, text: &str| -> Node {
        let file = sources.add(name, text);
        yaml::parse_json(&sources, file).0.expect("JSON")
    };
    let main = read("schema", text);
    let documents: Vec<(String, Node)> = references.iter().map(|(name, text)| (name.clone(), read(name, text))).collect();
    let mut resolve = |name: &str| documents.iter().find(|(known, _)| known == name).map(|(_, node)| node.clone());
    let schema = avro::parse(&main, &mut resolve, true).0.expect("an Avro schema");
    datum::to_json(&schema, &datum::decode(&schema, message).expect("a message of this schema"))
}
