//! The runtime's plans against the schema resolution of the contract crate: two implementations of the same chapter of the
//! specification, written apart. What one rewrites, the other must decode to the same value; what one refuses, so must the other.

#![allow(clippy::unwrap_used)] // a test may panic

mod schemas;

use std::collections::BTreeMap;

use eventpact_contract::formats::avro::{self, datum};
use eventpact_contract::source::Sources;
use eventpact_runtime::codec::avro::Plan;
use eventpact_tests::folder;
use serde_json::Value as Json;

struct Side {
    schema: avro::Schema,
    text: String,
}

fn side(json: &Json, references: &BTreeMap<String, String>) -> Option<Side> {
    let text = json.to_string();
    let (schema, _) = schemas::avro_schema(&mut Sources::new(), "schema.avsc", &text, references, true);
    Some(Side { schema: schema?, text })
}

/// Every pair of an old and a new version in the corpus, both ways, where both are valid.
fn pairs(mut check: impl FnMut(&str, &Side, &Side, &[(String, String)])) {
    let text = std::fs::read_to_string(folder("compat/corpus/compat-own.jsonl")).unwrap();
    for line in text.lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        if row["format"] != "avro" || row["level"].as_str().unwrap() != "FULL" {
            continue;
        }
        let references: Vec<(String, String)> = row["references"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["name"].as_str().unwrap().to_owned(), r["schema"].to_string()))
            .collect();
        let by_name: BTreeMap<String, String> = references.iter().cloned().collect();
        let Some(new) = side(&row["new"], &by_name) else { continue };
        for old in row["old"].as_array().unwrap().iter().filter_map(|old| side(old, &by_name)) {
            let id = row["id"].as_str().unwrap();
            check(id, &old, &new, &references);
            check(id, &new, &old, &references);
            check(id, &old, &old, &references);
        }
    }
}

fn plan(writer: &Side, reader: &Side, references: &[(String, String)]) -> Result<Plan, String> {
    let borrowed: Vec<(&str, &str)> = references.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Plan::new(&writer.text, references, &reader.text, &borrowed).map_err(|e| e.to_string())
}

#[test]
fn rewritten_bytes_are_what_the_resolved_value_encodes_to() {
    let (mut same, mut refused) = (0, 0);
    pairs(|id, writer, reader, references| {
        let plan = plan(writer, reader, references);
        for value in schemas::samples(&writer.schema, 8) {
            let bytes = datum::encode(&writer.schema, &value).unwrap();
            let resolved = datum::resolve(&writer.schema, &reader.schema, &bytes);
            let mut out = vec![0xAA];
            let written =
                plan.as_ref().map_err(Clone::clone).and_then(|p| p.transcode(&bytes, &mut out).map_err(|e| e.to_string()));
            match (resolved, written) {
                (Ok(resolved), Ok(())) => {
                    let wanted = datum::encode(&reader.schema, &resolved).unwrap();
                    assert_eq!(out[1..], wanted, "{id}: {}", datum::to_json(&writer.schema, &value));
                    same += 1;
                }
                (Err(_), Err(_)) => refused += 1,
                (resolved, written) => {
                    panic!(
                        "{id}: {}\n  writer {}\n  reader {}\n  resolve {resolved:?}\n  plan {written:?}",
                        datum::to_json(&writer.schema, &value),
                        writer.text,
                        reader.text
                    );
                }
            }
        }
    });
    println!("plans: {same} messages rewritten alike, {refused} refused by both");
    assert!(same > 3000 && refused > 500, "{same} {refused}");
}

/// Broken bytes give an error or another value, the same as the schema resolution gives, and never a panic.
#[test]
fn broken_bytes_are_refused_alike() {
    let mut refused = 0;
    pairs(|id, writer, reader, references| {
        let Ok(plan) = plan(writer, reader, references) else { return };
        for (n, value) in schemas::samples(&writer.schema, 2).into_iter().enumerate() {
            let mut bytes = datum::encode(&writer.schema, &value).unwrap();
            for at in 0..bytes.len().min(8) {
                let kept = bytes[at];
                for replacement in [0xff, 0x80, 0x03, kept.wrapping_add(1)] {
                    bytes[at] = replacement;
                    compare(id, writer, reader, &plan, &bytes, &mut refused);
                }
                bytes[at] = kept;
            }
            bytes.truncate(bytes.len().saturating_sub(n + 1));
            compare(id, writer, reader, &plan, &bytes, &mut refused);
        }
    });
    println!("plans: {refused} broken messages refused");
    assert!(refused > 1000, "{refused}");
}

