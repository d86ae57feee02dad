//! The JSON Schema reader: references across files and in circles, the document that a validator gets, and mistakes with their
//! places (`tests/parse/json-schema-errors`).

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;

use eventpact_contract::diagnostic::{self, Diagnostic, Options, text};
use eventpact_contract::formats::json_schema::{self, JsonType, Schema};
use eventpact_contract::source::Sources;
use eventpact_contract::yaml::{self, Node};
use eventpact_tests::{cases, expect_text};
use serde_json::{Value, json};

fn node(sources: &mut Sources, name: &str, text: &str) -> Node {
    let file = sources.add(name, text);
    yaml::parse(sources, file).0.unwrap()
}

/// Parses the first file; the others are what references may name.
fn parse(files: &[(&str, Value)]) -> (Option<Schema>, Vec<Diagnostic>) {
    let mut sources = Sources::new();
    let nodes: BTreeMap<&str, Node> = files.iter().map(|(n, v)| (*n, node(&mut sources, n, &v.to_string()))).collect();
    json_schema::parse(&nodes[files[0].0], &mut |path| nodes.get(path).cloned())
}

fn schema(files: &[(&str, Value)]) -> Schema {
    let (schema, problems) = parse(files);
    schema.unwrap_or_else(|| panic!("{problems:?}"))
}

/// What the validator says when it is given nothing but the schema's own document.
fn judge(schema: &Schema, message: &Value) -> bool {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft7);
    options.build(&schema.document.to_json()).unwrap().is_valid(message)
}

#[test]
fn other_files_are_part_of_the_document() {
    let main = json!({"type": "object", "properties": {
        "buyer": {"$ref": "people/person.json"},
        "price": {"$ref": "money.json#/definitions/price"}
    }});
    let person = json!({"$id": "https://example.com/person", "type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "friend": {"$ref": "#"}, "owes": {"$ref": "../money.json#/definitions/price"}
    }});
    let money = json!({"definitions": {"price": {"type": "number", "minimum": 0}}});
    let schema = schema(&[("main.json", main), ("people/person.json", person), ("money.json", money)]);
    assert!(judge(&schema, &json!({"buyer": {"name": "A", "friend": {"name": "B", "owes": 1}}, "price": 2})));
    for wrong in
        [json!({"buyer": {}}), json!({"price": -1}), json!({"buyer": {"name": "A", "friend": {"name": "B", "owes": -1}}})]
    {
        assert!(!judge(&schema, &wrong), "{wrong}");
    }
    let buyer = schema.get(schema.root().properties[0].schema);
    let person = schema.get(buyer.reference.unwrap());
    assert_eq!(person.required[0].0, "name");
    let friend = schema.get(person.properties[1].schema);
    assert_eq!(schema.get(friend.reference.unwrap()).pointer, person.pointer, "the circle is closed");
}

#[test]
fn references_count_from_the_document_around_the_schema() {
    let around = json!({"components": {"schemas": {"Id": {"type": "string", "minLength": 2}}}});
    let main = json!({"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Id"}}});
    let schema = schema(&[("main.json", main), ("", around)]);
    assert!(judge(&schema, &json!({"id": "ab"})) && !judge(&schema, &json!({"id": "a"})));
}

#[test]
fn anchors_and_ids_are_found_in_the_document() {
    let main = json!({
        "$id": "https://example.com/root.json", "type": "object",
        "properties": {"a": {"$ref": "#there"}, "b": {"$ref": "item.json"}, "c": {"$ref": "#/definitions/a~1b%25"}},
        "definitions": {"x": {"$anchor": "there", "type": "integer"}, "y": {"$id": "item.json", "type": "boolean"}, "a/b%": {"type": "null"}}
    });
    let schema = schema(&[("main.json", main)]);
    let types: Vec<JsonType> =
        schema.root().properties.iter().map(|p| schema.get(schema.get(p.schema).reference.unwrap()).types[0]).collect();
    assert_eq!(types, [JsonType::Integer, JsonType::Boolean, JsonType::Null]);
}

#[test]
fn boolean_schemas_and_tuples_are_read() {
    let tuple = json!({"items": [{"type": "string"}, true], "additionalItems": false});
    let root = schema(&[("main.json", tuple)]);
    let items = root.root().items.clone().unwrap();
    assert_eq!(items.prefix.len(), 2);
    assert_eq!(root.get(items.rest.unwrap()).boolean, Some(false));
    let newer =
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "prefixItems": [true], "items": {"type": "null"}});
    let root = schema(&[("main.json", newer)]);
    let items = root.root().items.clone().unwrap();
    assert_eq!((items.prefix.len(), root.get(items.rest.unwrap()).types.len()), (1, 1));
    assert_eq!(schema(&[("main.json", json!(false))]).root().boolean, Some(false));
}

#[test]
fn schemas_nested_too_deep_are_refused() {
    let mut deep = json!({"type": "string"});
    for _ in 0..70 {
        deep = json!({"not": deep});
    }
    let (_, problems) = parse(&[("main.json", deep)]);
    assert!(problems.iter().any(|p| p.id == "json-schema/too-deep"), "{problems:?}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for case in cases("parse/json-schema-errors") {
        let mut sources = Sources::new();
        let text = std::fs::read_to_string(case.join("schema.json")).unwrap();
        let node = node(&mut sources, "schema.json", &text);
        let (schema, mut found) = json_schema::parse(&node, &mut |_| None);
        assert!(schema.is_none() && diagnostic::has_errors(&found), "{} is accepted", case.display());
        diagnostic::sort(&mut found, &sources);
        let options = Options { verdict: "invalid", color: false, explained: |_| false };
        expect_text(&case.join("expected.txt"), &text::render(&found, &sources, &options));
    }
}
