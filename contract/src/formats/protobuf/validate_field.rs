//! What may stand on a field: its number, its label, its default, its options, and what an extension must be.

use std::collections::{HashMap, HashSet};

use crate::source::Span;

use super::default::default_value;
use super::features;
use super::interpret::Holder;
use super::parse::MAX_NUMBER;
use super::tree::{
    EDITION_2024, Extend, Field, FieldType, Label, Literal, LiteralField, LiteralName, Message, OptionEntry, Scalar,
};
use super::validate::{Validator, holding, is_message_set, sorted};

/// The numbers that Protobuf keeps for itself.
const OWN_NUMBERS: std::ops::RangeInclusive<i32> = 19_000..=19_999;

impl<'a> Validator<'a, '_> {
    /// A field of a message, or an extension.
    pub(super) fn field(&mut self, field: &'a Field, message: Option<&Message>) {
        self.number(field, message.is_none());
        self.label(field, message.is_none());
        self.check_options(Holder::Field, &field.options, &field.element.full_name);
        self.own_options(field);
        for option in &field.options {
            match option.name.as_str() {
                "default" => self.default(field, option),
                "json_name" => self.json_name(field, option, message.is_none()),
                "packed" => self.packed(field, option),
                "lazy" | "unverified_lazy" => self.lazy(field, option, message.is_none()),
                "jstype" => self.jstype(field, option),
                "ctype" if self.file.syntax.edition() >= EDITION_2024 => {
                    let help = "use the feature (pb.cpp).string_type";
                    self.error("protobuf/option", option.span, "ctype does not exist in this edition any more", help);
                }
                _ => {}
            }
        }
        if self.file.syntax.is_edition() {
            self.features(field, message.is_none());
        }
        self.closed_enum(field);
    }

    /// `default` and `json_name` are no options of the message of options, and may be given once.
    fn own_options(&mut self, field: &Field) {
        for name in ["default", "json_name"] {
            let mut found = field.options.iter().filter(|o| o.name == name);
            if let (Some(first), Some(second)) = (found.next(), found.next()) {
                self.clash("protobuf/option", second.span, format!("the option '{name}' is set twice"), first.span);
            }
        }
    }

    fn number(&mut self, field: &Field, extension: bool) {
        let number = field.number;
        // An extension of a message set may have a larger number; whether it fits is judged by the range.
        if number < 1 || (number > MAX_NUMBER && !extension) {
            let text = format!("the field number {number} is not between 1 and {MAX_NUMBER}");
            self.error("protobuf/number", field.number_span, text, "take a free number from 1 on");
        } else if OWN_NUMBERS.contains(&number) {
            let text = format!("the field number {number} is one of 19000 to 19999, which Protobuf keeps for itself");
            self.error("protobuf/number", field.number_span, text, "take a number outside this range");
        }
    }

    fn label(&mut self, field: &Field, extension: bool) {
        let span = field.element.span;
        let map = matches!(field.ty, FieldType::Map { .. });
        let proto2 = !self.proto3 && !self.file.syntax.is_edition();
        if self.proto3 && field.label == Label::Required {
            self.error("protobuf/label", span, "proto3 has no required fields", "remove 'required'");
        } else if extension && field.label == Label::Required {
            self.error("protobuf/label", span, "an extension cannot be required", "make it optional");
        }
        if extension && map {
            self.error("protobuf/label", span, "an extension cannot be a map", "extend with a repeated message");
        }
        if self.proto3 && field.is_group {
            self.error("protobuf/label", span, "proto3 has no groups", "make the group a nested message and a field of its type");
        }
        if proto2 && field.label == Label::None && field.oneof.is_none() && !map {
            let help = "write 'optional' in front of it, or `syntax = \"proto3\";` at the top of the file";
            let text = format!("the field '{}' has no label, and proto2 wants one", field.element.name);
            self.error("protobuf/label", span, text, help);
        }
    }

    fn default(&mut self, field: &Field, option: &OptionEntry) {
        if self.proto3 {
            self.error("protobuf/default", option.span, "proto3 has no default values", "remove the option");
        } else if field.label == Label::Repeated {
            self.error("protobuf/default", option.span, "a repeated field has no default value", "remove the option");
        } else if matches!(field.ty, FieldType::Message(_)) {
            self.error("protobuf/default", option.span, "a message has no default value", "remove the option");
        } else if self.file.syntax.is_edition() && field.label == Label::None && field.oneof.is_none() {
            let help = "remove the option, or features.field_presence = IMPLICIT";
            self.error("protobuf/default", option.span, "a field with implicit presence has no default value", help);
        } else if default_value(field, |name| self.pool.enumeration(name)).is_none() {
            let text = format!("{} is not a value of the type {}", option.value, field.type_text);
            self.error("protobuf/default", option.span, text, "");
        }
    }

    fn json_name(&mut self, field: &Field, option: &OptionEntry, extension: bool) {
        let Some(name) = option.as_string() else {
            self.error("protobuf/option", option.span, "the option 'json_name' is a string in quotes", "");
            return;
        };
        if extension && name != super::field::json_name(&field.element.name) {
            self.error("protobuf/json-name", option.span, "an extension has no json_name", "remove the option");
        } else if name.contains('\0') {
            self.error("protobuf/json-name", option.span, "a name in JSON cannot hold the character NUL", "");
        } else if name.starts_with('[') && name.ends_with(']') && !extension {
            let help = "names in brackets stand for extensions; take another name";
            self.error("protobuf/json-name", option.span, format!("'{name}' cannot be a name in JSON"), help);
        }
    }

    fn packed(&mut self, field: &Field, option: &OptionEntry) {
        if self.file.syntax.is_edition() {
            let help = "write features.repeated_field_encoding = PACKED or EXPANDED";
            self.error("protobuf/option", option.span, "editions have no option 'packed'", help);
        } else if option.as_word() != Some("false") && (field.label != Label::Repeated || !packable(&field.ty)) {
            let text = "packed is for repeated numbers, booleans and enums";
            self.error("protobuf/option", option.span, text, "remove the option");
        }
    }

    fn lazy(&mut self, field: &Field, option: &OptionEntry, extension: bool) {
        if option.as_word() != Some("true") {
            return;
        }
        let message = matches!(field.ty, FieldType::Message(_) | FieldType::Map { .. }) && !field.features.delimited;
        if !message {
            self.error("protobuf/option", option.span, "lazy is for fields of a message type", "remove the option");
        } else if extension && option.name == "unverified_lazy" {
            self.error("protobuf/option", option.span, "an extension cannot be unverified_lazy", "remove the option");
        }
    }

    fn jstype(&mut self, field: &Field, option: &OptionEntry) {
        let wide = matches!(
            field.ty,
            FieldType::Scalar(Scalar::Int64 | Scalar::Uint64 | Scalar::Sint64 | Scalar::Fixed64 | Scalar::Sfixed64)
        );
        if !wide && option.as_word() != Some("JS_NORMAL") {
            self.error("protobuf/option", option.span, "jstype is for integers of 64 bits", "remove the option");
        }
    }

    /// Features that are written on a field where they mean nothing.
    fn features(&mut self, field: &Field, extension: bool) {
        let repeated = field.label == Label::Repeated;
        let message = matches!(field.ty, FieldType::Message(_));
        let mut wrong = Vec::new();
        for (name, value, span) in features::written(&field.options) {
            let text = match (name, value) {
                ("field_presence", _) if field.oneof.is_some() => "a field of a oneof always knows if it was set",
                ("field_presence", _) if repeated => "a repeated field has no presence",
                ("field_presence", "LEGACY_REQUIRED") => continue,
                ("field_presence", _) if extension => "an extension always knows if it was set",
                ("field_presence", "IMPLICIT") if message => "a field of a message type always knows if it was set",
                ("repeated_field_encoding", _) if !repeated => "only a repeated field has this feature",
                ("repeated_field_encoding", "PACKED") if !packable(&field.ty) => "only numbers, booleans and enums are packed",
                ("utf8_validation", _) if !holds_text(&field.ty) => "only a field of strings has this feature",
                ("message_encoding", _) if !message => "only a field of a message type has this feature",
                _ => continue,
            };
            wrong.push((span, text));
        }
        for (span, text) in wrong {
            self.error("protobuf/feature", span, text, "remove the feature");
        }
    }

    /// A closed enum in a field that does not know if it was set.
    fn closed_enum(&mut self, field: &Field) {
        let (name, in_map) = match &field.ty {
            FieldType::Enum(name) => (name, false),
            FieldType::Map { value, .. } => match &**value {
                FieldType::Enum(name) => (name, true),
                _ => return,
            },
            _ => return,
        };
        let Some(one) = self.pool.enumeration(name) else { return };
        if in_map && one.values.first().is_some_and(|v| v.number != 0) {
            let help = "put a value with the number 0 in front of the others";
            let text = format!("the first value of '{name}' is not 0, as that of an enum in a map must be");
            self.error("protobuf/enum-zero", field.type_span, text, help);
        }
        let implicit = self.file.syntax.is_edition() && field.label == Label::None && field.oneof.is_none();
        if !one.features.open_enum && (self.proto3 || implicit) {
            let text = format!("the enum '{name}' is closed: this field cannot hold it, as it always has a value");
            let help = "define the enum in a file with proto3, or in an edition, where enums are open";
            self.error("protobuf/closed-enum", field.type_span, text, help);
        }
    }

    /// An extension of a message.
    pub(super) fn extension(&mut self, extend: &'a Extend, field: &'a Field, extended: &'a Message) {
        let set = is_message_set(extended);
        let number = field.number;
        let ranges = self.ranges.entry(&extend.extendee).or_insert_with(|| {
            let mut ranges = sorted(&extended.extension_ranges);
            ranges.iter_mut().filter(|r| set && r.to_max).for_each(|r| r.end = i32::MAX - 1);
            ranges
        });
        let Some(range) = holding(ranges, number) else {
            let text = format!("'{}' does not keep the number {number} for extensions", extend.extendee);
            self.clash("protobuf/extension", field.number_span, text, extended.element.name_span);
            return;
        };
        if let Some(first) = self.numbers.insert((extend.extendee.as_str(), number), field) {
            let text = format!("'{}' is extended with the number {number} twice", extend.extendee);
            self.clash("protobuf/duplicate-number", field.number_span, text, first.number_span);
        }
        let plain = field.label != Label::Repeated && matches!(field.ty, FieldType::Message(_)) && !field.features.delimited;
        if set && !plain {
            let text = format!("'{}' is a message set: its extensions are optional messages", extend.extendee);
            self.error("protobuf/extension", field.element.span, text, "");
        }
        let lite = |o: &OptionEntry| o.name == "optimize_for" && o.as_word() == Some("LITE_RUNTIME");
        let extended_file = self.pool.schema.file_of(&extend.extendee);
        if self.file.options.iter().any(lite) && !extended_file.is_some_and(|f| f.options.iter().any(lite)) {
            let text = format!("a file for the lite runtime cannot extend '{}', which is not", extend.extendee);
            self.error("protobuf/extension", extend.span, text, "");
        }
        if let Some(options) = extended.range_options(&range) {
            self.declared(extend, field, options);
        }
    }

    /// An extension whose range declares what may be in it.
    fn declared(&mut self, extend: &Extend, field: &Field, options: &'a [OptionEntry]) {
        let Some(statement) = options.first().map(|option| option.span) else { return };
        let all = self.declared.entry(statement).or_insert_with(|| Declarations::of(options));
        let needed = all.needed || !all.by_number.is_empty();
        let (span, number) = (field.element.name_span, field.number);
        let Some(declaration) = all.by_number.get(&Some(number)).copied() else {
            if needed {
                let text = format!("'{}' declares its extensions, and has none with the number {number}", extend.extendee);
                self.error("protobuf/extension", span, text, "add a declaration to the range, or take a number of another range");
            }
            return;
        };
        let full_name = format!(".{}", field.element.full_name);
        let ty = match &field.ty {
            FieldType::Message(name) | FieldType::Enum(name) => format!(".{name}"),
            FieldType::Scalar(scalar) => scalar.as_str().to_owned(),
            FieldType::Map { .. } => String::new(),
        };
        let repeated = field.label == Label::Repeated;
        let text = if declaration.reserved {
            format!("'{}' declares the number {number} to be reserved", extend.extendee)
        } else if declaration.full_name != Some(full_name.as_str()) {
            format!("'{}' declares the number {number} for {}", extend.extendee, declaration.full_name.unwrap_or_default())
        } else if declaration.ty != Some(ty.as_str()) {
            format!("'{}' declares the type {} for the number {number}", extend.extendee, declaration.ty.unwrap_or_default())
        } else if declaration.repeated != repeated {
            let declared = if declaration.repeated { "repeated" } else { "not repeated" };
            format!("'{}' declares the number {number} to be {declared}", extend.extendee)
        } else {
            return;
        };
        self.error("protobuf/extension", span, text, "follow the declaration, or take another number");
    }

    /// The declarations of an `extensions` statement.
    pub(super) fn declarations(&mut self, message: &Message, statement: Span, options: &[OptionEntry]) {
        let id = "protobuf/extension";
        let all: Vec<Declaration<'_>> = declarations(options).collect();
        let unverified = options.iter().find(|o| o.name == "verification" && o.as_word() == Some("UNVERIFIED"));
        if let (Some(option), false) = (unverified, all.is_empty()) {
            self.error(id, option.span, "a range that declares its extensions is not UNVERIFIED", "remove the option");
        }
        let inside = |span: Span| statement.start <= span.start && span.end <= statement.end;
        let (mut numbers, mut names) = (HashSet::new(), HashSet::new());
        for one in &all {
            let number = one.number.unwrap_or(0);
            let ranges = message.extension_ranges.iter().filter(|r| inside(r.span));
            // The options of a statement hold for each of its ranges.
            let set = is_message_set(message);
            if ranges.into_iter().any(|r| number < r.start || (number > r.end && !(set && r.to_max))) {
                self.error(id, one.span, format!("the number {number} is not in the range"), "");
            }
            if !numbers.insert(number) {
                self.error(id, one.span, format!("the number {number} is declared twice"), "");
            }
            match (one.full_name, one.ty) {
                (None, None) if one.reserved => {}
                (Some(name), Some(ty)) => {
                    if !names.insert(name) {
                        self.error(id, one.span, format!("'{name}' is declared twice"), "");
                    }
                    let scalar = Scalar::from_keyword(ty).is_some();
                    for name in [Some(name), (!scalar).then_some(ty)].into_iter().flatten().filter(|n| !is_absolute(n)) {
                        self.error(id, one.span, format!("'{name}' is no full name"), "write it with a dot in front");
                    }
                }
                _ => self.error(id, one.span, "a declaration has both a full_name and a type", ""),
            }
        }
    }
}