fn compare(id: &str, writer: &Side, reader: &Side, plan: &Plan, bytes: &[u8], refused: &mut usize) {
    let mut out = Vec::new();
    let written = plan.transcode(bytes, &mut out);
    let resolved = datum::resolve(&writer.schema, &reader.schema, bytes);
    match (resolved, written) {
        // A copy does not look into strings: the reader's own decoder does, right after.
        (resolved, Ok(())) => match (resolved, datum::decode(&reader.schema, &out)) {
            (Ok(resolved), Ok(read)) => assert_eq!(format!("{resolved:?}"), format!("{read:?}"), "{id}: {bytes:?}"),
            (Err(_), Err(_)) => *refused += 1,
            (Err(error), Ok(_)) if error.message.contains("UTF-8") || error.message.contains("int") => {}
            (resolved, read) => {
                panic!("{id}: {bytes:?}\n  {} -> {}\n  resolve {resolved:?}\n  plan {read:?}", writer.text, reader.text)
            }
        },
        (Err(_), Err(_)) => *refused += 1,
        (Ok(value), Err(error)) => {
            panic!("{id}: {bytes:?}\n  {} -> {}\n  resolve {value:?}\n  plan {error}", writer.text, reader.text);
        }
    }
}

fn plan_of(writer: &str, reader: &str) -> Plan {
    Plan::new(writer, &[], reader, &[]).unwrap()
}

#[test]
fn errors_say_where() {
    let writer = r#"{"type":"record","name":"R","fields":[{"name":"items","type":{"type":"array","items":
        {"type":"record","name":"I","fields":[{"name":"kind","type":{"type":"enum","name":"K","symbols":["A","B"]}}]}}}]}"#;
    let reader = writer.replace(r#"["A","B"]"#, r#"["A"]"#);
    let error = plan_of(writer, &reader).transcode(&[4, 0, 2, 0], &mut Vec::new()).unwrap_err();
    assert_eq!(error.path(), "items[1].kind");
    assert_eq!(error.offset(), Some(3));
    assert!(error.to_string().contains("symbol B"), "{error}");
}

#[test]
fn what_no_message_can_pass_is_refused_at_once() {
    let error = Plan::new("\"string\"", &[], "\"int\"", &[]).unwrap_err().to_string();
    assert!(error.contains("found string, expecting int"), "{error}");
    assert!(Plan::new("{", &[], "\"int\"", &[]).unwrap_err().to_string().contains("the writer's schema"));
    assert!(Plan::new("\"int\"", &[], "\"Missing\"", &[]).unwrap_err().to_string().contains("Missing"));
}

#[test]
fn hostile_messages_are_bounded() {
    // A list that nests itself ten thousand times.
    let nested = r#"{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}"#;
    let renamed = nested.replace("\"N\"", "\"M\"").replace("\"fields\"", "\"aliases\":[\"N\"],\"fields\"");
    let deep = [2_u8; 10_000];
    for reader in [nested, &renamed] {
        let error = plan_of(nested, reader).transcode(&deep, &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("deep"), "{error}");
    }
    // A million items of no bytes each, which a default would turn into terabytes.
    let empty = r#"{"type":"array","items":{"type":"record","name":"E","fields":[]}}"#;
    let filled = format!(
        r#"{{"type":"array","items":{{"type":"record","name":"E","fields":[{{"name":"a","type":"string","default":"{}"}}]}}}}"#,
        "x".repeat(1000)
    );
    let plan = plan_of(empty, &filled);
    let mut million = vec![0x80, 0x80, 0x80, 0x01];
    million.push(0);
    let error = plan.transcode(&million, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("grows beyond"), "{error}");
    // A count that cannot be true.
    let longs = plan_of(r#"{"type":"array","items":"int"}"#, r#"{"type":"array","items":"double"}"#);
    assert!(longs.transcode(&[0xfe, 0xff, 0xff, 0xff, 0x0f], &mut Vec::new()).is_err());
}

/// Names that chain through thousands of records must not overflow the stack.
#[test]
fn long_chains_of_types_are_refused() {
    let mut text = String::from("\"int\"");
    for n in 0..3000 {
        text = format!(r#"{text},{{"type":"record","name":"R{n}","fields":[{{"name":"f","type":["null","R{}"]}}]}}"#, n + 1);
    }
    let text = format!(r#"["null",{text},{{"type":"record","name":"R3000","fields":[]}}]"#);
    let error = Plan::new(&text, &[], &text, &[]).unwrap_err().to_string();
    assert!(error.contains("levels deep"), "{error}");
}
