//! The normalised form of a `.proto` file: what may stand in any order is put in one, names are written in full.
//!
//! The order of messages and methods stays, since messages on the wire count on it. Option names stay as they are written;
//! Confluent's registry also folds and qualifies those of custom options.

use super::canonical::file_text;
use super::tree::{Enum, Extend, Field, FieldType, File, Message, OptionEntry, Range, Schema, Service, Syntax};
use crate::source::Span;

/// The payload's file as Confluent's registry prints it when `normalize` is on.
pub fn normalized_text(schema: &Schema) -> String {
    let Some(main) = schema.main() else { return String::new() };
    let mut file = main.clone();
    normalize(&mut file);
    file_text(&file)
}

fn normalize(file: &mut File) {
    file.imports.sort_by(|a, b| a.path.cmp(&b.path));
    file.imports.dedup_by(|a, b| a.path == b.path && a.kind == b.kind);
    sort_options(&mut file.options);
    file.messages.iter_mut().for_each(message);
    file.enums.iter_mut().for_each(enumeration);
    file.extends.iter_mut().for_each(extend);
    file.services.iter_mut().for_each(service);
    if file.syntax == Syntax::Proto2 {
        // As the original does it; without the line a file is proto2 all the same.
        file.syntax_span = None;
    }
}

/// Nesting is bounded by the parser.
fn message(message: &mut Message) {
    let ranges = message.reserved_ranges.iter().chain(&message.extension_ranges);
    message.range_statements = one_each(ranges, &message.reserved_names);
    sort_options(&mut message.options);
    sort_oneofs(message);
    fields(&mut message.fields);
    message.messages.iter_mut().for_each(self::message);
    message.enums.iter_mut().for_each(enumeration);
    message.extends.iter_mut().for_each(extend);
}

/// By name; the fields keep theirs.
fn sort_oneofs(message: &mut Message) {
    let mut order: Vec<usize> = (0..message.oneofs.len()).collect();
    order.sort_by_key(|old| message.oneofs.get(*old).map(|oneof| oneof.element.name.clone()));
    let mut places = vec![0; order.len()];
    for (place, old) in order.iter().enumerate() {
        if let Some(slot) = places.get_mut(*old) {
            *slot = place;
        }
    }
    for field in &mut message.fields {
        field.oneof = field.oneof.and_then(|old| places.get(old).copied());
    }
    let sorted = order.iter().filter_map(|old| message.oneofs.get(*old).cloned()).collect();
    message.oneofs = sorted;
    for oneof in &mut message.oneofs {
        sort_options(&mut oneof.options);
    }
}

fn enumeration(one: &mut Enum) {
    one.range_statements = one_each(one.reserved_ranges.iter(), &one.reserved_names);
    sort_options(&mut one.options);
    one.values.sort_by_key(|value| value.number);
    for value in &mut one.values {
        sort_options(&mut value.options);
    }
}

fn extend(extend: &mut Extend) {
    extend.extendee_text = format!(".{}", extend.extendee);
    fields(&mut extend.fields);
}

fn service(service: &mut Service) {
    sort_options(&mut service.options);
    for method in &mut service.methods {
        method.input_text.0 = format!(".{}", method.input);
        method.output_text.0 = format!(".{}", method.output);
        sort_options(&mut method.options);
    }
}

fn fields(fields: &mut [Field]) {
    fields.sort_by_key(|field| field.number);
    for field in fields {
        sort_options(&mut field.options);
        match &field.ty {
            FieldType::Message(full) | FieldType::Enum(full) => field.type_text = format!(".{full}"),
            FieldType::Map { value, .. } => {
                if let (FieldType::Message(full) | FieldType::Enum(full), Some((key, _))) =
                    (&**value, field.type_text.split_once(','))
                {
                    field.type_text = format!("{key}, .{full}>");
                }
            }
            FieldType::Scalar(_) => {}
        }
    }
}

fn sort_options(options: &mut [OptionEntry]) {
    options.sort_by(|a, b| a.name.cmp(&b.name));
}

/// A statement for each range and name: numbers first, then names.
fn one_each<'a>(ranges: impl Iterator<Item = &'a Range>, names: &[(String, Span)]) -> Vec<Span> {
    let mut ranges: Vec<&Range> = ranges.collect();
    ranges.sort_by_key(|range| range.start);
    let mut names: Vec<&(String, Span)> = names.iter().collect();
    names.sort();
    ranges.iter().map(|range| range.span).chain(names.iter().map(|(_, span)| *span)).collect()
}

#[cfg(test)]
mod tests {
    use crate::formats::protobuf::parse_files;
    use crate::source::Sources;

    use super::normalized_text;

    fn check(text: &str, expected: &str) {
        let mut sources = Sources::new();
        let file = sources.add("a.proto", text);
        let (schema, problems) = parse_files(&mut sources, file, "a.proto", &mut |_| Err("none".to_owned()));
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(normalized_text(&schema.unwrap()), expected);
    }

    #[test]
    fn order_and_names_are_normal() {
        check(
            "syntax = \"proto3\";\npackage p;\noption java_package = \"1\";\noption go_package = \"2\";\n\
             message M {\n  reserved 9, 7;\n  map<string, N> n = 3;\n  E e = 2;\n  oneof z { int32 zz = 5; }\n  oneof a { N an = 4; }\n}\n\
             message N {}\nenum E { A = 0; C = 2; B = -1; }\n",
            "syntax = \"proto3\";\npackage p;\n\noption go_package = \"2\";\noption java_package = \"1\";\n\n\
             message M {\n  reserved 7;\n  reserved 9;\n\n  .p.E e = 2;\n  map<string, .p.N> n = 3;\n\n  \
             oneof a {\n    .p.N an = 4;\n  }\n  oneof z {\n    int32 zz = 5;\n  }\n}\n\
             message N {}\nenum E {\n  B = -1;\n  A = 0;\n  C = 2;\n}\n",
        );
    }
}
