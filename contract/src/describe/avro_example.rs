//! An example of an Avro schema: a value that its encoder takes, as the JSON encoding of the specification.

use super::{MAX_VALUES, sample};
use crate::formats::avro::datum::{self, Value};
use crate::formats::avro::{Field, Kind, Logical, Schema, TypeId};

pub(super) fn example(schema: &Schema) -> Option<serde_json::Value> {
    let mut maker = Maker { schema, values: 0, open: Vec::new() };
    let value = maker.value(schema.root, "")?;
    Some(datum::to_json(schema, &value))
}

struct Maker<'s> {
    schema: &'s Schema,
    values: usize,
    /// The types that the value in hand is inside of.
    open: Vec<TypeId>,
}

impl Maker<'_> {
    /// `None` when the type contains itself without an end, or the example gets too big.
    fn value(&mut self, id: TypeId, name: &str) -> Option<Value> {
        self.values += 1;
        if self.values > MAX_VALUES || self.open.len() > datum::MAX_VALUE_DEPTH / 2 {
            return None;
        }
        let ty = self.schema.get(id);
        if let Some(value) = ty.logical.as_ref().and_then(|logical| logical_value(logical, &ty.kind)) {
            return Some(value);
        }
        Some(match &ty.kind {
            Kind::Null => Value::Null,
            Kind::Boolean => Value::Boolean(true),
            Kind::Int => Value::Int(1),
            Kind::Long => Value::Long(1),
            Kind::Float => Value::Float(1.5),
            Kind::Double => Value::Double(1.5),
            Kind::Bytes => Value::Bytes(b"bytes".to_vec()),
            Kind::String => Value::String(if name.is_empty() { sample::TEXT.to_owned() } else { name.to_owned() }),
            Kind::Fixed(fixed) => Value::Fixed((0..=255).cycle().take(fixed.size).map(|b: u8| b % 64 + 32).collect()),
            Kind::Enum(found) => {
                // The symbol that stands for "unknown" says least.
                let fallback = found.default.as_ref().map(|symbol| symbol.name.as_str());
                let better = found.symbols.iter().position(|symbol| Some(symbol.name.as_str()) != fallback);
                Value::Enum(better.unwrap_or(0))
            }
            Kind::Record(_) | Kind::Array(_) | Kind::Map(_) | Kind::Union(_) => {
                if self.open.contains(&id) {
                    return self.end(id);
                }
                self.open.push(id);
                let value = self.parts(id, name);
                self.open.pop();
                value?
            }
        })
    }

    /// The shortest value of a type that the walk is inside of already.
    fn end(&self, id: TypeId) -> Option<Value> {
        match &self.schema.get(id).kind {
            Kind::Array(_) => Some(Value::Array(Vec::new())),
            Kind::Map(_) => Some(Value::Map(Vec::new())),
            Kind::Union(branches) => {
                let null = branches.iter().position(|b| matches!(self.schema.get(*b).kind, Kind::Null))?;
                Some(Value::Union(null, Box::new(Value::Null)))
            }
            _ => None,
        }
    }

    fn parts(&mut self, id: TypeId, name: &str) -> Option<Value> {
        let schema = self.schema;
        match &schema.get(id).kind {
            Kind::Record(record) => {
                let fields: Option<Vec<Value>> = record.fields.iter().map(|field| self.field(field)).collect();
                fields.map(Value::Record)
            }
            Kind::Array(items) => Some(Value::Array(self.value(*items, name).into_iter().collect())),
            Kind::Map(values) => {
                let entry = self.value(*values, name).map(|value| ("key".to_owned(), value));
                Some(Value::Map(entry.into_iter().collect()))
            }
            Kind::Union(branches) => {
                let null = |branch: &TypeId| matches!(schema.get(*branch).kind, Kind::Null);
                let order = branches
                    .iter()
                    .enumerate()
                    .filter(|(_, b)| !null(b))
                    .chain(branches.iter().enumerate().filter(|(_, b)| null(b)));
                for (n, branch) in order {
                    if let Some(value) = self.value(*branch, name) {
                        return Some(Value::Union(n, Box::new(value)));
                    }
                }
                None
            }
            _ => None,
        }
    }

    /// The default of a field when it tells something, else a made-up value.
    fn field(&mut self, field: &Field) -> Option<Value> {
        let default = field.default.as_ref().and_then(|node| datum::default_value(self.schema, field.ty, node).ok());
        match default {
            Some(value) if !is_empty(&value) => Some(value),
            other => self.value(field.ty, &field.name).or(other),
        }
    }
}

