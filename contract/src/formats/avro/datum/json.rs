//! The JSON encoding of the specification: a union's value stands in an object with the name of its branch, bytes are text.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::{DatumError, MAX_VALUE_DEPTH, Result, Value};
use crate::formats::avro::{Kind, Schema, TypeId};

/// The JSON encoding of a value of this schema. A part that does not fit the schema becomes `null`; numbers that JSON does not
/// have (`NaN`, infinities) become texts.
pub fn to_json(schema: &Schema, value: &Value) -> Json {
    json(schema, schema.root, value)
}

/// The text of [`to_json`], written without a tree of it.
pub fn json_text(schema: &Schema, value: &Value) -> String {
    let mut out = String::new();
    write(schema, schema.root, value, &mut out);
    out
}

fn write(schema: &Schema, id: TypeId, value: &Value, out: &mut String) {
    match (&schema.get(id).kind, value) {
        (_, Value::Boolean(b)) => out.push_str(if *b { "true" } else { "false" }),
        (_, Value::Int(n)) => write!(out, "{n}").unwrap_or_default(),
        (_, Value::Long(n)) => write!(out, "{n}").unwrap_or_default(),
        (_, Value::String(text)) => write_text(text, out),
        (_, Value::Bytes(bytes) | Value::Fixed(bytes)) => {
            write_text(&bytes.iter().map(|b| char::from(*b)).collect::<String>(), out);
        }
        (Kind::Record(record), Value::Record(values)) => {
            out.push('{');
            for (n, (field, value)) in record.fields.iter().zip(values).enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                write_text(&field.name, out);
                out.push(':');
                write(schema, field.ty, value, out);
            }
            out.push('}');
        }
        (Kind::Enum(e), Value::Enum(symbol)) => match e.symbols.get(*symbol) {
            Some(symbol) => write_text(&symbol.name, out),
            None => out.push_str("null"),
        },
        (Kind::Array(items), Value::Array(values)) => {
            out.push('[');
            for (n, value) in values.iter().enumerate() {
                out.push_str(if n > 0 { "," } else { "" });
                write(schema, *items, value, out);
            }
            out.push(']');
        }
        (Kind::Union(branches), Value::Union(index, inner)) => match (branches.get(*index), &**inner) {
            (None, _) | (_, Value::Null) => out.push_str("null"),
            (Some(branch), inner) => {
                out.push('{');
                write_text(&schema.get(*branch).branch_name(), out);
                out.push(':');
                write(schema, *branch, inner, out);
                out.push('}');
            }
        },
        (Kind::Map(_), Value::Map(entries)) if entries.is_empty() => out.push_str("{}"),
        // Floats; and maps, whose bytes may hold a key twice.
        _ => write!(out, "{}", json(schema, id, value)).unwrap_or_default(),
    }
}

