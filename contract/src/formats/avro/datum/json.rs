//! The JSON encoding of the specification: a union's value stands in an object with the name of its branch, bytes are text.

use serde_json::{Map, Value as Json};

use super::Value;
use crate::formats::avro::{Kind, Schema, TypeId};

/// The JSON encoding of a value of this schema. A part that does not fit the schema becomes `null`; numbers that JSON does not
/// have (`NaN`, infinities) become texts.
pub fn to_json(schema: &Schema, value: &Value) -> Json {
    json(schema, schema.root, value)
}

fn json(schema: &Schema, id: TypeId, value: &Value) -> Json {
    match (&schema.get(id).kind, value) {
        (_, Value::Boolean(b)) => Json::Bool(*b),
        (_, Value::Int(n)) => Json::from(*n),
        (_, Value::Long(n)) => Json::from(*n),
        // The digits of a float as they are, not those of the double next to it.
        (_, Value::Float(n)) => number(n.to_string().parse().unwrap_or(f64::from(*n))),
        (_, Value::Double(n)) => number(*n),
        (_, Value::Bytes(bytes) | Value::Fixed(bytes)) => Json::String(bytes.iter().map(|b| char::from(*b)).collect()),
        (_, Value::String(text)) => Json::String(text.clone()),
        (Kind::Record(record), Value::Record(values)) => {
            let fields = record.fields.iter().zip(values);
            Json::Object(fields.map(|(f, v)| (f.name.clone(), json(schema, f.ty, v))).collect())
        }
        (Kind::Enum(e), Value::Enum(symbol)) => e.symbols.get(*symbol).map_or(Json::Null, |s| Json::String(s.name.clone())),
        (Kind::Array(items), Value::Array(values)) => Json::Array(values.iter().map(|v| json(schema, *items, v)).collect()),
        (Kind::Map(inner), Value::Map(entries)) => {
            Json::Object(entries.iter().map(|(k, v)| (k.clone(), json(schema, *inner, v))).collect())
        }
        (Kind::Union(branches), Value::Union(index, inner)) => match (branches.get(*index), &**inner) {
            (None, _) | (_, Value::Null) => Json::Null,
            (Some(branch), inner) => {
                let mut object = Map::new();
                object.insert(schema.get(*branch).branch_name(), json(schema, *branch, inner));
                Json::Object(object)
            }
        },
        _ => Json::Null,
    }
}

fn number(n: f64) -> Json {
    serde_json::Number::from_f64(n).map_or_else(|| Json::String(crate::formats::avro::java_json::double(n)), Json::Number)
}
