//! The JSON Schema rows of `tests/compat/corpus/compat-own.jsonl` in the profile `confluent`: verdicts under both policies, and every
//! difference with its place, as Confluent's development head (8.5.0-0) said it.
//!
//! A row whose list differs on purpose stands in `json-schema-waivers.txt` with its reason; verdicts have no waiver.

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::{BTreeMap, BTreeSet};

use eventpact_compat::check::compare;
use eventpact_compat::json_schema;
use eventpact_compat::json_schema::confluent::{self, kinds};
use eventpact_compat::options::{Options, Policy};
use eventpact_compat::pair::Pair;
use eventpact_compat::rule::Profile;
use eventpact_contract::formats::json_schema as format;
use eventpact_contract::schema::Schema;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use eventpact_tests::folder;
use serde_json::{Value, json};

fn parse(value: &Value) -> Schema {
    let mut sources = Sources::new();
    let file = sources.add("a.json", value.to_string());
    let (node, problems) = yaml::parse(&sources, file);
    let node = node.unwrap_or_else(|| panic!("{value}: {problems:?}"));
    let (schema, problems) = format::parse(&node, &mut |_| None);
    Schema::JsonSchema(schema.unwrap_or_else(|| panic!("{value}: {problems:?}")).into())
}

/// Each row once: (id, reader, writer, expected). In a FORWARD row the old version reads.
fn rows() -> Vec<(String, Value, Value, Value)> {
    let text = std::fs::read_to_string(folder("compat/corpus/compat-own.jsonl")).unwrap();
    let mut rows = Vec::new();
    for line in text.lines() {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if row["format"] != "json-schema" {
            continue;
        }
        let (old, new) = (row["old"][0].take(), row["new"].take());
        let (reader, writer) = if row["level"] == "BACKWARD" { (new, old) } else { (old, new) };
        rows.push((row["id"].as_str().unwrap().to_owned(), reader, writer, row["expected"].take()));
    }
    assert!(rows.len() > 700, "only {} rows", rows.len());
    rows
}