/// `.a.b.C`
fn is_absolute(name: &str) -> bool {
    let part = |p: &str| {
        p.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && p.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.strip_prefix('.').is_some_and(|n| n.split('.').all(part))
}

/// What an `extensions` statement declares.
pub(super) struct Declarations<'o> {
    /// Every extension must be declared.
    needed: bool,
    /// The first of each number.
    by_number: HashMap<Option<i32>, Declaration<'o>>,
}

impl<'o> Declarations<'o> {
    fn of(options: &'o [OptionEntry]) -> Self {
        let needed = options.iter().any(|o| o.name == "verification" && o.as_word() == Some("DECLARATION"));
        let mut by_number = HashMap::new();
        for declaration in declarations(options) {
            by_number.entry(declaration.number).or_insert(declaration);
        }
        Self { needed, by_number }
    }
}

/// What an extension range says about one number.
#[derive(Clone, Copy)]
struct Declaration<'o> {
    number: Option<i32>,
    full_name: Option<&'o str>,
    ty: Option<&'o str>,
    reserved: bool,
    repeated: bool,
    span: Span,
}

fn declarations(options: &[OptionEntry]) -> impl Iterator<Item = Declaration<'_>> {
    options.iter().filter(|o| o.name == "declaration").filter_map(|option| {
        let Literal::Message(fields) = &option.literal else { return None };
        let is = |field: &LiteralField, name: &str| matches!(&field.name, LiteralName::Field(known) if known == name);
        let get = |name: &str| fields.iter().find(|field| is(field, name)).map(|field| &field.value);
        let text = |name: &str| match get(name) {
            Some(Literal::Text(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        };
        let flag = |name: &str| matches!(get(name), Some(Literal::Word(word)) if word == "true");
        let number = match get("number") {
            Some(Literal::Int { negative: false, magnitude }) => i32::try_from(*magnitude).ok(),
            _ => None,
        };
        let (full_name, ty) = (text("full_name"), text("type"));
        Some(Declaration { number, full_name, ty, reserved: flag("reserved"), repeated: flag("repeated"), span: option.span })
    })
}

fn holds_text(ty: &FieldType) -> bool {
    match ty {
        FieldType::Scalar(Scalar::String) => true,
        FieldType::Map { key, value } => *key == Scalar::String || holds_text(value),
        _ => false,
    }
}

/// Numbers, booleans and enums: what a repeated field can pack.
pub(super) fn packable(ty: &FieldType) -> bool {
    match ty {
        FieldType::Scalar(s) => !matches!(s, Scalar::String | Scalar::Bytes),
        FieldType::Enum(_) => true,
        FieldType::Message(_) | FieldType::Map { .. } => false,
    }
}
