//! The schema as descriptors, the form that `protoc` hands to its plugins: what code generators and reflection work with.
//!
//! Locations carry comments, not places: places are in the tree.

use std::collections::HashMap;

use prost_types::field_descriptor_proto::{Label as ProtoLabel, Type};
use prost_types::source_code_info::Location;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MessageOptions, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto, SourceCodeInfo, descriptor_proto,
    enum_descriptor_proto,
};

use super::lex::string_value;
use super::options::Options;
use super::parse::{MAX_NUMBER, json_name};
use super::tree::{Element, Enum, Extend, Field, FieldType, File, ImportKind, Label, Message, Scalar, Schema, Service, Syntax};

/// The descriptors of all files, every file behind those that it imports.
///
/// `source_code_info` has one location per element with its comment, and no line numbers. Custom options are left out.
pub fn to_file_descriptor_set(schema: &Schema) -> FileDescriptorSet {
    let mut order: Vec<&File> = Vec::with_capacity(schema.files.len());
    // Depth first without recursion: a file is put out when all its imports are.
    let by_path: HashMap<&str, &File> = schema.files.iter().map(|f| (f.path.as_str(), f)).collect();
    let mut state: HashMap<&str, bool> = HashMap::new();
    for start in &schema.files {
        let mut open = vec![(start, 0)];
        while let Some((file, next)) = open.pop() {
            if next == 0 && state.insert(&file.path, false).is_some() {
                continue;
            }
            if let Some(import) = file.imports.get(next) {
                open.push((file, next + 1));
                if let Some(imported) = by_path.get(import.path.as_str()).filter(|f| !state.contains_key(f.path.as_str())) {
                    open.push((imported, 0));
                }
            } else {
                order.push(file);
            }
        }
    }
    FileDescriptorSet { file: order.into_iter().map(|f| Builder::new(schema, f).file(f)).collect() }
}

/// The `default` option of a field as a descriptor writes it; `None` when there is none or it does not fit the type.
pub(super) fn default_value(schema: &Schema, field: &Field) -> Option<String> {
    let option = field.options.iter().rev().find(|o| o.name == "default")?;
    let text = option.value.replace(char::is_whitespace, "");
    match &field.ty {
        FieldType::Scalar(Scalar::String) => option.as_string(),
        FieldType::Scalar(Scalar::Bytes) => Some(escape(&string_value(&option.value)?)),
        FieldType::Scalar(Scalar::Bool) => matches!(text.as_str(), "true" | "false").then_some(text),
        FieldType::Scalar(Scalar::Float) => float_text(&text, true),
        FieldType::Scalar(Scalar::Double) => float_text(&text, false),
        FieldType::Scalar(kind) => integer(&text).filter(|v| integer_range(*kind).contains(v)).map(|v| v.to_string()),
        FieldType::Enum(name) => {
            let known = schema.enumeration(name)?.values.iter().any(|v| v.element.name == text);
            known.then_some(text)
        }
        FieldType::Message(_) | FieldType::Map { .. } => None,
    }
}

fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |d| (-1, d));
    let value = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        i128::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i128::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    value.ok().map(|v| sign * v)
}

fn integer_range(kind: Scalar) -> std::ops::RangeInclusive<i128> {
    match kind {
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
        Scalar::Uint32 | Scalar::Fixed32 => 0..=i128::from(u32::MAX),
        Scalar::Uint64 | Scalar::Fixed64 => 0..=i128::from(u64::MAX),
        _ => i128::from(i64::MIN)..=i128::from(i64::MAX),
    }
}

fn float_text(text: &str, single: bool) -> Option<String> {
    if matches!(text, "inf" | "-inf" | "nan") {
        return Some(text.to_owned());
    }
    let plain = text.trim_end_matches(['f', 'F']);
    let value: f64 = match integer(plain) {
        #[allow(clippy::cast_precision_loss)] // a default of a floating-point field is as precise as the field
        Some(whole) => whole as f64,
        None => plain.parse().ok()?,
    };
    #[allow(clippy::cast_possible_truncation)] // the default of a float is the nearest float
    let (small, large, shown) = if single {
        let value = value as f32;
        (value.abs() < 1e-4, value.abs() >= 1e7, format!("{value:e}"))
    } else {
        (value.abs() < 1e-4, value.abs() >= 1e15, format!("{value:e}"))
    };
    if value.is_infinite() {
        return Some(if value > 0.0 { "inf" } else { "-inf" }.to_owned());
    }
    if value != 0.0 && (small || large) {
        // The form of C's %g: a sign and at least two digits in the exponent.
        let (digits, exponent) = shown.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let sign = if exponent < 0 { '-' } else { '+' };
        return Some(format!("{digits}e{sign}{:02}", exponent.abs()));
    }
    #[allow(clippy::cast_possible_truncation)]
    Some(if single { (value as f32).to_string() } else { value.to_string() })
}

