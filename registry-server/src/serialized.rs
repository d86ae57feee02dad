//! `format=serialized`: a `.proto` file as the descriptor that clients of Protobuf work with, in base64.

mod metadata;

use std::collections::HashMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventpact_contract::formats::protobuf::{Extend, Field, File, Message, Schema, map_entry_name, to_file_descriptor_set};
use prost::Message as _;
use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FieldDescriptorProto, MethodDescriptorProto, OneofOptions};

use self::metadata::with_metadata;

/// The name that the file gets; a registry knows none.
const NAME: &str = "default";

/// The descriptor of the payload's file, whose path is `path`, as the original writes it: types are named as in the text, members
/// of oneofs come first, no comments, no names in JSON that follow from the field's own, a label only where one is written. Of the
/// custom options the metadata of the registry is there, which clients encrypt by.
pub(crate) fn serialized(schema: &Schema, path: &str) -> String {
    let files = to_file_descriptor_set(schema).file;
    let descriptor = files.into_iter().find(|file| file.name() == path);
    let (Some(mut descriptor), Some(file)) = (descriptor, schema.files.iter().find(|file| file.path == path)) else {
        return String::new();
    };
    let proto3 = descriptor.syntax() == "proto3";
    descriptor.name = Some(NAME.to_owned());
    descriptor.source_code_info = None;
    for (descriptor, message) in descriptor.message_type.iter_mut().zip(&file.messages) {
        self::message(descriptor, message, proto3);
    }
    extensions(&mut descriptor.extension, &file.extends, proto3);
    services(&mut descriptor.service, file);
    BASE64_STANDARD.encode(with_metadata(&descriptor.encode_to_vec(), file))
}

/// Nesting is bounded by the parser.
fn message(descriptor: &mut DescriptorProto, message: &Message, proto3: bool) {
    let nested: HashMap<&str, &Message> = message.messages.iter().map(|nested| (nested.element.name.as_str(), nested)).collect();
    for descriptor in descriptor.nested_type.iter_mut().filter(|d| !is_map_entry(d)) {
        if let Some(nested) = nested.get(descriptor.name()) {
            self::message(descriptor, nested, proto3);
        }
    }
    for (descriptor, field) in descriptor.field.iter_mut().zip(&message.fields) {
        self::field(descriptor, field, proto3);
    }
    let maps: HashMap<String, &str> =
        message.fields.iter().map(|field| (map_entry_name(&field.element.name), field.type_text.as_str())).collect();
    for entry in descriptor.nested_type.iter_mut().filter(|d| is_map_entry(d)) {
        map_entry(entry, &maps);
    }
    extensions(&mut descriptor.extension, &message.extends, proto3);
    let group = |field: &FieldDescriptorProto| field.oneof_index.filter(|_| !field.proto3_optional()).unwrap_or(i32::MAX);
    descriptor.field.sort_by_key(group);
    descriptor.nested_type.sort_by_key(is_map_entry);
    for oneof in &mut descriptor.oneof_decl {
        oneof.options.get_or_insert_with(OneofOptions::default);
    }
}

fn field(descriptor: &mut FieldDescriptorProto, field: &Field, proto3: bool) {
    plain_name(descriptor);
    if descriptor.type_name.is_some() {
        let entry = field.type_text.starts_with("map<") || field.type_text.starts_with("map ");
        let simple = || descriptor.type_name().rsplit('.').next().map(str::to_owned);
        descriptor.type_name = if entry { simple() } else { Some(field.type_text.clone()) };
    }
    if proto3 && descriptor.oneof_index.is_none() && descriptor.label() == Label::Optional {
        descriptor.label = None;
    }
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(prost_types::MessageOptions::map_entry)
}

/// The message behind a map: no labels, and the value's type as it is written.
fn map_entry(entry: &mut DescriptorProto, maps: &HashMap<String, &str>) {
    let text = maps.get(entry.name());
    let value = text.and_then(|text| text.split_once(',')).map(|(_, value)| value.trim_end_matches('>').trim().to_owned());
    for field in &mut entry.field {
        plain_name(field);
        field.label = None;
        if field.type_name.is_some() {
            field.type_name.clone_from(&value);
        }
    }
}

