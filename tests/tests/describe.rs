//! Tables and examples of schemas: those of the shop as golden text; examples of recorded schemas are held against a validator.

use std::fmt::Write;

use eventpact_contract::describe::{Description, describe, example};
use eventpact_contract::load::{load_contract, load_schema};
use eventpact_contract::schema::{Format, Schema};
use eventpact_contract::source::{Memory, Sources};
use eventpact_tests::{Folder, expect_text, folder, root, shared_data};
use serde_json::Value;

fn table(description: &Description) -> String {
    let mut out = String::new();
    for row in &description.rows {
        let required = if row.required { "!" } else { " " };
        let default = row.default.as_ref().map(|default| format!(" = {default}")).unwrap_or_default();
        let _ = write!(out, "{:1$}{required} {2}: {3}{default}", "", row.depth * 2, row.path, row.type_name);
        let _ = writeln!(
            out,
            "{}",
            if row.constraints.is_empty() { String::new() } else { format!(" [{}]", row.constraints.join("; ")) }
        );
    }
    out + if description.cut { "…\n" } else { "" }
}

#[test]
fn the_shop() {
    let mut sources = Sources::new();
    let contract = load_contract(&mut sources, &Folder(root().join("specs/shop")), "asyncapi.yaml").0.expect("a contract");
    let mut out = String::new();
    for channel in contract.channels.iter().filter(|channel| !channel.key.contains("DeadLetters")) {
        for message in &channel.messages {
            let schema = message.payload.as_ref().and_then(|payload| payload.schema.as_ref()).expect("a schema");
            let description = describe(schema);
            let _ =
                writeln!(out, "{} ({})\n{}", message.name(), description.name.clone().unwrap_or_default(), table(&description));
            let _ = writeln!(out, "{:#}\n", example(schema).expect("an example"));
        }
    }
    expect_text(&folder("describe/shop.txt"), &out);
}

fn read(format: Format, text: &str) -> Option<Schema> {
    let name = if format == Format::Avro { "a.avsc" } else { "a.json" };
    let files = Memory([(name.to_owned(), text.to_owned())].into());
    load_schema(&mut Sources::new(), &files, name, Some(format), None).0
}

#[test]
fn what_contains_itself_ends() {
    for (format, text, rows) in [
        (
            Format::Avro,
            r#"{"type":"record","name":"T","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","T"]},{"name":"all","type":{"type":"map","values":"T"}}]}"#,
            3,
        ),
        (
            Format::JsonSchema,
            r##"{"type":"object","required":["v"],"properties":{"v":{"type":"integer"},"next":{"$ref":"#"},"all":{"type":"array","minItems":0,"items":{"$ref":"#"}}}}"##,
            3,
        ),
    ] {
        let schema = read(format, text).expect("a schema");
        assert_eq!(describe(&schema).rows.len(), rows);
        let value = example(&schema).expect("an example");
        assert_eq!(value["v"], 1, "{value}");
    }
    let endless = read(Format::Avro, r#"{"type":"record","name":"T","fields":[{"name":"t","type":"T"}]}"#);
    assert!(endless.is_none_or(|schema| example(&schema).is_none()));
}

#[test]
fn branches_that_multiply_end() {
    let mut defs = String::from(r#""s0":{"type":"string"}"#);
    for n in 1..40 {
        let _ = write!(defs, r##","s{n}":{{"anyOf":[{{"$ref":"#/$defs/s{0}"}},{{"$ref":"#/$defs/s{0}"}}]}}"##, n - 1);
    }
    let schema = read(Format::JsonSchema, &format!(r##"{{"$ref":"#/$defs/s39","$defs":{{{defs}}}}}"##)).expect("a schema");
    assert!(describe(&schema).cut);
    let mut fields = String::from(r#"{"type":"record","name":"R0","fields":[]}"#);
    for n in 1..40 {
        fields = format!(
            r#"{{"type":"record","name":"R{n}","fields":[{{"name":"a","type":{fields}}},{{"name":"b","type":"R{}"}}]}}"#,
            n - 1
        );
    }
    let schema = read(Format::Avro, &fields).expect("a schema");
    assert!(describe(&schema).cut && example(&schema).is_none());
}

/// Each example of the recorded schemas, with how it was judged.
#[test]
fn examples_are_valid() {
    let Some(path) = shared_data("compat-own.jsonl") else { return };
    let text = std::fs::read_to_string(path).expect("the file is readable");
    let (mut good, mut all, mut avro) = (0, 0, 0);
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("each line is JSON");
        let new = row["new"].as_str().map_or_else(|| row["new"].to_string(), str::to_owned);
        match row["format"].as_str() {
            Some("json-schema") => {
                let Some(schema) = read(Format::JsonSchema, &new) else { continue };
                let Ok(document) = serde_json::from_str(&new) else { continue };
                let Ok(validator) = jsonschema::validator_for(&document) else { continue };
                let Some(value) = example(&schema) else { continue };
                all += 1;
                if validator.is_valid(&value) {
                    good += 1;
                } else {
                    println!("refused: {} {value} by {new}", row["id"]);
                }
            }
            Some("avro") => {
                let Some(schema) = read(Format::Avro, &new) else { continue };
                avro += usize::from(example(&schema).is_some());
            }
            _ => {}
        }
    }
    println!("{good} of {all} examples of JSON Schemas are valid; {avro} Avro schemas have one");
    assert!(all > 300 && good * 100 >= all * 97 && avro > 1000, "{good} of {all}, {avro}");
}