/// Bytes in the escapes of C.
fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'"' => out.push_str("\\\""),
            b'\'' => out.push_str("\\'"),
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                out.push('\\');
                out.extend([byte >> 6, (byte >> 3) & 7, byte & 7].map(|digit| char::from(b'0' + digit)));
            }
        }
    }
    out
}

/// Builds the descriptor of one file.
struct Builder<'a> {
    schema: &'a Schema,
    proto3: bool,
    path: Vec<i32>,
    locations: Vec<Location>,
}

impl<'a> Builder<'a> {
    fn new(schema: &'a Schema, file: &File) -> Self {
        Self { schema, proto3: file.syntax == Syntax::Proto3, path: Vec::new(), locations: Vec::new() }
    }

    /// Runs `build` with two more parts in the path, and puts out the location of the element.
    fn at<T>(&mut self, tag: i32, index: usize, element: &Element, build: impl FnOnce(&mut Self) -> T) -> T {
        self.path.extend([tag, i32::try_from(index).unwrap_or(i32::MAX)]);
        // The leading space is what stands behind `//` in a comment.
        let comment = element.doc.as_ref().map(|doc| doc.lines().flat_map(|l| [" ", l, "\n"]).collect());
        self.locations.push(Location {
            path: self.path.clone(),
            span: vec![0, 0, 0],
            leading_comments: comment,
            ..Location::default()
        });
        let built = build(self);
        self.path.truncate(self.path.len().saturating_sub(2));
        built
    }

    fn file(mut self, file: &File) -> FileDescriptorProto {
        let indexes = |kind: ImportKind| {
            let of_kind = file.imports.iter().enumerate().filter(move |(_, i)| i.kind == kind);
            of_kind.map(|(n, _)| i32::try_from(n).unwrap_or(i32::MAX)).collect()
        };
        let message_type = file.messages.iter().enumerate().map(|(n, m)| self.at(4, n, &m.element, |b| b.message(m))).collect();
        let enum_type = file.enums.iter().enumerate().map(|(n, e)| self.at(5, n, &e.element, |b| b.enumeration(e))).collect();
        let service = file.services.iter().enumerate().map(|(n, s)| self.at(6, n, &s.element, |b| b.service(s))).collect();
        FileDescriptorProto {
            name: Some(file.path.clone()),
            package: (!file.package.is_empty()).then(|| file.package.clone()),
            dependency: file.imports.iter().map(|i| i.path.clone()).collect(),
            public_dependency: indexes(ImportKind::Public),
            weak_dependency: indexes(ImportKind::Weak),
            message_type,
            enum_type,
            service,
            extension: self.extensions(7, &file.extends),
            options: options(|o| o.file(&file.options)),
            syntax: self.proto3.then(|| "proto3".to_owned()),
            source_code_info: Some(SourceCodeInfo { location: self.locations }),
        }
    }

    fn extensions(&mut self, tag: i32, extends: &[Extend]) -> Vec<FieldDescriptorProto> {
        let fields = extends.iter().flat_map(|e| e.fields.iter().map(move |f| (e, f)));
        let build = |(n, (extend, field)): (usize, (&Extend, &Field))| {
            self.at(tag, n, &field.element, |b| FieldDescriptorProto {
                extendee: Some(format!(".{}", extend.extendee)),
                ..b.field(field, "")
            })
        };
        fields.enumerate().map(build).collect()
    }