fn write_text(text: &str, out: &mut String) {
    if text.bytes().any(|b| b < 0x20 || matches!(b, b'"' | b'\\')) {
        return out.push_str(&Json::from(text).to_string());
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
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
            Json::Object(fields.map(|(f, v)| (f.name.to_string(), json(schema, f.ty, v))).collect())
        }
        (Kind::Enum(e), Value::Enum(symbol)) => e.symbols.get(*symbol).map_or(Json::Null, |s| Json::from(s.name.as_str())),
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

/// Reads the JSON encoding of a value of this schema, the inverse of [`to_json`]. Nothing is filled in: a field that is missing is
/// an error, also when it has a default, and so is one that the record does not have.
pub fn from_json(schema: &Schema, json: &Json) -> Result<Value> {
    value(schema, schema.root, json, 0)
}

fn value(schema: &Schema, id: TypeId, json: &Json, depth: usize) -> Result<Value> {
    if depth > MAX_VALUE_DEPTH {
        return Err(DatumError::new(format!("values are nested deeper than {MAX_VALUE_DEPTH} levels")));
    }
    let kind = &schema.get(id).kind;
    let found = match (kind, json) {
        (Kind::Null, Json::Null) => Some(Value::Null),
        (Kind::Boolean, Json::Bool(b)) => Some(Value::Boolean(*b)),
        (Kind::Int, _) => json.as_i64().and_then(|n| i32::try_from(n).ok()).map(Value::Int),
        (Kind::Long, _) => json.as_i64().map(Value::Long),
        #[allow(clippy::cast_possible_truncation)] // a float that was written comes back as it was
        (Kind::Float, _) => real(json).map(|n| Value::Float(n as f32)),
        (Kind::Double, _) => real(json).map(Value::Double),
        (Kind::String, Json::String(text)) => Some(Value::String(text.clone())),
        (Kind::Bytes, Json::String(text)) => latin(text).map(Value::Bytes),
        (Kind::Fixed(fixed), Json::String(text)) => latin(text).filter(|b| b.len() == fixed.size).map(Value::Fixed),
        (Kind::Enum(e), Json::String(text)) => e.symbols.iter().position(|s| s.name == *text).map(Value::Enum),
        (Kind::Array(items), Json::Array(list)) => {
            let item = |(i, item)| value(schema, *items, item, depth + 1).map_err(|e| e.in_item(i));
            Some(Value::Array(list.iter().enumerate().map(item).collect::<Result<_>>()?))
        }
        (Kind::Map(inner), Json::Object(object)) => {
            let entry = |(key, json): (&String, &Json)| {
                let value = value(schema, *inner, json, depth + 1).map_err(|e| e.in_item(format_args!("{key:?}")))?;
                Ok((key.clone(), value))
            };
            Some(Value::Map(object.iter().map(entry).collect::<Result<_>>()?))
        }
        (Kind::Record(record), Json::Object(object)) => {
            let field = |field: &crate::formats::avro::Field| {
                let json = object
                    .get(field.name.as_str())
                    .ok_or_else(|| DatumError::new(format!("the field '{}' is missing", field.name)));
                value(schema, field.ty, json?, depth + 1).map_err(|e| e.in_field(&field.name))
            };
            let values: Vec<Value> = record.fields.iter().map(field).collect::<Result<_>>()?;
            if values.len() < object.len() {
                return Err(DatumError::new(format!("there are fields that {} does not have", record.named.name.full())));
            }
            Some(Value::Record(values))
        }
        (Kind::Union(branches), _) => return branch(schema, branches, json, depth),
        _ => None,
    };
    found.ok_or_else(|| DatumError::new(format!("{} is not {}", brief(json), kind.name())))
}

/// A union's value: `null`, or an object with the name of the branch as its only key.
fn branch(schema: &Schema, branches: &[TypeId], json: &Json, depth: usize) -> Result<Value> {
    let (name, inner) = match json {
        Json::Null => ("null", json),
        Json::Object(object) if object.len() == 1 => {
            object.iter().next().map_or(("", json), |(name, inner)| (name.as_str(), inner))
        }
        _ => ("", json),
    };
    let found = branches.iter().enumerate().find(|(_, b)| schema.get(**b).branch_name() == name);
    let Some((index, branch)) = found else {
        let text = format!("{} names no branch of the union; a value stands in an object: {{\"int\": 1}}", brief(json));
        return Err(DatumError::new(text));
    };
    Ok(Value::Union(index, Box::new(value(schema, *branch, inner, depth + 1)?)))
}

fn real(json: &Json) -> Option<f64> {
    match json.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => json.as_f64(),
    }
}

/// Each character stands for one byte.
fn latin(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

fn brief(json: &Json) -> String {
    let text = json.to_string();
    let cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::avro::parse_clean;
    use crate::source::Sources;

    #[test]
    fn the_text_is_that_of_the_tree() {
        let text = r#"{"type":"record","name":"a.R","fields":[
            {"name":"n","type":"null"}, {"name":"b","type":"boolean"}, {"name":"i","type":"int"}, {"name":"f","type":"float"},
            {"name":"d","type":"double"}, {"name":"y","type":"bytes"}, {"name":"s","type":"string"},
            {"name":"e","type":{"type":"enum","name":"E","symbols":["A","B"]}},
            {"name":"x","type":{"type":"fixed","name":"X","size":2}},
            {"name":"l","type":{"type":"array","items":["null","E","string"]}},
            {"name":"m","type":{"type":"map","values":"long"}}]}"#;
        let mut sources = Sources::new();
        let file = sources.add("a.avsc", text);
        let schema = parse_clean(&sources, file).expect("a schema");
        let union = |n, inner| Value::Union(n, Box::new(inner));
        let strange = "a\"b\\c\u{1}\n\u{7f}é😀";
        for text in ["plain", strange, ""] {
            for real in [1.5, 0.1, -0.0, f64::NAN, 1e300, 3.0] {
                let value = Value::Record(vec![
                    Value::Null,
                    Value::Boolean(true),
                    Value::Int(-7),
                    Value::Float(0.1),
                    Value::Double(real),
                    Value::Bytes(vec![0, 34, 92, 200]),
                    Value::String(text.to_owned()),
                    Value::Enum(1),
                    Value::Fixed(vec![1, 255]),
                    Value::Array(vec![union(0, Value::Null), union(1, Value::Enum(0)), union(2, Value::String(text.to_owned()))]),
                    Value::Map(vec![("k".to_owned(), Value::Long(1)), ("k".to_owned(), Value::Long(2))]),
                ]);
                assert_eq!(json_text(&schema, &value), to_json(&schema, &value).to_string());
                assert_eq!(json_text(&schema, &Value::Null), "null");
            }
        }
    }
}
