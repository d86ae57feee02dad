//! `impl Event` for the type of a message, with the texts that are registered for it.

use eventpact_contract::formats::avro::{self, Kind, parsing_canonical_form, rabin};
use eventpact_contract::registrable::Registrable;
use eventpact_contract::schema::{Format, Schema};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use crate::files::GeneratedFile;
use crate::names::ident;
use crate::plan::MessagePlan;
use crate::types::{Generated, protobuf};

/// The implementation, and the files that it includes.
pub(crate) fn implementation(
    message: &MessagePlan<'_>,
    types: &Generated,
    registered: &Registrable,
) -> (TokenStream, Vec<GeneratedFile>) {
    let (format, extension) = match registered.format {
        Format::Avro => ("Avro", "avsc"),
        Format::Protobuf => ("Protobuf", "proto"),
        Format::JsonSchema => ("Json", "json"),
    };
    let stem = format!("schemas/registered/{}", message.module);
    let mut files = vec![GeneratedFile { path: format!("{stem}.{extension}"), text: registered.text.clone() }];
    let references = registered.references.iter().enumerate().map(|(n, reference)| {
        let path = format!("{stem}.{}.{extension}", n + 1);
        let (include, name, direct) = (format!("../../{path}"), &reference.name, &reference.direct);
        files.push(GeneratedFile { path, text: reference.text.clone() });
        let is_direct = registered.direct.contains(name);
        quote!(SchemaReference { name: #name, subject: #name, text: include_str!(#include), references: &[#(#direct),*], direct: #is_direct })
    });
    let references: Vec<TokenStream> = references.collect();
    let include = format!("../../{stem}.{extension}");
    let format = format_ident!("{format}");
    let fingerprint = fingerprint(message.schema);
    let indexes = match message.schema {
        Schema::Protobuf(schema) => protobuf::message_indexes(schema),
        _ => vec![0],
    };
    let indexes = indexes.into_iter().map(Literal::i32_unsuffixed);
    let name = ident(&message.type_name);
    let (wire_name, full_name) = (message.message.name(), full_name(message));
    let content_type = message.message.content_type.as_deref().unwrap_or(match registered.format {
        Format::Avro => "application/avro",
        Format::Protobuf => "application/x-protobuf",
        Format::JsonSchema => "application/json",
    });
    let (encode, decode) = (&types.encode, &types.decode);
    let decode_ref = types.twin.as_ref().map(|twin| {
        let (twin, decode) = (ident(&twin.name), &twin.decode);
        quote! {
            impl DecodeRef for #name {
                type Ref<'a> = #twin<'a>;

                fn decode_ref(bytes: &[u8]) -> Result<#twin<'_>, DecodeError> { #decode }
            }
        }
    });
    let code = quote! {
        impl Event for #name {
            const NAME: &'static str = #wire_name;
            const FULL_NAME: &'static str = #full_name;
            const CONTENT_TYPE: &'static str = #content_type;
            const SCHEMA: Schema = Schema {
                format: SchemaFormat::#format,
                text: include_str!(#include),
                references: &[#(#references),*],
                fingerprint: #fingerprint,
                message_indexes: &[#(#indexes),*],
            };

            fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> { #encode }

            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> { #decode }
        }

        #decode_ref
    };
    (code, files)
}

/// The fingerprint of an Avro schema as text; other formats have none that is agreed on.
fn fingerprint(schema: &Schema) -> String {
    match schema {
        Schema::Avro(schema) => format!("crc-64-avro:{:016x}", rabin(&parsing_canonical_form(schema))),
        _ => String::new(),
    }
}

/// The name of the schema: what the record-name subject strategies use.
fn full_name(message: &MessagePlan<'_>) -> String {
    let named = match message.schema {
        Schema::Avro(schema) => avro_name(schema),
        Schema::Protobuf(schema) => Some(schema.root.clone()),
        Schema::JsonSchema(schema) => schema.root().title.clone(),
    };
    named.unwrap_or_else(|| message.message.name().to_owned())
}

fn avro_name(schema: &avro::Schema) -> Option<String> {
    match &schema.root().kind {
        Kind::Record(record) => Some(record.named.name.full()),
        Kind::Enum(e) => Some(e.named.name.full()),
        Kind::Fixed(fixed) => Some(fixed.named.name.full()),
        _ => None,
    }
}