    fn message(&mut self, message: &Message) -> DescriptorProto {
        let scope = &message.element.full_name;
        let mut oneof_decl: Vec<OneofDescriptorProto> = Vec::new();
        for (n, oneof) in message.oneofs.iter().enumerate() {
            let build = |_: &mut Self| OneofDescriptorProto {
                name: Some(oneof.element.name.clone()),
                options: options(|o| o.oneof(&oneof.options)),
            };
            oneof_decl.push(self.at(8, n, &oneof.element, build));
        }
        let mut field = Vec::with_capacity(message.fields.len());
        for (n, one) in message.fields.iter().enumerate() {
            let mut built = self.at(2, n, &one.element, |b| b.field(one, scope));
            if self.proto3 && one.label == Label::Optional {
                built.proto3_optional = Some(true);
                built.oneof_index = Some(i32::try_from(oneof_decl.len()).unwrap_or(i32::MAX));
                oneof_decl.push(OneofDescriptorProto { name: Some(synthetic_name(message, &one.element.name)), options: None });
            }
            field.push(built);
        }
        let enum_type = message.enums.iter().enumerate().map(|(n, e)| self.at(4, n, &e.element, |b| b.enumeration(e))).collect();
        let options = options(|o| o.message(&message.options));
        let set = options.as_ref().is_some_and(prost_types::MessageOptions::message_set_wire_format);
        DescriptorProto {
            name: Some(message.element.name.clone()),
            field,
            extension: self.extensions(6, &message.extends),
            nested_type: self.nested(message),
            enum_type,
            extension_range: message.extension_ranges.iter().map(|r| extension_range(r, set)).collect(),
            oneof_decl,
            options,
            reserved_range: message.reserved_ranges.iter().map(reserved_range).collect(),
            reserved_name: message.reserved_names.iter().map(|(n, _)| n.clone()).collect(),
        }
    }

    /// Nested messages and the entries of maps, in the order of the text.
    fn nested(&mut self, message: &Message) -> Vec<DescriptorProto> {
        let maps = message.fields.iter().filter(|f| matches!(f.ty, FieldType::Map { .. }));
        let mut order: Vec<(u32, Result<&Message, &Field>)> =
            message.messages.iter().map(|m| (m.element.span.start, Ok(m))).collect();
        order.extend(maps.map(|f| (f.element.span.start, Err(f))));
        order.sort_by_key(|(start, _)| *start);
        let mut built = Vec::with_capacity(order.len());
        for (n, (_, one)) in order.into_iter().enumerate() {
            built.push(match one {
                Ok(nested) => self.at(3, n, &nested.element, |b| b.message(nested)),
                Err(field) => map_entry(field),
            });
        }
        built
    }

    fn field(&self, field: &Field, scope: &str) -> FieldDescriptorProto {
        let (kind, type_name) = match &field.ty {
            FieldType::Map { .. } => (Type::Message, Some(format!(".{scope}.{}", entry_name(&field.element.name)))),
            other => type_of(other),
        };
        let label = match field.label {
            Label::Required => ProtoLabel::Required,
            Label::Repeated => ProtoLabel::Repeated,
            Label::None | Label::Optional => ProtoLabel::Optional,
        };
        FieldDescriptorProto {
            name: Some(field.element.name.clone()),
            number: Some(field.number),
            label: Some(label as i32),
            r#type: Some(kind as i32),
            type_name,
            extendee: None,
            default_value: default_value(self.schema, field),
            oneof_index: field.oneof.and_then(|n| i32::try_from(n).ok()),
            json_name: Some(field.json_name.clone()),
            options: options(|o| o.field(&field.options)),
            proto3_optional: None,
        }
    }

    fn enumeration(&mut self, one: &Enum) -> EnumDescriptorProto {
        let mut value = Vec::with_capacity(one.values.len());
        for (n, entry) in one.values.iter().enumerate() {
            let build = |_: &mut Self| EnumValueDescriptorProto {
                name: Some(entry.element.name.clone()),
                number: Some(entry.number),
                options: options(|o| o.enum_value(&entry.options)),
            };
            value.push(self.at(2, n, &entry.element, build));
        }
        let range = |r: &super::tree::Range| enum_descriptor_proto::EnumReservedRange { start: Some(r.start), end: Some(r.end) };
        EnumDescriptorProto {
            name: Some(one.element.name.clone()),
            value,
            options: options(|o| o.enumeration(&one.options)),
            reserved_range: one.reserved_ranges.iter().map(range).collect(),
            reserved_name: one.reserved_names.iter().map(|(n, _)| n.clone()).collect(),
        }
    }