fn extensions(descriptors: &mut [FieldDescriptorProto], extends: &[Extend], proto3: bool) {
    let fields = extends.iter().flat_map(|extend| extend.fields.iter().map(move |field| (extend, field)));
    for (descriptor, (extend, field)) in descriptors.iter_mut().zip(fields) {
        self::field(descriptor, field, proto3);
        descriptor.extendee = Some(extend.extendee_text.clone());
    }
}

fn services(descriptors: &mut [prost_types::ServiceDescriptorProto], file: &File) {
    for (descriptor, service) in descriptors.iter_mut().zip(&file.services) {
        for (descriptor, method) in descriptor.method.iter_mut().zip(&service.methods) {
            let MethodDescriptorProto { input_type, output_type, .. } = descriptor;
            *input_type = Some(method.input_text.0.clone());
            *output_type = Some(method.output_text.0.clone());
        }
    }
}

fn plain_name(field: &mut FieldDescriptorProto) {
    if field.json_name.as_deref() == Some(&camel_case(field.name())) {
        field.json_name = None;
    }
}

/// `postal_code` → `postalCode`
fn camel_case(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or("").to_owned();
    for part in parts {
        let mut letters = part.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::SchemaType;
    use prost_types::FileDescriptorProto;

    use super::*;
    use crate::schema::{Form, Reading, in_form, parse};

    fn descriptor(text: &str) -> FileDescriptorProto {
        let parsed = parse(&SchemaType::Protobuf, text, &[], Reading::LENIENT).unwrap();
        let bytes = BASE64_STANDARD.decode(in_form(&parsed, Form::Serialized)).unwrap();
        FileDescriptorProto::decode(bytes.as_slice()).unwrap()
    }

    #[test]
    fn types_are_named_as_they_are_written_and_oneofs_come_first() {
        let text = "syntax = \"proto3\"; package p; message A { int32 x = 1; oneof o { B b = 2; } map<string, B> all_b = 3; \
                    message C {} optional .p.B c = 4; } message B {}";
        let file = descriptor(text);
        let a = &file.message_type[0];
        let fields: Vec<_> = a.field.iter().map(|f| (f.name(), f.type_name(), f.label)).collect();
        assert_eq!(fields, [("b", "B", Some(1)), ("x", "", None), ("all_b", "AllBEntry", Some(3)), ("c", ".p.B", Some(1))]);
        let nested: Vec<_> = a.nested_type.iter().map(DescriptorProto::name).collect();
        assert_eq!(nested, ["C", "AllBEntry"]);
        let value = &a.nested_type[1].field[1];
        assert_eq!((value.type_name(), value.label, value.json_name.as_deref()), ("B", None, None));
        assert!(a.oneof_decl.iter().all(|oneof| oneof.options.is_some()));
    }

    #[test]
    fn the_metadata_of_the_registry_is_there() {
        let text = "syntax = \"proto3\"; package p; option (confluent.file_meta).doc = \"f\"; message A { \
                    option (confluent.message_meta) = { tags: \"T\", params: [{ key: \"k\", value: \"v\" }] }; \
                    oneof o { string x = 1 [deprecated = true, (confluent.field_meta).tags = \"PII\"]; } int32 y = 2; \
                    enum E { option (confluent.enum_meta).doc = \"e\"; N = 0 [(confluent.enum_value_meta).doc = \"n\"]; } }";
        let parsed = parse(&SchemaType::Protobuf, text, &[], Reading::LENIENT).unwrap();
        let bytes = BASE64_STANDARD.decode(in_form(&parsed, Form::Serialized)).unwrap();
        let has = |meta: &[u8]| bytes.windows(meta.len()).any(|window| window == meta);
        // Number 1088 and a length, then the fields of the metadata.
        assert!(has(b"\x82\x44\x03\x0a\x01f") && has(b"\x82\x44\x0b\x12\x06\x0a\x01k\x12\x01v\x1a\x01T"));
        assert!(has(b"\x42\x0a\x18\x01\x82\x44\x05\x1a\x03PII"), "behind the option that is there");
        assert!(has(b"\x82\x44\x03\x0a\x01e") && has(b"\x82\x44\x03\x0a\x01n"));
        let file = FileDescriptorProto::decode(bytes.as_slice()).unwrap();
        assert_eq!(file.message_type[0].field[0].options.as_ref().and_then(|options| options.deprecated), Some(true));
    }
}
