//! The schema as descriptors, the form that `protoc` hands to its plugins: what code generators and reflection work with.
//!
//! The bytes of descriptors are written here field by field, as `prost-types` knows neither editions nor custom options. Does
//! not live here: places and comments (`locations`).

use std::collections::{HashMap, HashSet};

use prost::Message as _;
use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorSet, SourceCodeInfo};

use crate::source::Sources;

use super::default::default_value;
use super::features::Presence;
use super::field::json_name;
use super::interpret::{Holder, Interpreter};
use super::literal::sign_extended;
use super::locations;
use super::node::{length_delimited, tag, varint};
use super::parse::MAX_NUMBER;
use super::pool::Pool;
use super::symbols::Symbols;
use super::tree::{
    Element, Enum, Extend, Field, FieldType, File, ImportKind, Label, Message, Method, OptionEntry, Range, Scalar, Schema,
    Service, Syntax, Visibility,
};
use super::validate::is_message_set;
use super::validate_field::packable;

/// What a descriptor set holds besides the definitions.
#[derive(Debug, Clone, Copy, Default)]
pub struct DescriptorOptions<'s> {
    /// Places and comments of every element (`source_code_info`), read from these sources.
    pub source_info: Option<&'s Sources>,
    /// Options that only compilers need (`retention = RETENTION_SOURCE`) stay.
    pub retain_options: bool,
    /// Only the first so many files of the schema; all when `None`.
    pub first: Option<usize>,
}

/// The bytes of a `google.protobuf.FileDescriptorSet`, every file behind those that it imports: what
/// `protoc --descriptor_set_out --include_imports` means by it.
pub fn descriptor_set(schema: &Schema, options: DescriptorOptions<'_>) -> Vec<u8> {
    let pool = Pool::new(schema, Symbols::collect(&schema.files));
    let mut out = Vec::new();
    for index in order(schema) {
        let Some(file) = schema.files.get(index).filter(|_| options.first.is_none_or(|first| index < first)) else { continue };
        let mut writer = Writer::new(&pool, index, file);
        writer.retain = options.retain_options;
        let mut bytes = writer.file(file);
        if let (Some(sources), Some(id)) = (options.source_info, file.source) {
            let locations = locations::locations(sources.file(id), id, &writer.option_paths);
            length_delimited(9, &SourceCodeInfo { location: locations }.encode_to_vec(), &mut bytes);
        }
        length_delimited(1, &bytes, &mut out);
    }
    out
}

/// The descriptors of all files, every file behind those that it imports, for tools that know proto2 and proto3 only: a file of
/// an edition is written in proto3 with what its features mean.
///
/// `source_code_info` has one location per element with its comment, and no line numbers. Custom options are left out.
pub fn to_file_descriptor_set(schema: &Schema) -> FileDescriptorSet {
    let pool = Pool::new(schema, Symbols::collect(&schema.files));
    let mut set = FileDescriptorSet::default();
    for index in order(schema) {
        let Some(file) = schema.files.get(index) else { continue };
        let mut writer = Writer::new(&pool, index, file);
        writer.legacy = true;
        let bytes = writer.file(file);
        // What was written here can be read.
        if let Ok(mut descriptor) = prost_types::FileDescriptorProto::decode(bytes.as_slice()) {
            descriptor.source_code_info = Some(SourceCodeInfo { location: std::mem::take(&mut writer.locations) });
            set.file.push(descriptor);
        }
    }
    set
}

/// The indexes of the files, each behind those that it imports. Depth first without recursion.
fn order(schema: &Schema) -> Vec<usize> {
    let by_path: HashMap<&str, usize> = schema.files.iter().enumerate().map(|(n, f)| (f.path.as_str(), n)).collect();
    let mut seen = vec![false; schema.files.len()];
    let mut order = Vec::with_capacity(schema.files.len());
    for start in 0..schema.files.len() {
        let mut open = vec![(start, 0)];
        while let Some((index, next)) = open.pop() {
            let Some(file) = schema.files.get(index) else { continue };
            if next == 0 && std::mem::replace(&mut seen[index], true) {
                continue;
            }
            let Some(import) = file.imports.get(next) else {
                order.push(index);
                continue;
            };
            open.push((index, next + 1));
            if let Some(target) = by_path.get(import.path.as_str()).filter(|t| !seen.get(**t).copied().unwrap_or(true)) {
                open.push((*target, 0));
            }
        }
    }
    order
}