fn waivers() -> BTreeSet<String> {
    let text = std::fs::read_to_string(folder("compat/corpus/json-schema-waivers.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split_once(": ").expect("`id: reason`").0.to_owned()).collect()
}

/// The verdicts STRICT and LENIENT, and the differences; `Err` where the registry fails.
fn ours(reader: &Value, writer: &Value) -> ([bool; 2], Result<BTreeSet<String>, String>) {
    let (r, w) = (parse(reader), parse(writer));
    let verdict = |policy| {
        let options = Options { policy, ..Options::from(Profile::Confluent) };
        compare(Pair::new(&r, &w), options).is_compatible()
    };
    let verdicts = [verdict(Policy::Strict), verdict(Policy::Lenient)];
    let (Schema::JsonSchema(r), Schema::JsonSchema(w)) = (&r, &w) else { unreachable!() };
    let found = confluent::differences(Pair::new(r, w), Policy::Strict);
    (verdicts, found.map(|found| found.iter().map(|p| format!("{} {}", p.kind, p.location)).collect()))
}

/// What the registry said; where its own code fails, it refuses.
fn verdict(head: &Value, key: &str) -> bool {
    head[key].as_bool().unwrap_or_else(|| {
        assert!(head["exception"].is_string(), "{head}");
        false
    })
}

#[test]
fn verdicts_and_differences_of_the_development_head() {
    let waived = waivers();
    let (mut verdicts, mut lists, mut older) = ([0, 0], 0, 0);
    let (mut wrong, mut unused) = (Vec::new(), waived.clone());
    let rows = rows();
    for (id, reader, writer, expected) in &rows {
        let head = &expected["confluent_head"];
        let (said, found) = ours(reader, writer);
        let theirs = [verdict(head, "compatible"), verdict(head, "compatible_lenient")];
        for (count, (ours, theirs)) in verdicts.iter_mut().zip(said.into_iter().zip(theirs)) {
            *count += usize::from(ours == theirs);
        }
        older += usize::from(expected["confluent_8_2_3"]["compatible"] == said[0]);
        let all: Option<BTreeSet<String>> =
            head["differences"].as_array().map(|list| list.iter().map(|d| d.as_str().unwrap().to_owned()).collect());
        let same = found.as_ref().ok() == all.as_ref();
        lists += usize::from(same);
        let excused = !same && unused.remove(id);
        if said != theirs || (!same && !excused) {
            wrong
                .push(format!("{id}: {said:?} {found:?}, the registry {theirs:?} {all:?}\n  reader {reader}\n  writer {writer}"));
        }
    }
    println!(
        "{} rows: {} verdicts STRICT, {} LENIENT, {lists} lists of differences as the development head; {} waived; {older} verdicts as 8.2.3",
        rows.len(),
        verdicts[0],
        verdicts[1],
        waived.len(),
    );
    assert!(unused.is_empty(), "waivers of rows that do not differ: {unused:?}");
    assert!(wrong.is_empty(), "{} rows differ\n{}", wrong.len(), wrong.join("\n"));
}

/// Each difference that breaks is worded by exactly one rule, and a rule owns nothing that the registry does not know.
#[test]
fn every_incompatible_difference_has_one_owner() {
    let all: Vec<&str> = kinds::all().collect();
    assert_eq!(all.len(), 132);
    let owned: Vec<&str> = json_schema::owned().collect();
    for kind in &all {
        let owners = owned.iter().filter(|o| *o == kind).count();
        let expected = usize::from(!kinds::is_compatible(kind, Policy::Strict));
        assert_eq!(owners, expected, "{kind}");
    }
    assert!(owned.iter().all(|o| all.contains(o)), "{owned:?}");
}

/// What no recorded row shows: other drafts, and corners of the registry's code. (writer, reader, differences)
#[test]
fn drafts_and_corners() {
    let modern = |mut schema: Value| {
        schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
        schema
    };
    let fourth = |mut schema: Value| {
        schema["$schema"] = json!("http://json-schema.org/draft-04/schema#");
        schema
    };
    let object = |extra: Value| {
        let mut schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        schema.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        schema
    };
    let list = |text: &str| Some(text.split_whitespace().map(|d| d.replace('@', " ")).collect::<BTreeSet<String>>());
    let closed = object(json!({ "unevaluatedProperties": false }));
    let cases: Vec<(Value, Value, Option<BTreeSet<String>>)> = vec![
        (modern(object(json!({}))), modern(closed.clone()), list("UNEVALUATED_PROPERTIES_REMOVED@#/unevaluatedProperties")),
        (modern(closed.clone()), modern(object(json!({}))), list("UNEVALUATED_PROPERTIES_ADDED@#/unevaluatedProperties")),
        // An unknown keyword displaces it in the registry; drafts before do not know it at all.
        (modern(object(json!({}))), modern(object(json!({ "unevaluatedProperties": false, "x-a": 1 }))), list("")),
        (object(json!({})), closed, list("")),
        (
            modern(object(json!({ "unevaluatedProperties": { "type": "integer" } }))),
            modern(json!({ "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "integer" } },
                "unevaluatedProperties": { "type": "integer" } })),
            list(
                "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL@#/properties/b
                 OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL@#/properties/b",
            ),
        ),
        (
            modern(json!({ "type": "array" })),
            modern(json!({ "type": "array", "contains": {}, "maxContains": 3 })),
            list("MIN_CONTAINS_ADDED@#/minContains MAX_CONTAINS_ADDED@#/maxContains"),
        ),
        (
            modern(json!({ "prefixItems": [true, { "type": "string" }], "items": false })),
            modern(json!({ "prefixItems": [true], "items": false })),
            list("ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL@#/items/1"),
        ),
        (
            modern(json!({ "type": ["string", "null"], "maxLength": 5 })),
            modern(json!({ "type": ["null", "string"], "maxLength": 4 })),
            list("COMBINED_TYPE_SUBSCHEMAS_CHANGED@#/"),
        ),
        // The branch of two kinds falls apart: three branches, then two.
        (
            modern(json!({ "anyOf": [{ "type": "string", "minimum": 1 }, { "type": "null" }] })),
            modern(json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] })),
            list("SUM_TYPE_NARROWED@#/"),
        ),
        (
            modern(json!({ "dependentRequired": { "a": ["b"] } })),
            modern(json!({ "dependentRequired": { "a": ["b", "c"] }, "dependentSchemas": { "a": {} } })),
            list("DEPENDENCY_ARRAY_EXTENDED@#/dependencies/a DEPENDENCY_SCHEMA_ADDED@#/dependencies/a"),
        ),
        (fourth(json!({ "maximum": 5 })), fourth(json!({ "maximum": 5, "exclusiveMaximum": true })), list("")),
        (fourth(json!({ "type": "string" })), fourth(json!({ "type": "string", "const": "a" })), list("")),
        (
            json!({ "patternProperties": { "^x": { "type": "string" } }, "properties": {} }),
            json!({ "patternProperties": { "^x": { "type": "string" } }, "properties": { "x1": { "type": "string" } } }),
            list(
                "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL@#/properties/x1
                 OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL@#/properties/x1",
            ),
        ),
        // A reference to a reference is followed one step: two references count as equal.
        (
            json!({ "$ref": "#/definitions/a", "definitions": { "a": { "$ref": "#/definitions/b" }, "b": { "type": "string" } } }),
            json!({ "$ref": "#/definitions/a", "definitions": { "a": { "$ref": "#/definitions/b" }, "b": { "type": "null" } } }),
            list(""),
        ),
        (json!({ "multipleOf": 0.1 }), json!({ "multipleOf": 0.3 }), list("MULTIPLE_OF_EXPANDED@#/multipleOf")),
        (json!({ "multipleOf": 1e2 }), json!({ "multipleOf": 100.0 }), list("")),
        (json!({ "const": null }), json!({ "const": 1 }), None),
        (json!({ "exclusiveMaximum": 5 }), json!({ "exclusiveMaximum": 4 }), None),
        (json!({ "maximum": 9, "exclusiveMaximum": 9 }), json!({ "maximum": 9, "exclusiveMaximum": 4 }), list("")),
    ];
    for (writer, reader, expected) in cases {
        let ([strict, _], found) = ours(&reader, &writer);
        assert_eq!(found.as_ref().ok(), expected.as_ref(), "writer {writer} reader {reader}: {found:?}");
        let compatible =
            expected.is_some_and(|e| e.iter().all(|d| kinds::is_compatible(d.split(' ').next().unwrap(), Policy::Strict)));
        assert_eq!(strict, compatible, "writer {writer} reader {reader}");
    }
}

