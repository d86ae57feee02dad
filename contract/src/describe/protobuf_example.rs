//! An example of a Protobuf message in its JSON mapping: every field is set, of a oneof the first one.

use serde_json::{Map, Value as Json, json};

use super::protobuf::{enumeration, message};
use super::{MAX_VALUES, sample};
use crate::formats::protobuf::{Field, FieldType, Label, Message, Scalar, Schema};

pub(super) fn example(schema: &Schema) -> Option<Json> {
    let root = message(schema, &schema.root)?;
    Maker { schema, values: 0, open: Vec::new() }.message(root)
}

struct Maker<'s> {
    schema: &'s Schema,
    values: usize,
    open: Vec<&'s str>,
}

impl<'s> Maker<'s> {
    /// `None` when the message contains itself, or the example gets too big: then whoever holds it leaves the field out.
    fn message(&mut self, message: &'s Message) -> Option<Json> {
        let name = message.element.full_name.as_str();
        if let Some(known) = well_known(name) {
            return Some(known);
        }
        if self.open.contains(&name) || self.open.len() > 60 {
            return None;
        }
        self.open.push(name);
        let mut object = Map::new();
        let mut filled = Vec::new();
        let mut complete = true;
        for field in &message.fields {
            if field.oneof.is_some_and(|oneof| filled.contains(&oneof)) {
                continue;
            }
            match self.field(field) {
                Some(value) => {
                    filled.extend(field.oneof);
                    object.insert(field.json_name.clone(), value);
                }
                None => complete &= field.label != Label::Required,
            }
        }
        self.open.pop();
        complete.then_some(Json::Object(object))
    }

    fn field(&mut self, field: &'s Field) -> Option<Json> {
        let value = self.value(&field.ty, &field.element.name)?;
        let repeated = field.label == Label::Repeated && !matches!(field.ty, FieldType::Map { .. });
        Some(if repeated { Json::Array(vec![value]) } else { value })
    }

    fn value(&mut self, ty: &'s FieldType, name: &str) -> Option<Json> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return None;
        }
        Some(match ty {
            FieldType::Scalar(scalar) => scalar_value(*scalar, name),
            FieldType::Message(name) => return self.message(message(self.schema, name)?),
            FieldType::Enum(name) => {
                let values = &enumeration(self.schema, name)?.values;
                // The first value is the one for "not set" where there are others.
                let value = values.get(1).or_else(|| values.first())?;
                Json::String(value.element.name.clone())
            }
            FieldType::Map { key, value } => {
                let key = match key {
                    Scalar::String => "key",
                    Scalar::Bool => "true",
                    _ => "1",
                };
                json!({ key: self.value(value, name)? })
            }
        })
    }
}

/// Messages with a JSON mapping of their own.
fn well_known(name: &str) -> Option<Json> {
    Some(match name.strip_prefix("google.protobuf.")? {
        "Timestamp" => json!(sample::DATE_TIME),
        "Duration" => json!("1.500s"),
        "FieldMask" => json!("name"),
        "Struct" => json!({ "key": "value" }),
        "Value" | "StringValue" => json!(sample::TEXT),
        "ListValue" => json!([sample::TEXT]),
        "Empty" => json!({}),
        "BoolValue" => json!(true),
        "Int32Value" | "UInt32Value" => json!(1),
        "Int64Value" | "UInt64Value" => json!("1"),
        "FloatValue" | "DoubleValue" => json!(1.5),
        "BytesValue" => json!("Ynl0ZXM="),
        "Any" => json!({ "@type": "type.googleapis.com/google.protobuf.Duration", "value": "1.500s" }),
        _ => return None,
    })
}

fn scalar_value(scalar: Scalar, name: &str) -> Json {
    match scalar {
        Scalar::Double | Scalar::Float => json!(1.5),
        Scalar::Int32 | Scalar::Uint32 | Scalar::Sint32 | Scalar::Fixed32 | Scalar::Sfixed32 => json!(1),
        // 64 bits are texts in the JSON mapping.
        Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64 => json!("1"),
        Scalar::Bool => json!(true),
        Scalar::String => json!(name),
        // Base64 of "bytes".
        Scalar::Bytes => json!("Ynl0ZXM="),
    }
}
