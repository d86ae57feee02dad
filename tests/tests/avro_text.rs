//! The texts of an Avro schema against what a live Confluent Schema Registry 8.2.3 stored for it, and the fingerprints of the
//! specification.

#![allow(clippy::unwrap_used)] // a test may panic

use eventpact_contract::formats::avro::{self, Schema};
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use eventpact_tests::folder;

fn parse(text: &str) -> Schema {
    let mut sources = Sources::new();
    let file = sources.add("schema.avsc", text);
    let (node, problems) = yaml::parse(&sources, file);
    let node = node.unwrap_or_else(|| panic!("not read: {text}\n{problems:?}"));
    let (schema, problems) = avro::parse(&node, &mut |_| None, true);
    schema.unwrap_or_else(|| panic!("not parsed: {text}\n{problems:?}"))
}

#[test]
fn the_stored_text_is_the_one_of_a_confluent_registry() {
    let rows = std::fs::read_to_string(folder("avro/registry-texts.jsonl")).unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let schema = parse(row["schema"].as_str().unwrap());
        let normalize = row["normalize"] == true;
        let ours = if normalize { avro::normalized_text(&schema) } else { avro::canonical_text(&schema) };
        count += 1;
        if ours != row["stored"].as_str().unwrap() {
            wrong.push(format!("{}\n  theirs {}\n  ours   {ours}", row["source"], row["stored"].as_str().unwrap()));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 70, "only {count} rows");
}

#[test]
fn a_text_reads_back_as_itself() {
    let rows = std::fs::read_to_string(folder("avro/registry-texts.jsonl")).unwrap();
    for line in rows.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let once = avro::canonical_text(&parse(row["schema"].as_str().unwrap()));
        assert_eq!(avro::canonical_text(&parse(&once)), once);
    }
}

#[test]
fn parsing_canonical_form_and_fingerprints_are_those_of_avro_java() {
    // Texts and CRC-64-AVRO values of the specification's own test data (share/test/data/schema-tests.txt of Apache Avro).
    let cases: [(&str, &str, i64); 8] = [
        ("\"null\"", "\"null\"", 7_195_948_357_588_979_594),
        ("{\"type\":\"boolean\"}", "\"boolean\"", -6_970_731_678_124_411_036),
        ("[ \"int\" , {\"type\":\"boolean\"} ]", "[\"int\",\"boolean\"]", 5_392_556_393_470_105_090),
        (
            "{ \"items\":{\"type\":\"null\"}, \"type\":\"array\"}",
            "{\"type\":\"array\",\"items\":\"null\"}",
            -589_620_603_366_471_059,
        ),
        (
            "{\"fields\":[], \"type\":\"record\", \"name\":\"a.b.foo\", \"namespace\":\"x.y\", \"doc\":\"d\", \"aliases\":[\"bar\"]}",
            "{\"name\":\"a.b.foo\",\"type\":\"record\",\"fields\":[]}",
            -4_616_218_487_480_524_110,
        ),
        (
            "{\"namespace\":\"x.y.z\", \"type\":\"enum\", \"name\":\"foo\", \"doc\":\"foo bar\", \"symbols\":[\"A1\", \"A2\"]}",
            "{\"name\":\"x.y.z.foo\",\"type\":\"enum\",\"symbols\":[\"A1\",\"A2\"]}",
            -4_448_647_247_586_288_245,
        ),
        (
            "{\"namespace\":\"x.y.z\", \"type\":\"fixed\", \"name\":\"foo\", \"size\":32}",
            "{\"name\":\"x.y.z.foo\",\"type\":\"fixed\",\"size\":32}",
            -3_064_184_465_700_546_786,
        ),
        (
            "{\"name\":\"PigValue\",\"type\":\"record\",\n  \"fields\":[{\"name\":\"value\", \"type\":[\"null\", \"int\", \"long\", \"PigValue\"]}]}",
            "{\"name\":\"PigValue\",\"type\":\"record\",\"fields\":[{\"name\":\"value\",\"type\":[\"null\",\"int\",\"long\",\"PigValue\"]}]}",
            -1_759_257_747_318_642_341,
        ),
    ];
    for (text, form, rabin) in cases {
        let ours = avro::parsing_canonical_form(&parse(text));
        assert_eq!(ours, form);
        assert_eq!(avro::rabin(&ours).cast_signed(), rabin, "{form}");
    }
    let dated = parse("{\"type\":\"int\",\"logicalType\":\"date\"}");
    assert_eq!(avro::parsing_canonical_form(&dated), "\"int\"", "a logical type leaves no trace, as in Avro Java");
}
