//! `format=ignore_extensions`: a `.proto` file without extensions and without options that an extension defines.

use std::sync::Arc;

use eventpact_contract::formats::protobuf::{Enum, File, Message, OptionEntry, Schema, canonical_text};

/// Options of these extensions say what the registry itself acts on; they stay.
const KEPT: &str = "confluent";

/// The text of the payload's file without extensions.
pub(crate) fn stripped(schema: &Schema) -> String {
    let mut schema = schema.clone();
    let files = Arc::make_mut(&mut schema.files);
    files.truncate(1);
    files.iter_mut().for_each(file);
    canonical_text(&schema)
}

fn file(file: &mut File) {
    file.extends.clear();
    options(&mut file.options);
    file.messages.iter_mut().for_each(message);
    file.enums.iter_mut().for_each(enumeration);
    for service in &mut file.services {
        options(&mut service.options);
        service.methods.iter_mut().for_each(|method| options(&mut method.options));
    }
}

/// Nesting is bounded by the parser.
fn message(message: &mut Message) {
    message.extends.clear();
    message.extension_ranges.clear();
    options(&mut message.options);
    message.fields.iter_mut().for_each(|field| options(&mut field.options));
    message.oneofs.iter_mut().for_each(|oneof| options(&mut oneof.options));
    message.messages.iter_mut().for_each(self::message);
    message.enums.iter_mut().for_each(enumeration);
}

fn enumeration(one: &mut Enum) {
    options(&mut one.options);
    one.values.iter_mut().for_each(|value| options(&mut value.options));
}

fn options(all: &mut Vec<OptionEntry>) {
    all.retain(|option| option.parts.first().is_none_or(|part| !part.is_extension || part.name.starts_with(KEPT)));
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::SchemaType;

    use crate::schema::{Form, Reading, in_form, parse};

    #[test]
    fn extensions_and_their_options_are_gone() {
        let text = "syntax = \"proto2\"; import \"google/protobuf/descriptor.proto\"; \
                    extend google.protobuf.FieldOptions { optional string note = 50000; } \
                    message A { optional int32 x = 1 [(note) = \"n\", deprecated = true]; extensions 100 to 200; } \
                    extend A { optional int32 y = 100; }";
        let parsed = parse(&SchemaType::Protobuf, text, &[], Reading::LENIENT).unwrap();
        assert!(parsed.text.contains("(note)") && parsed.text.contains("extensions 100 to 200"), "{}", parsed.text);
        let text = in_form(&parsed, Form::IgnoreExtensions);
        assert!(text.contains("deprecated = true"), "{text}");
        assert!(!text.contains("(note)") && !text.contains("exten"), "{text}");
    }
}
