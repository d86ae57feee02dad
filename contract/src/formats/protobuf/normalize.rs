//! The normalised form of a `.proto` file: what may stand in any order is put in one, names are written in full.
//!
//! The order of messages and methods stays, since messages on the wire count on it. Options are in `normal_options`.

use super::canonical::file_text;
use super::normal_options::Extensions;
use super::tree::{Enum, Extend, Field, FieldType, File, Message, Range, Schema, Service};
use crate::source::Span;

/// The payload's file as Confluent's registry prints it when `normalize` is on.
pub fn normalized_text(schema: &Schema) -> String {
    let Some(main) = schema.main() else { return String::new() };
    let mut file = main.clone();
    normalize(&mut file, &Extensions::of(schema));
    file_text(&file)
}

fn normalize(file: &mut File, known: &Extensions<'_>) {
    file.imports.sort_by(|a, b| a.path.cmp(&b.path));
    file.imports.dedup_by(|a, b| a.path == b.path && a.kind == b.kind);
    known.normalize(&mut file.options, &file.package);
    file.messages.iter_mut().for_each(|one| message(one, known));
    file.enums.iter_mut().for_each(|one| enumeration(one, known));
    file.extends.iter_mut().for_each(|one| extend(one, &file.package, known));
    file.services.iter_mut().for_each(|one| service(one, known));
}

/// Nesting is bounded by the parser.
fn message(message: &mut Message, known: &Extensions<'_>) {
    let ranges = message.reserved_ranges.iter().chain(&message.extension_ranges);
    message.range_statements = one_each(ranges, &message.reserved_names);
    let scope = message.element.full_name.clone();
    known.normalize(&mut message.options, &scope);
    for (_, options) in &mut message.extension_options {
        known.normalize(options, &scope);
    }
    sort_oneofs(message);
    for oneof in &mut message.oneofs {
        known.normalize(&mut oneof.options, &scope);
    }
    fields(&mut message.fields, &scope, known);
    message.messages.iter_mut().for_each(|one| self::message(one, known));
    message.enums.iter_mut().for_each(|one| enumeration(one, known));
    message.extends.iter_mut().for_each(|one| extend(one, &scope, known));
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
}

fn enumeration(one: &mut Enum, known: &Extensions<'_>) {
    one.range_statements = one_each(one.reserved_ranges.iter(), &one.reserved_names);
    known.normalize(&mut one.options, &one.element.full_name);
    one.values.sort_by_key(|value| value.number);
    for value in &mut one.values {
        known.normalize(&mut value.options, &one.element.full_name);
    }
}

fn extend(extend: &mut Extend, scope: &str, known: &Extensions<'_>) {
    extend.extendee_text = format!(".{}", extend.extendee);
    fields(&mut extend.fields, scope, known);
}

fn service(service: &mut Service, known: &Extensions<'_>) {
    known.normalize(&mut service.options, &service.element.full_name);
    for method in &mut service.methods {
        method.input_text.0 = format!(".{}", method.input);
        method.output_text.0 = format!(".{}", method.output);
        known.normalize(&mut method.options, &service.element.full_name);
    }
}

fn fields(fields: &mut [Field], scope: &str, known: &Extensions<'_>) {
    fields.sort_by_key(|field| field.number);
    for field in fields {
        known.normalize(&mut field.options, scope);
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

    #[test]
    fn options_are_normal() {
        check(
            "syntax = \"proto3\";\npackage p;\nimport \"google/protobuf/descriptor.proto\";\n\
             message O { int32 a = 1; repeated string b = 2; O c = 3; }\n\
             extend google.protobuf.FieldOptions { O opt = 50002; repeated int32 many = 50003; string one = 50004; }\n\
             message M {\n  int32 x = 1 [(opt).b = \"it's\", (p.opt).a = 0x10, (opt).c = { b: \"r\" a: 2 b: \"q\" }, deprecated = true,\n\
             (.p.many) = 2, (many) = 1, json_name = \"y\"];\n  int32 z = 2 [(one) = 'z'];\n}\n",
            "syntax = \"proto3\";\npackage p;\n\nimport \"google/protobuf/descriptor.proto\";\n\n\
             message O {\n  int32 a = 1;\n  repeated string b = 2;\n  .p.O c = 3;\n}\n\
             message M {\n  int32 x = 1 [\n    deprecated = true,\n    json_name = \"y\",\n    (p.many) = 2,\n    (p.many) = 1,\n    \
             (p.opt) = {\n      a: 16,\n      b: \"it\\'s\",\n      c: {\n        a: 2,\n        b: [\n          \"r\",\n          \
             \"q\"\n        ]\n      }\n    }\n  ];\n  int32 z = 2 [(p.one) = \"z\"];\n}\n\n\
             extend .google.protobuf.FieldOptions {\n  .p.O opt = 50002;\n  repeated int32 many = 50003;\n  string one = 50004;\n}\n",
        );
    }
}
