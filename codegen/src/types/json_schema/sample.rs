//! A small JSON text that the generated types read, for messages whose contract has no example.

use serde_json::{Map, Value, json};

use super::shape::{ItemKind, Lowered, Shape};

/// How deep samples nest; types that never end have none.
const MAX_DEPTH: usize = 12;

/// A value of the payload.
pub(super) fn payload(lowered: &Lowered) -> Option<Value> {
    value(lowered, &lowered.root, "text", 0)
}

fn value(lowered: &Lowered, shape: &Shape, place: &str, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    Some(match shape {
        Shape::Null => Value::Null,
        Shape::Boolean => json!(true),
        Shape::Integer(_) => json!(1),
        Shape::Number => json!(1.5),
        Shape::Any | Shape::String => json!(place),
        Shape::Array(item) => json!([value(lowered, item, place, depth + 1)?]),
        Shape::Map(_) => Value::Object(Map::new()),
        Shape::Item(index) => item(lowered, *index, depth)?,
        Shape::Nullable(inner) => value(lowered, inner, place, depth + 1).unwrap_or(Value::Null),
        Shape::Boxed(inner) => value(lowered, inner, place, depth + 1)?,
    })
}

fn item(lowered: &Lowered, index: usize, depth: usize) -> Option<Value> {
    match &lowered.item(index).kind {
        ItemKind::Open => None,
        ItemKind::Object { fields, .. } => {
            let mut object = Map::new();
            for field in fields.iter().filter(|f| f.required) {
                object.insert(field.wire_name.clone(), value(lowered, &field.shape, &field.wire_name, depth + 1)?);
            }
            Some(Value::Object(object))
        }
        ItemKind::Enum(symbols) => symbols.first().map(|s| json!(s.wire_name)),
        ItemKind::Union { tag, variants } => variants.iter().find_map(|variant| {
            let mut value = value(lowered, &variant.shape, "text", depth + 1)?;
            if let (Some(tag), Some(name), Value::Object(object)) = (tag, &variant.wire_name, &mut value) {
                object.insert(tag.clone(), json!(name));
            }
            Some(value)
        }),
    }
}
