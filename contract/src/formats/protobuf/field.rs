//! The grammar of fields: labels, types, maps, groups, options.
//!
//! Does not live here: what may stand where (`validate`), the rest of the grammar (`parse`).

use crate::diagnostic::Diagnostic;

use super::cursor::Stop;
use super::features::Features;
use super::lex::Kind;
use super::parse::Parser;
use super::tree::{Field, FieldType, Label, Message, OptionEntry, Scalar, Syntax};

impl Parser<'_> {
    /// A field of a message, a oneof or an `extend` block in `scope`. The message of a group goes to `messages`.
    pub(super) fn field(&mut self, scope: &str, oneof: Option<usize>, messages: &mut Vec<Message>) -> Result<Field, Stop> {
        let start = self.c.at;
        let label = self.label(oneof.is_some())?;
        let type_start = self.c.at;
        let is_map = self.c.is_word("map") && self.c.ahead(1).kind == Kind::Symbol('<');
        if is_map && (label != Label::None || oneof.is_some()) {
            let message = "a map has no label and stands in no oneof";
            return Err(Box::new(Diagnostic::error("protobuf/label", self.c.span(), message)));
        }
        let is_group = self.c.is_word("group") && self.c.ahead(1).kind == Kind::Ident;
        if is_group && self.is_edition() {
            let help = "write a nested message and a field of its type with [features.message_encoding = DELIMITED]";
            let problem = Diagnostic::error("protobuf/syntax", self.c.span(), "editions have no groups");
            return Err(Box::new(problem.with_help(help)));
        }
        let ty = if is_map {
            self.map_type()?
        } else if is_group {
            self.c.bump();
            FieldType::Message(String::new())
        } else {
            named_type(&self.c.path("the type of a field")?.0)
        };
        let type_span = self.c.span_from(type_start);
        let name = self.c.name("the name of the field")?;
        self.c.expect('=')?;
        let (number, number_span) = self.c.int("the number of the field")?;
        let options = self.c.bracket_options()?;
        let json = options.iter().rev().find(|o| o.name == "json_name").and_then(OptionEntry::as_string);
        let mut field = Field {
            number,
            number_span,
            label: if is_map { Label::Repeated } else { label },
            type_text: type_text(&ty),
            ty,
            type_span,
            oneof,
            json_name: json.unwrap_or_else(|| json_name(&name.0)),
            element: self.c.element(start, self.c.at, scope, name),
            options,
            is_group,
            features: Features::of(&Syntax::Proto2),
        };
        if is_group {
            self.group(start, scope, &mut field, messages)?;
        } else {
            self.c.expect(';')?;
            field.element.span = self.c.span_from(start);
        }
        Ok(field)
    }

    /// The body of a group: a message with the written name, and a field with that name in lower case.
    fn group(&mut self, start: usize, scope: &str, field: &mut Field, messages: &mut Vec<Message>) -> Result<(), Stop> {
        let (name, span) = (field.element.name.clone(), field.element.name_span);
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            let problem =
                Diagnostic::error("protobuf/syntax", span, format!("the name of the group '{name}' starts with a capital"));
            self.report(problem.with_help("its message has this name, its field has it in lower case"));
        }
        let mut message = self.message_body(start, (name.clone(), span), scope)?;
        message.is_group = true;
        let lower = name.to_ascii_lowercase();
        field.type_text.clone_from(&name);
        field.ty = FieldType::Message(name);
        field.element.full_name = super::parse::join(scope, &lower);
        if !field.options.iter().any(|o| o.name == "json_name") {
            field.json_name = json_name(&lower);
        }
        field.element.name = lower;
        field.element.span = self.c.span_from(start);
        messages.push(message);
        Ok(())
    }

    fn label(&mut self, in_oneof: bool) -> Result<Label, Stop> {
        let word = if self.c.peek().kind == Kind::Ident { self.c.text_of(self.c.peek()) } else { "" };
        let label = match word {
            "optional" => Label::Optional,
            "required" => Label::Required,
            "repeated" => Label::Repeated,
            _ => return Ok(Label::None),
        };
        if in_oneof {
            let message = format!("a field of a oneof has no label; remove '{word}'");
            return Err(Box::new(Diagnostic::error("protobuf/label", self.c.span(), message)));
        }
        if self.is_edition() && label != Label::Repeated {
            let help = match label {
                Label::Required => "remove it and write [features.field_presence = LEGACY_REQUIRED]",
                _ => "remove it: fields know if they were set, unless features.field_presence is IMPLICIT",
            };
            let problem = Diagnostic::error("protobuf/label", self.c.span(), format!("editions have no label '{word}'"));
            self.report(problem.with_help(help));
        }
        self.c.bump();
        Ok(label)
    }

    fn map_type(&mut self) -> Result<FieldType, Stop> {
        self.c.bump();
        self.c.expect('<')?;
        let (key, span) = self.c.path("the type of the keys")?;
        let key = match Scalar::from_keyword(&key) {
            Some(Scalar::Double | Scalar::Float | Scalar::Bytes) | None => {
                let message = format!("the keys of a map are integers, bool or string, not {key}");
                return Err(Box::new(Diagnostic::error("protobuf/map-key", span, message)));
            }
            Some(key) => key,
        };
        self.c.expect(',')?;
        let value = named_type(&self.c.path("the type of the values")?.0);
        self.c.expect('>')?;
        Ok(FieldType::Map { key, value: Box::new(value) })
    }
}

fn named_type(text: &str) -> FieldType {
    Scalar::from_keyword(text).map_or_else(|| FieldType::Message(text.to_owned()), FieldType::Scalar)
}

fn type_text(ty: &FieldType) -> String {
    match ty {
        FieldType::Scalar(s) => s.as_str().to_owned(),
        FieldType::Message(name) | FieldType::Enum(name) => name.clone(),
        FieldType::Map { key, value } => format!("map<{}, {}>", key.as_str(), type_text(value)),
    }
}

/// `shipping_address` → `shippingAddress`: what the JSON form calls a field that names nothing else.
pub(super) fn json_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else if upper {
            out.push(c.to_ascii_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}
