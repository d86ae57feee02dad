//! What may stand where in linked files: numbers, names, labels, reserved and extension ranges, options.
//!
//! Does not live here: the grammar (`parse`), names of types (`link`).

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::options::Options;
use super::parse::MAX_NUMBER;
use super::tree::{Enum, Extend, Field, FieldType, File, Label, Message, OptionEntry, Range, Scalar, Schema, Syntax};

/// The numbers that Protobuf keeps for itself.
const OWN_NUMBERS: std::ops::RangeInclusive<i32> = 19_000..=19_999;

/// Checks every file that the user wrote.
pub(super) fn validate(schema: &Schema, diagnostics: &mut Vec<Diagnostic>) {
    for file in schema.files.iter().filter(|f| f.source.is_some()) {
        let mut validator = Validator { schema, proto3: file.syntax == Syntax::Proto3, diagnostics };
        validator.file(file);
    }
}

struct Validator<'a> {
    schema: &'a Schema,
    proto3: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Validator<'_> {
    fn error(&mut self, id: &str, span: Span, message: impl Into<String>, help: &str) {
        let problem = Diagnostic::error(id, span, message);
        self.diagnostics.push(if help.is_empty() { problem } else { problem.with_help(help) });
    }

    fn clash(&mut self, id: &str, span: Span, message: String, first: Span) {
        let text = match id {
            "protobuf/reserved" => "reserved here",
            "protobuf/extension" => "the message that is extended",
            _ => "first used here",
        };
        self.diagnostics.push(Diagnostic::error(id, span, message).with_related(first, text));
    }

    fn options(&mut self) -> Options<'_> {
        Options { diagnostics: self.diagnostics }
    }

    fn file(&mut self, file: &File) {
        self.options().file(&file.options);
        self.unique_options(&file.options);
        file.messages.iter().for_each(|m| self.message(m));
        file.enums.iter().for_each(|e| self.enumeration(e));
        file.extends.iter().for_each(|e| self.extend(e));
        for service in &file.services {
            self.options().service(&service.options);
            for method in &service.methods {
                self.options().method(&method.options);
            }
        }
    }

    /// An option that is no custom one may be given once.
    fn unique_options(&mut self, options: &[OptionEntry]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for option in options.iter().filter(|o| !o.name.starts_with('(')) {
            if let Some(first) = seen.insert(&option.name, option.span) {
                self.clash("protobuf/option", option.span, format!("the option '{}' is set twice", option.name), first);
            }
        }
    }

    fn message(&mut self, message: &Message) {
        self.options().message(&message.options);
        self.unique_options(&message.options);
        for field in &message.fields {
            self.field(field);
            self.reserved_field(message, field);
        }
        self.unique_fields(&message.fields);
        self.oneofs(message);
        self.ranges(message);
        message.messages.iter().for_each(|m| self.message(m));
        message.enums.iter().for_each(|e| self.enumeration(e));
        message.extends.iter().for_each(|e| self.extend(e));
    }

    fn oneofs(&mut self, message: &Message) {
        for (index, oneof) in message.oneofs.iter().enumerate() {
            self.options().oneof(&oneof.options);
            if !message.fields.iter().any(|f| f.oneof == Some(index)) {
                let text = format!("the oneof '{}' has no field", oneof.element.name);
                self.error("protobuf/empty-oneof", oneof.element.name_span, text, "add a field or remove the oneof");
            }
        }
    }

    fn field(&mut self, field: &Field) {
        self.number(field);
        self.label(field);
        self.options().field(&field.options);
        self.unique_options(&field.options);
        for option in &field.options {
            match option.name.as_str() {
                "default" => self.default(field, option),
                "packed" if field.label != Label::Repeated || !packable(&field.ty) => {
                    let text = "packed is for repeated numbers, booleans and enums";
                    self.error("protobuf/option", option.span, text, "remove the option");
                }
                _ => {}
            }
        }
    }

    fn number(&mut self, field: &Field) {
        let number = field.number;
        if !(1..=MAX_NUMBER).contains(&number) {
            let text = format!("the field number {number} is not between 1 and {MAX_NUMBER}");
            self.error("protobuf/number", field.number_span, text, "take a free number from 1 on");
        } else if OWN_NUMBERS.contains(&number) {
            let text = format!("the field number {number} is one of 19000 to 19999, which Protobuf keeps for itself");
            self.error("protobuf/number", field.number_span, text, "take a number outside this range");
        }
    }

    fn label(&mut self, field: &Field) {
        let span = field.element.span;
        let map = matches!(field.ty, FieldType::Map { .. });
        if self.proto3 && field.label == Label::Required {
            self.error("protobuf/label", span, "proto3 has no required fields", "remove 'required'");
        }
        if !self.proto3 && field.label == Label::None && field.oneof.is_none() && !map {
            let help = "write 'optional' in front of it, or `syntax = \"proto3\";` at the top of the file";
            let text = format!("the field '{}' has no label, and proto2 wants one", field.element.name);
            self.error("protobuf/label", span, text, help);
        }
    }

    fn default(&mut self, field: &Field, option: &OptionEntry) {
        if self.proto3 {
            self.error("protobuf/default", option.span, "proto3 has no default values", "remove the option");
            return;
        }
        if field.label == Label::Repeated {
            self.error("protobuf/default", option.span, "a repeated field has no default value", "remove the option");
            return;
        }
        if super::descriptor::default_value(self.schema, field).is_none() {
            let text = format!("{} is not a value of the type {}", option.value, field.type_text);
            self.error("protobuf/default", option.span, text, "");
        }
    }

    fn unique_fields(&mut self, fields: &[Field]) {
        let mut numbers: HashMap<i32, &Field> = HashMap::new();
        let mut json: HashMap<&str, &Field> = HashMap::new();
        for field in fields {
            let name = &field.element.name;
            if let Some(first) = numbers.insert(field.number, field) {
                let text = format!("'{name}' has the number {} of '{}'", field.number, first.element.name);
                self.clash("protobuf/duplicate-number", field.number_span, text, first.number_span);
            }
            if let Some(first) = json.insert(&field.json_name, field)
                && first.element.name != *name
                && self.proto3
            {
                let text = format!("'{name}' and '{}' are both '{}' in JSON", first.element.name, field.json_name);
                self.clash("protobuf/json-name", field.element.name_span, text, first.element.name_span);
            }
        }
    }

    fn reserved_field(&mut self, message: &Message, field: &Field) {
        let name = &field.element.name;
        if let Some(range) = holding(&message.reserved_ranges, field.number) {
            let text = format!("'{name}' has the number {}, which is reserved", field.number);
            self.clash("protobuf/reserved", field.number_span, text, range.span);
        }
        if let Some(range) = holding(&message.extension_ranges, field.number) {
            let text = format!("'{name}' has the number {}, which is kept for extensions", field.number);
            self.clash("protobuf/reserved", field.number_span, text, range.span);
        }
        if let Some((_, span)) = message.reserved_names.iter().find(|(n, _)| n == name) {
            self.clash("protobuf/reserved", field.element.name_span, format!("the name '{name}' is reserved"), *span);
        }
    }

    fn ranges(&mut self, message: &Message) {
        for range in message.reserved_ranges.iter().chain(&message.extension_ranges) {
            if range.start < 1 || range.end > MAX_NUMBER {
                let text = format!("field numbers are between 1 and {MAX_NUMBER}");
                self.error("protobuf/number", range.span, text, "");
            }
        }
        if self.proto3 {
            for range in &message.extension_ranges {
                let help = "hold the extension in a field of type google.protobuf.Any";
                self.error("protobuf/extension", range.span, "proto3 has no extension ranges", help);
            }
        }
        let all: Vec<Range> = message.reserved_ranges.iter().chain(&message.extension_ranges).copied().collect();
        self.overlaps(all);
        self.unique_names(&message.reserved_names);
    }

    /// Reports ranges that share a number.
    fn overlaps(&mut self, mut ranges: Vec<Range>) {
        ranges.sort_by_key(|r| (r.start, r.span));
        for pair in ranges.windows(2) {
            if let [first, second] = pair
                && second.start <= first.end
            {
                let text = format!("the number {} is in two ranges", second.start);
                self.clash("protobuf/reserved", second.span, text, first.span);
            }
        }
    }

    fn unique_names(&mut self, names: &[(String, Span)]) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for (name, span) in names {
            if let Some(first) = seen.insert(name, *span) {
                self.clash("protobuf/reserved", *span, format!("the name '{name}' is reserved twice"), first);
            }
        }
    }

    fn enumeration(&mut self, one: &Enum) {
        let alias = self.options().enumeration(&one.options).and_then(|o| o.allow_alias).unwrap_or(false);
        self.unique_options(&one.options);
        match one.values.first() {
            None => {
                let text = format!("the enum '{}' has no value", one.element.name);
                self.error("protobuf/empty-enum", one.element.name_span, text, "add a value with the number 0");
            }
            Some(first) if self.proto3 && first.number != 0 => {
                let text = format!("the first value of an enum is 0 in proto3, not {}", first.number);
                let help = "put a value such as UNSPECIFIED = 0 in front";
                self.error("protobuf/enum-zero", first.element.span, text, help);
            }
            Some(_) => {}
        }
        let mut numbers: HashMap<i32, Span> = HashMap::new();
        for value in &one.values {
            self.options().enum_value(&value.options);
            let (name, span) = (&value.element.name, value.element.span);
            match numbers.insert(value.number, span) {
                Some(first) if !alias => {
                    let text = format!("'{name}' has the number {} of another value", value.number);
                    self.clash("protobuf/duplicate-number", span, text, first);
                }
                _ => {}
            }
            if let Some(range) = holding(&one.reserved_ranges, value.number) {
                let text = format!("'{name}' has the number {}, which is reserved", value.number);
                self.clash("protobuf/reserved", span, text, range.span);
            }
            if let Some((_, first)) = one.reserved_names.iter().find(|(n, _)| n == name) {
                self.clash("protobuf/reserved", span, format!("the name '{name}' is reserved"), *first);
            }
        }
        self.overlaps(one.reserved_ranges.clone());
        self.unique_names(&one.reserved_names);
    }

    fn extend(&mut self, extend: &Extend) {
        let extended = self.schema.message(&extend.extendee);
        for field in &extend.fields {
            self.number(field);
            self.options().field(&field.options);
            if field.label == Label::Required {
                self.error("protobuf/label", field.element.span, "an extension cannot be required", "make it optional");
            }
            if let Some(extended) = extended
                && holding(&extended.extension_ranges, field.number).is_none()
            {
                let text = format!("'{}' does not keep the number {} for extensions", extend.extendee, field.number);
                self.clash("protobuf/extension", field.number_span, text, extended.element.name_span);
            }
        }
        if self.proto3 && !extend.extendee.starts_with("google.protobuf.") {
            let help = "proto3 extends the option messages of google/protobuf/descriptor.proto only";
            let text = format!("proto3 cannot extend '{}'", extend.extendee);
            self.error("protobuf/extension", extend.span, text, help);
        }
    }
}

fn holding(ranges: &[Range], number: i32) -> Option<Range> {
    ranges.iter().find(|r| (r.start..=r.end).contains(&number)).copied()
}

/// Numbers, booleans and enums: what a repeated field can pack.
pub(super) fn packable(ty: &FieldType) -> bool {
    match ty {
        FieldType::Scalar(s) => !matches!(s, Scalar::String | Scalar::Bytes),
        FieldType::Enum(_) => true,
        FieldType::Message(_) | FieldType::Map { .. } => false,
    }
}