/// The policy reaches into branches: what is compatible under LENIENT is matched there.
#[test]
fn lenient_holds_inside_of_branches() {
    let branch = |properties: Value| json!({ "type": "object", "properties": properties });
    let writer = json!({ "oneOf": [branch(json!({ "a": { "type": "string" } })), { "type": "null" }] });
    let reader =
        json!({ "oneOf": [branch(json!({ "a": { "type": "string" }, "b": { "type": "string" } })), { "type": "null" }] });
    assert_eq!(ours(&reader, &writer).0, [false, true]);
}

/// A break that only shows in the second pass over a schema that contains itself.
#[test]
fn recursion_is_followed_until_nothing_changes() {
    let schema = |ty: &str| {
        json!({ "$ref": "#/definitions/a", "definitions": {
            "a": { "type": "object", "properties": { "b": { "oneOf": [{ "$ref": "#/definitions/b" }, { "type": "null" }] } } },
            "b": { "type": "object", "properties": { "a": { "$ref": "#/definitions/a" }, "c": { "type": ty } } } } })
    };
    assert_eq!(ours(&schema("string"), &schema("string")).0, [true, true]);
    assert_eq!(ours(&schema("string"), &schema("integer")).0, [false, false]);
}

/// Large and deep pairs end.
#[test]
fn hostile_pairs_end() {
    let mut doubling = json!({ "type": "string" });
    for level in 0..25 {
        doubling = json!({ "allOf": [{ "title": format!("a{level}"), "not": doubling }, { "$ref": "#" }] });
    }
    let wide = |shift: usize| json!({ "oneOf": (0..200).map(|n| json!({ "const": n + shift })).collect::<Vec<_>>() });
    let defs: BTreeMap<String, Value> = (0..60)
        .map(|n| {
            let all: Vec<Value> = (0..60).map(|m| json!({ "$ref": format!("#/definitions/d{m}") })).collect();
            (format!("d{n}"), json!({ "title": n.to_string(), "oneOf": all }))
        })
        .collect();
    let tangle = json!({ "$ref": "#/definitions/d0", "definitions": defs });
    // One schema on both sides is compatible; for two the verdict may be open, but it comes.
    assert_eq!(ours(&doubling, &doubling).0, [true, true]);
    assert_eq!(ours(&tangle, &tangle).0, [true, true]);
    assert_eq!(ours(&wide(1), &wide(0)).0, [false, false]);
    assert_eq!(ours(&doubling, &tangle).0, [false, false]);
}
