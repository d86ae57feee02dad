//! A value to bytes, with its schema.

use super::wire::{write_bytes, write_long};
use super::{DatumError, MAX_VALUE_DEPTH, Result, Value};
use crate::formats::avro::{Kind, Schema, TypeId};

/// Encodes a value with the schema it was made for. Errors say where value and schema differ.
pub fn encode(schema: &Schema, value: &Value) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    write(schema, schema.root, value, &mut out, 0)?;
    Ok(out)
}

fn write(schema: &Schema, id: TypeId, value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<()> {
    if depth > MAX_VALUE_DEPTH {
        return Err(DatumError::new(format!("values are nested deeper than {MAX_VALUE_DEPTH} levels")));
    }
    let kind = &schema.get(id).kind;
    match (kind, value) {
        (Kind::Null, Value::Null) => {}
        (Kind::Boolean, Value::Boolean(b)) => out.push(u8::from(*b)),
        (Kind::Int, Value::Int(n)) => write_long(out, i64::from(*n)),
        (Kind::Long, Value::Long(n)) => write_long(out, *n),
        (Kind::Float, Value::Float(n)) => out.extend_from_slice(&n.to_le_bytes()),
        (Kind::Double, Value::Double(n)) => out.extend_from_slice(&n.to_le_bytes()),
        (Kind::Bytes, Value::Bytes(bytes)) => write_bytes(out, bytes),
        (Kind::String, Value::String(text)) => write_bytes(out, text.as_bytes()),
        (Kind::Fixed(fixed), Value::Fixed(bytes)) if bytes.len() == fixed.size => out.extend_from_slice(bytes),
        (Kind::Enum(e), Value::Enum(symbol)) if *symbol < e.symbols.len() => write_index(out, *symbol),
        (Kind::Record(record), Value::Record(values)) if values.len() == record.fields.len() => {
            for (field, value) in record.fields.iter().zip(values) {
                write(schema, field.ty, value, out, depth + 1).map_err(|e| e.in_field(&field.name))?;
            }
        }
        (Kind::Array(items), Value::Array(values)) => {
            if !values.is_empty() {
                write_index(out, values.len());
            }
            for (i, value) in values.iter().enumerate() {
                write(schema, *items, value, out, depth + 1).map_err(|e| e.in_item(i))?;
            }
            out.push(0);
        }
        (Kind::Map(inner), Value::Map(entries)) => {
            if !entries.is_empty() {
                write_index(out, entries.len());
            }
            for (key, value) in entries {
                write_bytes(out, key.as_bytes());
                write(schema, *inner, value, out, depth + 1).map_err(|e| e.in_item(format_args!("{key:?}")))?;
            }
            out.push(0);
        }
        (Kind::Union(branches), Value::Union(index, value)) => {
            let Some(branch) = branches.get(*index) else {
                return Err(DatumError::new(format!("the union has no branch {index}")));
            };
            write_index(out, *index);
            write(schema, *branch, value, out, depth + 1)?;
        }
        (kind, value) => {
            return Err(DatumError::new(format!("a value of {} cannot be written as {}", value.name(), kind.name())));
        }
    }
    Ok(())
}

fn write_index(out: &mut Vec<u8>, index: usize) {
    write_long(out, i64::try_from(index).unwrap_or(i64::MAX));
}
