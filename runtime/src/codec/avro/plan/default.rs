//! The default of a field as the bytes of its type.

use serde_json::Value as Json;

use super::schema::{Id, Model, Type};
use crate::codec::avro::wire;

/// How many bytes one default may have.
const MAX_BYTES: usize = 1024 * 1024;
/// How many values one default may be made of: records fill in their own defaults, which may multiply.
const MAX_VALUES: usize = 100_000;
/// How deep a default may nest.
const MAX_DEPTH: usize = 64;

/// Encodes a default; of a union, as the first branch that it fits.
pub(super) fn encode(model: &Model, ty: Id, json: &Json) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    Encoder { model, values: 0 }.value(ty, json, &mut out, 0)?;
    Ok(out)
}

struct Encoder<'m> {
    model: &'m Model,
    values: usize,
}

impl Encoder<'_> {
    fn value(&mut self, ty: Id, json: &Json, out: &mut Vec<u8>, depth: usize) -> Result<(), String> {
        self.values += 1;
        if depth > MAX_DEPTH || self.values > MAX_VALUES || out.len() > MAX_BYTES {
            return Err("it is too large, or contains itself".to_owned());
        }
        let ty = self.model.get(ty);
        let misfit = || format!("it is not {}", ty.shown());
        match ty {
            Type::Null => json.as_null().ok_or_else(misfit)?,
            Type::Boolean => wire::write_boolean(out, json.as_bool().ok_or_else(misfit)?),
            Type::Int => wire::write_int(out, json.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or_else(misfit)?),
            Type::Long => wire::write_long(out, json.as_i64().ok_or_else(misfit)?),
            #[allow(clippy::cast_possible_truncation)] // rounding to a float is what a float default means
            Type::Float => wire::write_float(out, real(json).ok_or_else(misfit)? as f32),
            Type::Double => wire::write_double(out, real(json).ok_or_else(misfit)?),
            Type::String => wire::write_string(out, json.as_str().ok_or_else(misfit)?),
            Type::Bytes => wire::write_bytes(out, &latin(json).ok_or_else(misfit)?),
            Type::Fixed(_, size) => {
                let bytes = latin(json).filter(|b| b.len() == *size).ok_or_else(misfit)?;
                out.extend_from_slice(&bytes);
            }
            Type::Enum(_, e) => {
                let symbol = json.as_str().and_then(|text| e.symbols.iter().position(|s| s == text));
                wire::write_length(out, symbol.ok_or_else(misfit)?);
            }
            Type::Array(items) => {
                let list = json.as_array().ok_or_else(misfit)?;
                if !list.is_empty() {
                    wire::write_length(out, list.len());
                }
                for item in list {
                    self.value(*items, item, out, depth + 1)?;
                }
                out.push(0);
            }
            Type::Map(values) => {
                let object = json.as_object().ok_or_else(misfit)?;
                if !object.is_empty() {
                    wire::write_length(out, object.len());
                }
                for (key, value) in object {
                    wire::write_string(out, key);
                    self.value(*values, value, out, depth + 1)?;
                }
                out.push(0);
            }
            Type::Record(_, fields) => {
                let object = json.as_object().ok_or_else(misfit)?;
                for field in fields {
                    let value = object.get(&field.name).or(field.default.as_ref());
                    let value = value.ok_or_else(|| format!("it lacks the field '{}'", field.name))?;
                    self.value(field.ty, value, out, depth + 1)?;
                }
            }
            Type::Union(branches) => {
                let start = out.len();
                for (index, branch) in branches.iter().enumerate() {
                    wire::write_length(out, index);
                    if self.value(*branch, json, out, depth + 1).is_ok() {
                        return Ok(());
                    }
                    out.truncate(start);
                }
                return Err(misfit());
            }
            Type::Wanted(name) => return Err(format!("no type is named '{name}'")),
        }
        Ok(())
    }
}

/// A number; texts stand for what JSON has no number for, and some libraries write numbers as texts.
fn real(json: &Json) -> Option<f64> {
    match json.as_str() {
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        None => json.as_f64(),
    }
}

/// Each character stands for one byte.
fn latin(json: &Json) -> Option<Vec<u8>> {
    json.as_str()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