    fn service(&mut self, service: &Service) -> ServiceDescriptorProto {
        let mut method = Vec::with_capacity(service.methods.len());
        for (n, one) in service.methods.iter().enumerate() {
            let build = |_: &mut Self| MethodDescriptorProto {
                name: Some(one.element.name.clone()),
                input_type: Some(format!(".{}", one.input)),
                output_type: Some(format!(".{}", one.output)),
                options: options(|o| o.method(&one.options)),
                client_streaming: one.client_streaming.then_some(true),
                server_streaming: one.server_streaming.then_some(true),
            };
            method.push(self.at(2, n, &one.element, build));
        }
        ServiceDescriptorProto {
            name: Some(service.element.name.clone()),
            method,
            options: options(|o| o.service(&service.options)),
        }
    }
}

/// Reads options whose problems were reported by the parser.
fn options<T>(read: impl FnOnce(&mut Options<'_>) -> Option<T>) -> Option<T> {
    read(&mut Options { diagnostics: &mut Vec::new() })
}

/// The end is exclusive; in a message set `max` is the largest number of 31 bits.
fn extension_range(range: &super::tree::Range, message_set: bool) -> descriptor_proto::ExtensionRange {
    let end = if message_set && range.end == MAX_NUMBER { i32::MAX } else { range.end.saturating_add(1) };
    descriptor_proto::ExtensionRange { start: Some(range.start), end: Some(end), options: None }
}

fn reserved_range(range: &super::tree::Range) -> descriptor_proto::ReservedRange {
    descriptor_proto::ReservedRange { start: Some(range.start), end: Some(range.end.saturating_add(1)) }
}

/// The oneof that stands for `optional` in proto3: the field's name behind as many `_` and `X` as make it unique.
fn synthetic_name(message: &Message, field: &str) -> String {
    let mut name = format!("_{field}");
    let taken = |name: &str| {
        message.fields.iter().any(|f| f.element.name == name) || message.oneofs.iter().any(|o| o.element.name == name)
    };
    while taken(&name) {
        name.insert(0, 'X');
    }
    name
}

/// `shipping_address` → `ShippingAddressEntry`
pub(super) fn entry_name(field: &str) -> String {
    let mut out = String::with_capacity(field.len() + 5);
    let mut upper = true;
    for c in field.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    out.push_str("Entry");
    out
}

/// The message that a map is on the wire.
fn map_entry(field: &Field) -> DescriptorProto {
    let FieldType::Map { key, value } = &field.ty else { return DescriptorProto::default() };
    let part = |name: &str, number, ty: &FieldType| {
        let (kind, type_name) = type_of(ty);
        FieldDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            label: Some(ProtoLabel::Optional as i32),
            r#type: Some(kind as i32),
            type_name,
            json_name: Some(json_name(name)),
            ..FieldDescriptorProto::default()
        }
    };
    DescriptorProto {
        name: Some(entry_name(&field.element.name)),
        field: vec![part("key", 1, &FieldType::Scalar(*key)), part("value", 2, value)],
        options: Some(MessageOptions { map_entry: Some(true), ..MessageOptions::default() }),
        ..DescriptorProto::default()
    }
}

fn type_of(ty: &FieldType) -> (Type, Option<String>) {
    let scalar = match ty {
        FieldType::Message(name) => return (Type::Message, Some(format!(".{name}"))),
        FieldType::Enum(name) => return (Type::Enum, Some(format!(".{name}"))),
        // A map in a map cannot be written.
        FieldType::Map { .. } => return (Type::Message, None),
        FieldType::Scalar(scalar) => *scalar,
    };
    let kind = match scalar {
        Scalar::Double => Type::Double,
        Scalar::Float => Type::Float,
        Scalar::Int32 => Type::Int32,
        Scalar::Int64 => Type::Int64,
        Scalar::Uint32 => Type::Uint32,
        Scalar::Uint64 => Type::Uint64,
        Scalar::Sint32 => Type::Sint32,
        Scalar::Sint64 => Type::Sint64,
        Scalar::Fixed32 => Type::Fixed32,
        Scalar::Fixed64 => Type::Fixed64,
        Scalar::Sfixed32 => Type::Sfixed32,
        Scalar::Sfixed64 => Type::Sfixed64,
        Scalar::Bool => Type::Bool,
        Scalar::String => Type::String,
        Scalar::Bytes => Type::Bytes,
    };
    (kind, None)
}