/// Defaults that only say "nothing".
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Union(_, inner) => is_empty(inner),
        _ => false,
    }
}

fn logical_value(logical: &Logical, kind: &Kind) -> Option<Value> {
    let seconds = sample::SECONDS;
    Some(match (logical, kind) {
        (Logical::Uuid, Kind::String) => Value::String(sample::UUID.to_owned()),
        (Logical::Date, _) => Value::Int(sample::DAYS),
        (Logical::TimeMillis, _) => Value::Int(sample::TIME_OF_DAY * 1000),
        (Logical::TimeMicros, _) => Value::Long(i64::from(sample::TIME_OF_DAY) * 1_000_000),
        (Logical::TimestampMillis | Logical::LocalTimestampMillis, _) => Value::Long(seconds * 1000),
        (Logical::TimestampMicros | Logical::LocalTimestampMicros, _) => Value::Long(seconds * 1_000_000),
        (Logical::TimestampNanos | Logical::LocalTimestampNanos, _) => Value::Long(seconds * 1_000_000_000),
        // One unit: 1 × 10^scale, in as many bytes as that takes.
        (Logical::Decimal { scale, .. }, Kind::Bytes) => Value::Bytes(unit(*scale)),
        (Logical::Decimal { scale, .. }, Kind::Fixed(fixed)) => {
            let digits = unit(*scale);
            let mut bytes = vec![0; fixed.size.checked_sub(digits.len())?];
            bytes.extend(digits);
            Value::Fixed(bytes)
        }
        _ => return None,
    })
}

/// 10^scale as a big-endian two's complement; 1 when that needs more than 128 bits.
fn unit(scale: u32) -> Vec<u8> {
    let bytes = 10_i128.checked_pow(scale).unwrap_or(1).to_be_bytes();
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    // One zero stays when the next bit would read as a sign.
    let keep = bytes.get(zeros).map_or(bytes.len() - 1, |first| if *first >= 0x80 { zeros - 1 } else { zeros });
    bytes.get(keep..).unwrap_or(&[0]).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::avro;
    use crate::source::Sources;

    #[test]
    fn the_value_is_one_that_the_encoder_takes() {
        let text = r#"{"type":"record","name":"R","fields":[
            {"name":"d","type":{"type":"bytes","logicalType":"decimal","precision":30,"scale":21}},
            {"name":"f","type":{"type":"fixed","name":"F","size":9,"logicalType":"decimal","precision":20,"scale":3}},
            {"name":"u","type":["null",{"type":"enum","name":"E","symbols":["UNKNOWN","A"],"default":"UNKNOWN"}],"default":null},
            {"name":"next","type":["null","R"]},
            {"name":"m","type":{"type":"map","values":["int","string"]},"default":{}}]}"#;
        let mut sources = Sources::new();
        let file = sources.add("a.avsc", text);
        let node = crate::yaml::parse(&sources, file).0.unwrap();
        let schema = avro::parse(&node, &mut |_| None, true).0.unwrap();
        let value = Maker { schema: &schema, values: 0, open: Vec::new() }.value(schema.root, "").unwrap();
        let bytes = datum::encode(&schema, &value).unwrap();
        assert_eq!(datum::decode(&schema, &bytes).unwrap(), value);
        let json = example(&schema).unwrap();
        assert_eq!(json["u"], serde_json::json!({"E": "A"}));
        assert_eq!(json["m"], serde_json::json!({"key": {"int": 1}}));
        assert_eq!(json["next"], serde_json::Value::Null);
    }

    #[test]
    fn units() {
        assert_eq!(super::unit(0), [1]);
        assert_eq!(super::unit(2), [100]);
        assert_eq!(super::unit(3), [3, 232]);
        // 10^9 starts with 0x3b, 10^19 with 0x8a.
        assert_eq!(super::unit(9), [0x3b, 0x9a, 0xca, 0x00]);
        assert_eq!(super::unit(19)[..2], [0x00, 0x8a]);
    }
}
