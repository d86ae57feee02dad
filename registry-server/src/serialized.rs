//! `format=serialized`: a `.proto` file as the descriptor that clients of Protobuf work with, in base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventpact_contract::formats::protobuf::{Schema, to_file_descriptor_set};
use prost::Message;
use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, FieldDescriptorProto};

/// The name that the file gets; a registry knows none.
const NAME: &str = "default";

/// The descriptor of the payload's file, whose path is `path`, as the original writes it: no comments, no names in JSON that follow
/// from the field's own, a label only where one is written.
pub(crate) fn serialized(schema: &Schema, path: &str) -> String {
    let files = to_file_descriptor_set(schema).file;
    let Some(mut file) = files.into_iter().find(|file| file.name() == path) else {
        return String::new();
    };
    let proto3 = file.syntax() == "proto3";
    file.name = Some(NAME.to_owned());
    file.source_code_info = None;
    file.message_type.iter_mut().for_each(|m| message(m, proto3));
    file.extension.iter_mut().for_each(|f| field(f, proto3));
    BASE64_STANDARD.encode(file.encode_to_vec())
}

/// Nesting is bounded by the parser.
fn message(message: &mut DescriptorProto, proto3: bool) {
    message.field.iter_mut().for_each(|f| field(f, proto3));
    message.extension.iter_mut().for_each(|f| field(f, proto3));
    message.nested_type.iter_mut().for_each(|m| self::message(m, proto3));
}

fn field(field: &mut FieldDescriptorProto, proto3: bool) {
    if field.json_name.as_deref() == Some(&camel_case(field.name())) {
        field.json_name = None;
    }
    let unlabelled = field.oneof_index.is_some() || proto3;
    if unlabelled && field.label() == Label::Optional && !field.proto3_optional() {
        field.label = None;
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
