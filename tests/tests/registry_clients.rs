//! Clients of others, unmodified, against our registry: each registers, reads back, encodes and decodes Avro, Protobuf and JSON
//! Schema, and sees the refusals that it knows. `cargo xtask test` installs them.

use std::path::PathBuf;
use std::process::Command;

use eventpact_registry_client::{Client, SchemaType};
use eventpact_tests::served::Served;
use schema_registry_converter::async_impl::avro::{AvroDecoder, AvroEncoder};
use schema_registry_converter::async_impl::proto_decoder::ProtoDecoder;
use schema_registry_converter::async_impl::schema_registry::{SrSettings, get_schema_by_id, get_schema_by_subject, post_schema};
use schema_registry_converter::schema_registry_common::{SubjectNameStrategy, SuppliedSchema};
use serde_json::Value;

/// What `cargo xtask test` installed under this name.
fn installed(variable: &str) -> PathBuf {
    let found = std::env::var_os(variable);
    PathBuf::from(
        found.unwrap_or_else(|| panic!("{variable} is not set: `cargo xtask test registry_clients` installs and sets it")),
    )
}

/// Runs a client, which must end well, and looks at its messages with our own client.
fn round_trip(mut client: Command, server: &Served) {
    let output = client.arg(&server.url).output().expect("the client starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let sent: Value = serde_json::from_str(said.trim()).expect("one JSON object");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let ours = Client::new(&server.url).expect("a client");
    for (kind, format) in [("avro", SchemaType::Avro), ("protobuf", SchemaType::Protobuf), ("json", SchemaType::Json)] {
        let id = u32::try_from(sent[kind]["id"].as_u64().expect("an id")).expect("32 bits");
        let message = sent[kind]["message"].as_str().expect("a message");
        assert!(message.starts_with(&format!("00{id:08x}")), "{kind}: {message}");
        let schema = runtime.block_on(ours.schema_by_id(id)).expect("the schema of the message");
        assert_eq!(schema.format(), format);
    }
}

#[test]
fn kafkajs() {
    let mut client = Command::new("node");
    client.arg(installed("EVENTPACT_TEST_KAFKAJS_REGISTRY"));
    round_trip(client, &Served::start());
}

#[test]
fn franz_go() {
    round_trip(Command::new(installed("EVENTPACT_TEST_FRANZ_GO")), &Served::start());
}

const ORDER: &str = r#"{"type":"record","name":"Order","namespace":"converter","fields":[{"name":"id","type":"string"}]}"#;
const NOTE: &str =
    r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"id":{"type":"string"}}}"#;
const PARCEL: &str = "syntax = \"proto3\";\npackage converter;\nmessage Parcel {\n  string id = 1;\n}\n";

fn supplied(name: &str, kind: schema_registry_converter::schema_registry_common::SchemaType, schema: &str) -> SuppliedSchema {
    SuppliedSchema::new(Some(name.to_owned()), kind, schema.to_owned())
}

#[tokio::test]
async fn schema_registry_converter() {
    use schema_registry_converter::schema_registry_common::SchemaType as Kind;
    let server = Served::start();
    let settings = SrSettings::new(server.url.clone());
    let topic = |name: &str| SubjectNameStrategy::TopicNameStrategy(name.to_owned(), false);

    let order = post_schema(&settings, "orders-value".into(), supplied("Order", Kind::Avro, ORDER)).await.expect("registered");
    let message = serde_json::json!({ "id": "o-1" });
    let bytes = AvroEncoder::new(settings.clone()).encode_struct(&message, &topic("orders")).await.expect("encoded");
    assert_eq!(bytes[..5], [&[0][..], &order.id.to_be_bytes()].concat());
    let decoded = AvroDecoder::new(settings.clone()).decode(Some(&bytes)).await.expect("decoded");
    assert!(format!("{:?}", decoded.value).contains("o-1"));

    let note = post_schema(&settings, "notes-value".into(), supplied("note", Kind::Json, NOTE)).await.expect("registered");
    assert_eq!(get_schema_by_subject(&settings, &topic("notes")).await.expect("found").id, note.id);

    let parcel =
        post_schema(&settings, "parcels-value".into(), supplied("Parcel", Kind::Protobuf, PARCEL)).await.expect("registered");
    let framed = [&[0][..], &parcel.id.to_be_bytes(), &[0], b"\x0a\x03p-1"].concat();
    let decoded = ProtoDecoder::new(settings.clone()).decode(Some(&framed)).await.expect("decoded");
    assert!(format!("{decoded:?}").contains("p-1"));

    assert_eq!(get_schema_by_id(order.id, &settings).await.expect("found").schema, ORDER);
    assert_eq!(get_schema_by_subject(&settings, &topic("orders")).await.expect("found").id, order.id);
    let missing = get_schema_by_id(999_999, &settings).await.expect_err("unknown");
    assert!(format!("{missing:?}").contains("40403"), "{missing:?}");
}
