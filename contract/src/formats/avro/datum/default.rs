//! The default of a field as a value.

use super::{DatumError, MAX_VALUE_DEPTH, Result, Value};
use crate::formats::avro::java_json::{Number, parse_number};
use crate::formats::avro::parse::java_double;
use crate::formats::avro::{Field, Kind, Schema, TypeId};
use crate::yaml::{Node, Value as Json};

/// How many values one default may make: records fill in their own defaults, which may multiply.
const MAX_VALUES: usize = 100_000;

/// Turns a default into a value of its type. For a union, the first branch that takes it.
pub fn default_value(schema: &Schema, ty: TypeId, node: &Node) -> Result<Value> {
    counted(schema, ty, node).map(|(value, _)| value)
}

/// The same, and of how many values it is made.
pub(super) fn counted(schema: &Schema, ty: TypeId, node: &Node) -> Result<(Value, usize)> {
    let mut maker = Maker { schema, values: 0 };
    let value = maker.value(ty, node, 0)?;
    Ok((value, maker.values))
}

struct Maker<'s> {
    schema: &'s Schema,
    values: usize,
}

impl Maker<'_> {
    fn value(&mut self, ty: TypeId, node: &Node, depth: usize) -> Result<Value> {
        self.values += 1;
        if depth > MAX_VALUE_DEPTH || self.values > MAX_VALUES {
            return Err(DatumError::new("the default is too large, or contains itself"));
        }
        let kind = &self.schema.get(ty).kind;
        let value = match kind {
            Kind::Null => matches!(node.value, Json::Null).then_some(Value::Null),
            Kind::Boolean => node.as_bool().map(Value::Boolean),
            Kind::Int => whole(node).and_then(|n| i32::try_from(n).ok()).map(Value::Int),
            Kind::Long => whole(node).and_then(|n| i64::try_from(n).ok()).map(Value::Long),
            #[allow(clippy::cast_possible_truncation)] // rounding to a float is what a float default means
            Kind::Float => real(node).map(|n| Value::Float(n as f32)),
            Kind::Double => real(node).map(Value::Double),
            Kind::Bytes => bytes(node).map(Value::Bytes),
            Kind::String => node.as_str().map(|s| Value::String(s.to_owned())),
            Kind::Fixed(fixed) => bytes(node).filter(|b| b.len() == fixed.size).map(Value::Fixed),
            Kind::Enum(e) => {
                let symbol = node.as_str().and_then(|text| e.symbols.iter().position(|s| s.name == text));
                symbol.map(Value::Enum)
            }
            Kind::Array(items) => match node.as_sequence() {
                Some(list) => {
                    let values: Result<_> = list.iter().map(|item| self.value(*items, item, depth + 1)).collect();
                    Some(Value::Array(values?))
                }
                None => None,
            },
            Kind::Map(inner) => match node.as_mapping() {
                Some(map) => {
                    let entry = |e: &crate::yaml::Entry| Ok((e.key.clone(), self.value(*inner, &e.value, depth + 1)?));
                    let entries: Result<_> = map.entries.iter().map(entry).collect();
                    Some(Value::Map(entries?))
                }
                None => None,
            },
            Kind::Record(record) => return self.record(&record.fields, node, depth),
            Kind::Union(branches) => {
                let fits = |(i, branch): (usize, &TypeId)| Some((i, self.value(*branch, node, depth + 1).ok()?));
                branches.iter().enumerate().find_map(fits).map(|(i, value)| Value::Union(i, Box::new(value)))
            }
        };
        value.ok_or_else(|| DatumError::new(format!("the default is {}, which is not {}", node.kind(), kind.name())))
    }

    fn record(&mut self, fields: &[Field], node: &Node, depth: usize) -> Result<Value> {
        let Some(map) = node.as_mapping() else {
            return Err(DatumError::new(format!("the default is {}, which is not record", node.kind())));
        };
        let mut values = Vec::with_capacity(fields.len());
        for field in fields {
            let Some(node) = map.get(&field.name).or(field.default.as_ref()) else {
                return Err(DatumError::new(format!("the default lacks the field '{}'", field.name)));
            };
            values.push(self.value(field.ty, node, depth + 1).map_err(|e| e.in_field(&field.name))?);
        }
        Ok(Value::Record(values))
    }
}

fn whole(node: &Node) -> Option<i128> {
    let Json::Number(text) = &node.value else { return None };
    if let Number::Whole(n) = parse_number(text) { Some(n) } else { None }
}

#[allow(clippy::cast_precision_loss)] // rounding to the nearest double is what the default means
fn real(node: &Node) -> Option<f64> {
    match &node.value {
        Json::String(text) => java_double(text),
        Json::Number(text) => Some(match parse_number(text) {
            Number::Whole(n) => n as f64,
            Number::Digits(digits) => digits.parse().ok()?,
            Number::Real(f) => f,
        }),
        _ => None,
    }
}

/// Each character stands for one byte.
fn bytes(node: &Node) -> Option<Vec<u8>> {
    node.as_str()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}