/// Writes the descriptor of one file.
struct Writer<'a, 'd> {
    pool: &'d Pool<'a>,
    options: Interpreter<'a, 'd>,
    syntax: &'a Syntax,
    /// Editions become proto3.
    legacy: bool,
    retain: bool,
    path: Vec<i32>,
    /// The elements with their comments; in legacy form only.
    locations: Vec<Location>,
    /// For each element with options, what each of them sets.
    option_paths: locations::OptionPaths,
}

fn text(number: i32, text: &str, out: &mut Vec<u8>) {
    length_delimited(number, text.as_bytes(), out);
}

fn number(field: i32, value: i32, out: &mut Vec<u8>) {
    tag(field, 0, out);
    varint(sign_extended(value), out);
}

fn count(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

impl<'a, 'd> Writer<'a, 'd> {
    fn new(pool: &'d Pool<'a>, index: usize, file: &'a File) -> Self {
        let options = Interpreter::new(pool, index);
        let (locations, option_paths) = (Vec::new(), HashMap::new());
        Self { pool, options, syntax: &file.syntax, legacy: false, retain: false, path: Vec::new(), locations, option_paths }
    }

    /// Editions are written as such.
    fn editions(&self) -> bool {
        self.syntax.is_edition() && !self.legacy
    }

    /// The presence of fields is written with `proto3_optional`.
    fn as_proto3(&self) -> bool {
        *self.syntax == Syntax::Proto3 || (self.syntax.is_edition() && self.legacy)
    }

    /// A message in a field: `build` writes what is in it.
    fn part(
        &mut self,
        field: i32,
        index: usize,
        element: Option<&Element>,
        out: &mut Vec<u8>,
        build: impl FnOnce(&mut Self, &mut Vec<u8>),
    ) {
        self.path.extend([field, count(index)]);
        if let (true, Some(element)) = (self.legacy, element) {
            // The leading space is what stands behind `//` in a comment.
            let comment = element.doc.as_ref().map(|doc| doc.lines().flat_map(|l| [" ", l, "\n"]).collect());
            let (path, span) = (self.path.clone(), vec![0, 0, 0]);
            self.locations.push(Location { path, span, leading_comments: comment, ..Location::default() });
        }
        let mut inner = Vec::new();
        build(self, &mut inner);
        length_delimited(field, &inner, out);
        self.path.truncate(self.path.len().saturating_sub(2));
    }

    /// The options of an element; `always` for an element whose options are there also when they are empty.
    fn options(&mut self, field: i32, holder: Holder, options: &[OptionEntry], scope: &str, always: bool, out: &mut Vec<u8>) {
        if options.is_empty() && !always {
            return;
        }
        let mut found = self.options.options(holder, options, scope);
        self.options.diagnostics.clear();
        // `default` and `json_name` alone are no options of the message of options.
        if !always && found.set.iter().all(|t| t.path.is_empty()) && found.node.fields.is_empty() && holder == Holder::Field {
            return;
        }
        let kept = self.retain || found.node.strip();
        if self.retain {
            found.set.iter_mut().for_each(|target| target.source_only = false);
        }
        self.option_paths.insert(self.path.clone(), (kept, found.set));
        if kept {
            let mut inner = Vec::new();
            found.node.encode(&mut inner);
            length_delimited(field, &inner, out);
        }
    }

    fn file(&mut self, file: &'a File) -> Vec<u8> {
        let mut out = Vec::new();
        text(1, &file.path, &mut out);
        if !file.package.is_empty() {
            text(2, &file.package, &mut out);
        }
        let plain = || file.imports.iter().filter(|i| i.kind != ImportKind::Option);
        plain().for_each(|import| text(3, &import.path, &mut out));
        for (n, message) in file.messages.iter().enumerate() {
            self.part(4, n, Some(&message.element), &mut out, |w, out| w.message(message, out));
        }
        for (n, one) in file.enums.iter().enumerate() {
            self.part(5, n, Some(&one.element), &mut out, |w, out| w.enumeration(one, out));
        }
        for (n, service) in file.services.iter().enumerate() {
            self.part(6, n, Some(&service.element), &mut out, |w, out| w.service(service, out));
        }
        self.extensions(7, &file.extends, &mut out);
        self.options(8, Holder::File, &file.options, &file.package, false, &mut out);
        for (field, kind) in [(10, ImportKind::Public), (11, ImportKind::Weak)] {
            let of_kind = plain().enumerate().filter(|(_, i)| i.kind == kind);
            of_kind.for_each(|(n, _)| number(field, count(n), &mut out));
        }
        if self.as_proto3() {
            text(12, "proto3", &mut out);
        } else if self.editions() {
            text(12, "editions", &mut out);
            number(14, self.syntax.edition(), &mut out);
        }
        let options = file.imports.iter().filter(|i| i.kind == ImportKind::Option);
        options.for_each(|import| text(15, &import.path, &mut out));
        out
    }

    fn extensions(&mut self, field: i32, extends: &'a [Extend], out: &mut Vec<u8>) {
        let fields = extends.iter().flat_map(|e| e.fields.iter().map(move |f| (e, f)));
        for (n, (extend, one)) in fields.enumerate() {
            self.part(field, n, Some(&one.element), out, |w, out| {
                let oneof = None;
                w.field(one, "", Some(&extend.extendee), oneof, out);
            });
        }
    }

    /// Nesting is bounded by the parser.
    fn message(&mut self, message: &'a Message, out: &mut Vec<u8>) {
        let scope = &message.element.full_name;
        text(1, &message.element.name, out);
        let names = message.fields.iter().map(|f| &f.element).chain(message.oneofs.iter().map(|o| &o.element));
        let mut taken: HashSet<String> = if self.as_proto3() { names.map(|e| e.name.clone()).collect() } else { HashSet::new() };
        let mut synthetic: Vec<String> = Vec::new();
        for (n, field) in message.fields.iter().enumerate() {
            let mut oneof = field.oneof.map(count);
            let optional = self.as_proto3() && field.oneof.is_none() && field.label == Label::Optional;
            let message_of_edition = self.syntax.is_edition() && matches!(field.ty, FieldType::Message(_));
            if optional && !message_of_edition {
                oneof = Some(count(message.oneofs.len() + synthetic.len()));
                synthetic.push(synthetic_name(&field.element.name, &mut taken));
            }
            self.part(2, n, Some(&field.element), out, |w, out| w.field(field, scope, None, oneof, out));
        }
        self.nested(message, out);
        for (n, one) in message.enums.iter().enumerate() {
            self.part(4, n, Some(&one.element), out, |w, out| w.enumeration(one, out));
        }
        self.extension_ranges(message, out);
        self.extensions(6, &message.extends, out);
        self.options(7, Holder::Message, &message.options, scope, false, out);
        for (n, oneof) in message.oneofs.iter().enumerate() {
            self.part(8, n, Some(&oneof.element), out, |w, out| {
                text(1, &oneof.element.name, out);
                w.options(2, Holder::Oneof, &oneof.options, &oneof.element.full_name, false, out);
            });
        }
        for name in &synthetic {
            let mut inner = Vec::new();
            text(1, name, &mut inner);
            length_delimited(8, &inner, out);
        }
        let set = is_message_set(message);
        for range in &message.reserved_ranges {
            let mut inner = Vec::new();
            range_ends(range, set, &mut inner);
            length_delimited(9, &inner, out);
        }
        message.reserved_names.iter().for_each(|(name, _)| text(10, name, out));
        self.visibility(11, message.visibility, out);
    }

    fn visibility(&self, field: i32, visibility: Option<Visibility>, out: &mut Vec<u8>) {
        if let (Some(visibility), false) = (visibility, self.legacy) {
            number(field, if visibility == Visibility::Local { 1 } else { 2 }, out);
        }
    }

    fn extension_ranges(&mut self, message: &'a Message, out: &mut Vec<u8>) {
        let set = is_message_set(message);
        for (n, range) in message.extension_ranges.iter().enumerate() {
            let options = message.range_options(range);
            self.part(5, n, None, out, |w, out| {
                range_ends(range, set, out);
                if let Some(options) = options {
                    w.options(3, Holder::ExtensionRange, options, &message.element.full_name, false, out);
                }
            });
        }
    }

    /// Nested messages and the entries of maps, in the order of the text.
    fn nested(&mut self, message: &'a Message, out: &mut Vec<u8>) {
        let maps = message.fields.iter().filter(|f| matches!(f.ty, FieldType::Map { .. }));
        let mut order: Vec<(u32, Result<&Message, &Field>)> =
            message.messages.iter().map(|m| (m.element.span.start, Ok(m))).collect();
        order.extend(maps.map(|f| (f.element.span.start, Err(f))));
        order.sort_by_key(|(start, _)| *start);
        for (n, (_, one)) in order.into_iter().enumerate() {
            match one {
                Ok(nested) => self.part(3, n, Some(&nested.element), out, |w, out| w.message(nested, out)),
                Err(field) => self.part(3, n, None, out, |w, out| w.map_entry(field, out)),
            }
        }
    }

    fn field(&mut self, field: &'a Field, scope: &str, extendee: Option<&str>, oneof: Option<i32>, out: &mut Vec<u8>) {
        text(1, &field.element.name, out);
        if let Some(extendee) = extendee {
            text(2, &format!(".{extendee}"), out);
        }
        number(3, field.number, out);
        let label = match field.label {
            Label::Required if !self.editions() => 2,
            Label::Repeated => 3,
            _ => 1,
        };
        number(4, label, out);
        let delimited = field.features.delimited && !self.editions();
        match &field.ty {
            FieldType::Map { .. } => type_of(11, Some(&format!("{scope}.{}", map_entry_name(&field.element.name))), out),
            FieldType::Message(name) => type_of(if delimited { 10 } else { 11 }, Some(name), out),
            FieldType::Enum(name) => type_of(14, Some(name), out),
            FieldType::Scalar(scalar) => type_of(scalar_type(*scalar), None, out),
        }
        if let Some(default) = default_value(field, |name| self.pool.enumeration(name)) {
            text(7, &default, out);
        }
        self.options(8, Holder::Field, &field.options, &field.element.full_name, false, out);
        if self.legacy && self.syntax.is_edition() && field.label == Label::Repeated && packable(&field.ty) {
            // Read as one message with the options that stand in front of it.
            let mut packed = Vec::new();
            number(2, i32::from(field.features.packed), &mut packed);
            length_delimited(8, &packed, out);
        }
        if let Some(oneof) = oneof {
            number(9, oneof, out);
        }
        text(10, &field.json_name, out);
        let optional = field.label == Label::Optional && field.features.presence == Presence::Explicit;
        let in_message = extendee.is_none() && field.oneof.is_none() && oneof.is_some();
        let extension = extendee.is_some() && *self.syntax == Syntax::Proto3;
        if self.as_proto3() && optional && (in_message || extension) {
            number(17, 1, out);
        }
    }

    /// The message that a map is on the wire; features of the field are those of its parts too.
    fn map_entry(&mut self, field: &'a Field, out: &mut Vec<u8>) {
        let FieldType::Map { key, value } = &field.ty else { return };
        let features: Vec<OptionEntry> = field.options.iter().filter(|o| is_feature(o)).cloned().collect();
        text(1, &map_entry_name(&field.element.name), out);
        for (n, (name, ty)) in [("key", &FieldType::Scalar(*key)), ("value", value)].into_iter().enumerate() {
            let mut inner = Vec::new();
            text(1, name, &mut inner);
            number(3, count(n + 1), &mut inner);
            number(4, 1, &mut inner);
            match ty {
                FieldType::Message(name) => type_of(11, Some(name), &mut inner),
                FieldType::Enum(name) => type_of(14, Some(name), &mut inner),
                FieldType::Scalar(scalar) => type_of(scalar_type(*scalar), None, &mut inner),
                // A map in a map cannot be written.
                FieldType::Map { .. } => {}
            }
            self.options(8, Holder::Field, &features, &field.element.full_name, false, &mut inner);
            text(10, &json_name(name), &mut inner);
            length_delimited(2, &inner, out);
        }
        let mut options = Vec::new();
        number(7, 1, &mut options);
        length_delimited(7, &options, out);
    }

    fn enumeration(&mut self, one: &'a Enum, out: &mut Vec<u8>) {
        text(1, &one.element.name, out);
        for (n, value) in one.values.iter().enumerate() {
            self.part(2, n, Some(&value.element), out, |w, out| {
                text(1, &value.element.name, out);
                number(2, value.number, out);
                w.options(3, Holder::EnumValue, &value.options, &value.element.full_name, false, out);
            });
        }
        self.options(3, Holder::Enum, &one.options, &one.element.full_name, false, out);
        for range in &one.reserved_ranges {
            let mut inner = Vec::new();
            number(1, range.start, &mut inner);
            number(2, range.end, &mut inner);
            length_delimited(4, &inner, out);
        }
        one.reserved_names.iter().for_each(|(name, _)| text(5, name, out));
        self.visibility(6, one.visibility, out);
    }

    fn service(&mut self, service: &'a Service, out: &mut Vec<u8>) {
        text(1, &service.element.name, out);
        for (n, method) in service.methods.iter().enumerate() {
            self.part(2, n, Some(&method.element), out, |w, out| w.method(method, out));
        }
        self.options(3, Holder::Service, &service.options, &service.element.full_name, false, out);
    }

    fn method(&mut self, method: &'a Method, out: &mut Vec<u8>) {
        text(1, &method.element.name, out);
        text(2, &format!(".{}", method.input), out);
        text(3, &format!(".{}", method.output), out);
        let always = method.has_body && !self.legacy;
        self.options(4, Holder::Method, &method.options, &method.element.full_name, always, out);
        for (field, _) in [(5, method.client_streaming), (6, method.server_streaming)].into_iter().filter(|(_, on)| *on) {
            number(field, 1, out);
        }
    }
}

fn is_feature(option: &OptionEntry) -> bool {
    option.parts.first().is_some_and(|part| !part.is_extension && part.name == "features")
}

/// The end is exclusive; in a message set `max` is the largest number of 31 bits.
fn range_ends(range: &Range, message_set: bool, out: &mut Vec<u8>) {
    number(1, range.start, out);
    let end = match (range.to_max, message_set) {
        (true, true) => i32::MAX,
        (true, false) => MAX_NUMBER + 1,
        (false, _) => range.end.saturating_add(1),
    };
    number(2, end, out);
}

/// The oneof that stands for `optional` in proto3: the field's name behind as many `_` and `X` as make it unique.
fn synthetic_name(field: &str, taken: &mut HashSet<String>) -> String {
    let mut name = if field.starts_with('_') { field.to_owned() } else { format!("_{field}") };
    while !taken.insert(name.clone()) {
        name.insert(0, 'X');
    }
    name
}

/// The name of the message that a map has for its entries: `shipping_address` → `ShippingAddressEntry`.
pub fn map_entry_name(field: &str) -> String {
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

fn type_of(kind: i32, name: Option<&str>, out: &mut Vec<u8>) {
    number(5, kind, out);
    if let Some(name) = name {
        text(6, &format!(".{name}"), out);
    }
}

/// The number of `google.protobuf.FieldDescriptorProto.Type`.
fn scalar_type(scalar: Scalar) -> i32 {
    match scalar {
        Scalar::Double => 1,
        Scalar::Float => 2,
        Scalar::Int64 => 3,
        Scalar::Uint64 => 4,
        Scalar::Int32 => 5,
        Scalar::Fixed64 => 6,
        Scalar::Fixed32 => 7,
        Scalar::Bool => 8,
        Scalar::String => 9,
        Scalar::Bytes => 12,
        Scalar::Uint32 => 13,
        Scalar::Sfixed32 => 15,
        Scalar::Sfixed64 => 16,
        Scalar::Sint32 => 17,
        Scalar::Sint64 => 18,
    }
}
