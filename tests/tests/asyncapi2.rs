//! AsyncAPI 2.x: read into the same contract as 3.x, with the rules of 2.x for traits, names and directions.

use eventpact_contract::asyncapi::PointOfView;
use eventpact_contract::diagnostic::has_errors;
use eventpact_contract::load::{Options, load_contract, load_contract_with};
use eventpact_contract::model::{Action, Contract};
use eventpact_contract::source::{Memory, Sources};
use eventpact_tests::{Folder, contract_text, expect_text, folder, root, shared_data};

fn shop(path: &str) -> Contract {
    let (contract, found) = load_contract(&mut Sources::new(), &Folder(root()), path);
    assert!(!has_errors(&found), "{found:?}");
    contract.expect("a contract")
}

/// What 2.x can't say is taken out: titles of channels, channels without operations, names of messages in a channel.
fn comparable(mut contract: Contract) -> String {
    contract.asyncapi.clear();
    contract.operations.retain(|operation| !operation.key.starts_with("inspect"));
    for channel in &mut contract.channels {
        (channel.title, channel.summary) = (None, None);
        for message in &mut channel.messages {
            message.key = message.key.to_lowercase();
        }
    }
    // A schema without a format has that of its document.
    contract_text(&contract).replace("asyncapi;version=2.6.0", "asyncapi;version=3.0.0")
}

#[test]
fn the_shop_in_2_6_is_the_contract_of_the_shop_in_3_0() {
    let (old, new) = (comparable(shop("tests/asyncapi2/shop/asyncapi.yaml")), comparable(shop("specs/shop/asyncapi.yaml")));
    let diff = similar::TextDiff::from_lines(&old, &new);
    assert!(old == new, "{}", diff.unified_diff().context_radius(6).header("2.6", "3.0"));
    assert!(new.lines().count() > 500 && !new.contains("Span"), "the schemas are compared, their places are not");
}

fn read(text: &str, point_of_view: PointOfView) -> Contract {
    let files = Memory([("a.yaml".to_owned(), text.to_owned())].into());
    let (contract, found) =
        load_contract_with(&mut Sources::new(), &files, "a.yaml", Options { point_of_view, ..Options::default() });
    assert!(!has_errors(&found), "{found:?}");
    contract.expect("a contract")
}

const LIGHTS: &str = "asyncapi: 2.4.0
info: {title: Lights, version: 1.0.0}
channels:
  light/{id}/measured:
    parameters:
      id: {schema: {type: string, enum: [a, b], default: a}, location: $message.payload#/id}
    publish:
      traits: [{operationId: last, summary: trait}]
      operationId: first
      summary: own
      message: {messageId: measured, payload: {type: object}}
    subscribe:
      message:
        oneOf: [{payload: {type: string}}, {$ref: '#/components/messages/Off'}]
components:
  messages:
    Off:
      traits: [{contentType: text/one, schemaFormat: application/vnd.apache.avro;version=1.9.0}, {contentType: text/two}]
      contentType: text/own
      schemaFormat: application/vnd.apache.avro;version=1.9.0
      payload: {type: record, name: Off, fields: []}
";

#[test]
fn names_traits_and_directions() {
    let contract = read(LIGHTS, PointOfView::Application);
    let channel = &contract.channels[0];
    assert_eq!((channel.key.as_str(), channel.address.as_deref()), ("light/{id}/measured", Some("light/{id}/measured")));
    let keys: Vec<&str> = channel.messages.iter().map(|message| message.key.as_str()).collect();
    assert_eq!(keys, ["measured", "light/{id}/measured.subscribe.message.0", "Off"]);
    assert_eq!(channel.parameters[0].allowed, ["a", "b"]);
    assert_eq!(channel.parameters[0].default.as_deref(), Some("a"));
    let [publish, subscribe] = contract.operations.as_slice() else { panic!("{:?}", contract.operations) };
    assert_eq!((publish.key.as_str(), publish.action, publish.messages.as_slice()), ("last", Action::Receive, [0].as_slice()));
    assert_eq!(publish.summary.as_deref(), Some("trait"));
    assert_eq!((subscribe.action, subscribe.messages.as_slice()), (Action::Send, [1, 2].as_slice()));
    assert_eq!(subscribe.key, "light/{id}/measured.subscribe");
    let off = &channel.messages[2];
    assert_eq!(off.content_type.as_deref(), Some("text/two"));
    let payload = off.payload.as_ref().expect("a payload");
    assert_eq!(payload.schema_format, "application/vnd.apache.avro;version=1.9.0");
    assert!(payload.schema.is_some());
    let client = read(LIGHTS, PointOfView::Client);
    let actions: Vec<Action> = client.operations.iter().map(|operation| operation.action).collect();
    assert_eq!(actions, [Action::Send, Action::Receive]);
}

#[test]
fn documentation_of_2_x() {
    let options = Options { point_of_view: PointOfView::Client, ..Options::default() };
    let (contract, found) =
        load_contract_with(&mut Sources::new(), &Folder(root()), "tests/asyncapi2/lights/asyncapi.yaml", options);
    assert!(!has_errors(&found), "{found:?}");
    for file in eventpact_codegen::targets::docs::docs(&contract.expect("a contract")).expect("the documentation") {
        expect_text(&folder("asyncapi2/lights/docs").join(&file.path), &file.text);
    }
}

#[test]
fn every_valid_document_of_2_x_becomes_a_contract() {
    let Some(path) = shared_data("asyncapi.jsonl") else { return };
    let text = std::fs::read_to_string(path).expect("the file is readable");
    let (mut documents, mut operations) = (0, 0);
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("each line is JSON");
        let doc = row["doc"].as_str().expect("a document");
        if row["valid"] != true || !doc.replace(['"', '\'', ' '], "").contains("asyncapi:2.") {
            continue;
        }
        let name = row["path"].as_str().unwrap_or("a.yaml");
        let others = row["files"].as_object().into_iter().flatten();
        let mut files: std::collections::BTreeMap<String, String> =
            others.map(|(name, text)| (name.clone(), text.as_str().unwrap_or("").to_owned())).collect();
        files.insert(name.to_owned(), doc.to_owned());
        let (contract, mut found) = load_contract(&mut Sources::new(), &Memory(files), name);
        // The official parser compiles no patterns, and lets a schema be a reference to itself.
        let waived = [("schema_bad_pattern", "json-schema/pattern"), ("self_ref_schema", "asyncapi/reference-loop")];
        let mutation = row["id"].as_str().and_then(|id| id.split(':').nth(1));
        found.retain(|diagnostic| !waived.contains(&(mutation.unwrap_or(""), diagnostic.id.as_str())));
        found.retain(eventpact_contract::rule::stops);
        assert!(found.is_empty(), "{}: {found:#?}", row["id"]);
        let contract = contract.unwrap_or_else(|| panic!("{} is no contract", row["id"]));
        documents += 1;
        operations += contract.operations.len();
    }
    println!("{documents} documents, {operations} operations");
    assert!(documents == 50 && operations >= 80, "{documents} {operations}");
}
