//! The fields of a Protobuf message. A field is required when proto2 says so; all others may be left out.

use super::{Description, Row, Table, join, some_of};
use crate::formats::protobuf::{Enum, Field, FieldType, Label, Message, OptionEntry, Schema};

pub(super) fn describe(schema: &Schema) -> Description {
    let mut walk = Walk { schema, table: Table::default(), open: Vec::new() };
    let root = message(schema, &schema.root);
    if let Some(root) = root {
        walk.message(root, "", 0);
    }
    Description {
        name: Some(schema.root.clone()),
        description: root.and_then(|root| root.element.doc.clone()),
        rows: walk.table.rows,
        cut: walk.table.cut,
    }
}

/// A message by its full name.
pub(super) fn message<'s>(schema: &'s Schema, name: &str) -> Option<&'s Message> {
    let mut open: Vec<&Message> = schema.files.iter().flat_map(|file| &file.messages).collect();
    while let Some(message) = open.pop() {
        if message.element.full_name == name {
            return Some(message);
        }
        open.extend(&message.messages);
    }
    None
}

/// An enum by its full name.
pub(super) fn enumeration<'s>(schema: &'s Schema, name: &str) -> Option<&'s Enum> {
    let mut open: Vec<&Message> = schema.files.iter().flat_map(|file| &file.messages).collect();
    let top = schema.files.iter().flat_map(|file| &file.enums).find(|found| found.element.full_name == name);
    if top.is_some() {
        return top;
    }
    while let Some(message) = open.pop() {
        if let Some(found) = message.enums.iter().find(|found| found.element.full_name == name) {
            return Some(found);
        }
        open.extend(&message.messages);
    }
    None
}

struct Walk<'s> {
    schema: &'s Schema,
    table: Table,
    /// The messages that the walk is inside of.
    open: Vec<&'s str>,
}

impl<'s> Walk<'s> {
    fn message(&mut self, message: &'s Message, path: &str, depth: usize) {
        if self.open.contains(&message.element.full_name.as_str()) {
            return;
        }
        self.open.push(&message.element.full_name);
        for field in &message.fields {
            self.field(message, field, path, depth);
        }
        self.open.pop();
    }

    fn field(&mut self, message: &'s Message, field: &'s Field, path: &str, depth: usize) {
        let schema = self.schema;
        let is_map = matches!(field.ty, FieldType::Map { .. });
        let repeated = field.label == Label::Repeated && !is_map;
        let type_name = type_name(&field.ty);
        let mut constraints = vec![format!("number {}", field.number)];
        if let Some(oneof) = field.oneof.and_then(|n| message.oneofs.get(n)) {
            constraints.push(format!("one of the oneof {}", oneof.element.name));
        }
        if let Some(found) = enum_of(&field.ty).and_then(|name| enumeration(schema, name)) {
            let names: Vec<String> = found.values.iter().map(|value| value.element.name.clone()).collect();
            constraints.push(format!("one of {}", some_of(&names)));
        }
        if option(&field.options, "deprecated") == Some("true") {
            constraints.push("deprecated".to_owned());
        }
        let row = Row {
            path: join(path, &field.element.name),
            depth,
            type_name: if repeated { format!("repeated {type_name}") } else { type_name },
            required: field.label == Label::Required,
            default: option(&field.options, "default").map(str::to_owned),
            description: field.element.doc.clone(),
            constraints,
        };
        let suffix = if repeated {
            "[]"
        } else if is_map {
            "{}"
        } else {
            ""
        };
        let below = format!("{}{suffix}", row.path);
        if !self.table.add(row) {
            return;
        }
        let inner = message_of(&field.ty).filter(|name| !name.starts_with("google.protobuf."));
        if let Some(inner) = inner.and_then(|name| self::message(schema, name)) {
            self.message(inner, &below, depth + 1);
        }
    }
}

fn option<'o>(options: &'o [OptionEntry], name: &str) -> Option<&'o str> {
    options.iter().find(|option| option.name == name).map(|option| option.value.as_str())
}

fn message_of(ty: &FieldType) -> Option<&str> {
    match ty {
        FieldType::Message(name) => Some(name),
        FieldType::Map { value, .. } => message_of(value),
        _ => None,
    }
}

fn enum_of(ty: &FieldType) -> Option<&str> {
    match ty {
        FieldType::Enum(name) => Some(name),
        FieldType::Map { value, .. } => enum_of(value),
        _ => None,
    }
}

fn type_name(ty: &FieldType) -> String {
    let simple = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    match ty {
        FieldType::Scalar(scalar) => scalar.as_str().to_owned(),
        FieldType::Message(name) => simple(name),
        FieldType::Enum(name) => format!("enum {}", simple(name)),
        FieldType::Map { key, value } => format!("map of {} to {}", key.as_str(), type_name(value)),
    }
}
