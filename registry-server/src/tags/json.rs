//! Entities of a JSON Schema: `object` is the schema of an object, `object.a` its property `a`; `array`, `oneof.0` and the like
//! lead to schemas inside.

use eventpact_registry_client::wire::EntityType;
use serde_json::{Map, Value};

use super::{MAX_DEPTH, See};

/// Shows every object and every property with its path. `in_field`: the node was shown already, as a property.
pub(super) fn visit(node: &mut Value, scope: &str, in_field: bool, depth: usize, see: &mut See<'_>) {
    let Value::Object(node) = node else { return };
    if depth > MAX_DEPTH {
        return;
    }
    for (word, key) in [("allof", "allOf"), ("anyof", "anyOf"), ("oneof", "oneOf")] {
        for (index, branch) in node.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            visit(branch, &format!("{scope}{word}.{index}."), false, depth + 1, see);
        }
    }
    for key in ["if", "then", "else"] {
        if let Some(inner) = node.get_mut(key) {
            visit(inner, &format!("{scope}conditional.{key}."), false, depth + 1, see);
        }
    }
    for (key, word) in [("not", "not"), ("items", "array")] {
        if let Some(inner) = node.get_mut(key) {
            visit(inner, &format!("{scope}{word}."), false, depth + 1, see);
        }
    }
    if is_object(node) {
        object(node, scope, in_field, depth, see);
    }
}

fn is_object(node: &Map<String, Value>) -> bool {
    let named = |ty: &Value| match ty {
        Value::Array(types) => types.iter().any(|ty| ty == "object"),
        ty => ty == "object",
    };
    node.get("type").map_or_else(|| node.contains_key("properties"), named)
}

fn object(node: &mut Map<String, Value>, scope: &str, in_field: bool, depth: usize, see: &mut See<'_>) {
    let path = format!("{scope}object");
    if !in_field {
        see(&path, EntityType::Record, node);
    }
    for (name, property) in node.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        let path = format!("{path}.{name}");
        if let Value::Object(property) = property {
            see(&path, EntityType::Field, property);
        }
        visit(property, &format!("{path}."), true, depth + 1, see);
    }
    for key in ["definitions", "$defs"] {
        for (name, inner) in node.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
            visit(inner, &format!("{path}.{key}.{name}."), false, depth + 1, see);
        }
    }
}
