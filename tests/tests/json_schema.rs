//! The JSON Schema reader: references across files and in circles, the document that a validator gets, and mistakes with their
//! places (`tests/parse/json-schema-errors`).

#![allow(clippy::unwrap_used)] // a test may panic

use std::collections::BTreeMap;

use eventpact_contract::diagnostic::{self, Diagnostic, Options, text};
use eventpact_contract::formats::json_schema::{self, Dependency, Dialect, JsonType, Schema};
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

/// Each subschema that was read: its place, what it refers to, and the schemas in it.
fn outline(schema: &Schema) -> String {
    let at = |id: &json_schema::SchemaId| format!("'{}'", schema.get(*id).pointer);
    let mut lines = vec![schema.dialect.as_str().to_owned()];
    for sub in &schema.subs {
        let types: Vec<&str> = sub.types.iter().map(|t| t.as_str()).collect();
        let what = sub.boolean.map_or(types.join("|"), |b| b.to_string());
        lines.push(format!("'{}' {what}", sub.pointer).trim_end().to_owned());
        let items =
            sub.items.iter().flat_map(|i| i.prefix.iter().map(|id| ("prefix", *id)).chain(i.rest.map(|id| ("items", id))));
        let single = [
            ("$ref", sub.reference),
            ("dynamic", sub.dynamic_reference),
            ("additionalProperties", sub.additional_properties.map(|a| a.schema)),
            ("unevaluatedProperties", sub.unevaluated_properties),
            ("unevaluatedItems", sub.unevaluated_items),
            ("contains", sub.contains),
            ("propertyNames", sub.property_names),
            ("contentSchema", sub.content_schema),
            ("if", sub.conditional.map(|c| c.test)),
            ("then", sub.conditional.and_then(|c| c.then)),
            ("else", sub.conditional.and_then(|c| c.otherwise)),
        ];
        let single = single.into_iter().filter_map(|(name, id)| Some((name, id?)));
        lines.extend(single.chain(items).map(|(name, id)| format!("  {name} → {}", at(&id))));
        lines.extend(sub.dependencies.iter().map(|(name, needs)| match needs {
            Dependency::Required(names) => format!("  {name} needs {}", names.join(", ")),
            Dependency::Schema(id) => format!("  {name} needs {}", at(id)),
        }));
    }
    format!("{}\n{:#}\n", lines.join("\n"), schema.document.to_json())
}

#[test]
fn every_draft_is_read_into_one_tree() {
    for case in cases("parse/json-schema") {
        let mut sources = Sources::new();
        let files = std::fs::read_dir(&case).unwrap().map(|f| f.unwrap().path()).filter(|p| p.extension().unwrap() == "json");
        let texts: BTreeMap<String, String> =
            files.map(|p| (p.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(p).unwrap())).collect();
        let nodes: BTreeMap<&str, Node> = texts.iter().map(|(n, text)| (n.as_str(), node(&mut sources, n, text))).collect();
        let dialect = if case.ends_with("openapi") { Dialect::OpenApi30 } else { Dialect::Draft07 };
        let (schema, mut found) =
            json_schema::parse_as(nodes["schema.json"].clone(), dialect, &mut |path| nodes.get(path).cloned());
        diagnostic::sort(&mut found, &sources);
        let options = Options { verdict: "valid", color: false, explained: |_| false };
        let actual = format!("{}\n{}", outline(&schema.unwrap()), text::render(&found, &sources, &options));
        expect_text(&case.join("expected.txt"), &actual);
    }
}
