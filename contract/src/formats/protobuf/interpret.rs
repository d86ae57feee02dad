//! Options become messages: each name is looked up in `google/protobuf/descriptor.proto` and among the extensions, each value
//! is read by the type of its field.
//!
//! Values of single fields are in `literal`. Does not live here: what may stand beside what (`validate`).

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::literal::Reader;
use super::node::{Entry, Node, Wire};
use super::pool::{Pool, Visible};
use super::tree::{Field, FieldType, Label, Literal, LiteralField, LiteralName, OptionEntry, OptionName};

/// What options stand on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    File,
    Message,
    Field,
    Oneof,
    Enum,
    EnumValue,
    Service,
    Method,
    ExtensionRange,
}

impl Holder {
    /// The message of its options.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::File => "google.protobuf.FileOptions",
            Self::Message => "google.protobuf.MessageOptions",
            Self::Field => "google.protobuf.FieldOptions",
            Self::Oneof => "google.protobuf.OneofOptions",
            Self::Enum => "google.protobuf.EnumOptions",
            Self::EnumValue => "google.protobuf.EnumValueOptions",
            Self::Service => "google.protobuf.ServiceOptions",
            Self::Method => "google.protobuf.MethodOptions",
            Self::ExtensionRange => "google.protobuf.ExtensionRangeOptions",
        }
    }

    /// For people: `a field`.
    pub(super) fn called(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Message => "a message",
            Self::Field => "a field",
            Self::Oneof => "a oneof",
            Self::Enum => "an enum",
            Self::EnumValue => "an enum value",
            Self::Service => "a service",
            Self::Method => "a method",
            Self::ExtensionRange => "an extension range",
        }
    }

    /// The value of `google.protobuf.FieldOptions.OptionTargetType`.
    fn target(self) -> &'static str {
        match self {
            Self::File => "TARGET_TYPE_FILE",
            Self::Message => "TARGET_TYPE_MESSAGE",
            Self::Field => "TARGET_TYPE_FIELD",
            Self::Oneof => "TARGET_TYPE_ONEOF",
            Self::Enum => "TARGET_TYPE_ENUM",
            Self::EnumValue => "TARGET_TYPE_ENUM_ENTRY",
            Self::Service => "TARGET_TYPE_SERVICE",
            Self::Method => "TARGET_TYPE_METHOD",
            Self::ExtensionRange => "TARGET_TYPE_EXTENSION_RANGE",
        }
    }
}

/// Options as a message.
#[derive(Debug, Default)]
pub(super) struct Interpreted {
    pub(super) node: Node,
    /// What each option sets.
    pub(super) set: Vec<Target>,
}

/// What one option sets.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    /// The path from the options message on; empty for what is no option of the message.
    pub(super) path: Vec<i32>,
    /// Compilers see it, descriptors that are handed on do not.
    pub(super) source_only: bool,
}

/// Interprets the options of one file.
pub(super) struct Interpreter<'a, 'd> {
    pub(super) pool: &'d Pool<'a>,
    pub(super) visible: Visible<'a>,
    /// The number of the file's edition.
    pub(super) edition: i32,
    /// The files whose extensions are used.
    pub(super) used: HashSet<usize>,
    pub(super) diagnostics: Vec<Diagnostic>,
    holder: Holder,
}

impl<'a, 'd> Interpreter<'a, 'd> {
    pub(super) fn new(pool: &'d Pool<'a>, file: usize) -> Self {
        let edition = pool.schema.files.get(file).map_or(0, |f| f.syntax.edition());
        let visible = pool.visible(file);
        Self { pool, visible, edition, used: HashSet::new(), diagnostics: Vec::new(), holder: Holder::File }
    }

    /// Reports what is wrong with an option, and what to do instead.
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.diagnostics.push(Diagnostic::error("protobuf/option", span, message).with_help(help));
    }

    /// The options of an element with the full name `scope`.
    pub(super) fn options(&mut self, holder: Holder, options: &[OptionEntry], scope: &str) -> Interpreted {
        self.holder = holder;
        let mut out = Interpreted::default();
        for option in options {
            let simple = option.parts.len() == 1 && option.parts.first().is_some_and(|p| !p.is_extension);
            let target = if holder == Holder::Field && simple && matches!(option.name.as_str(), "default" | "json_name") {
                Target::default()
            } else {
                self.option(&mut out.node, option, scope).unwrap_or_default()
            };
            out.set.push(target);
        }
        out
    }

    /// Sets one option; `None` when it was reported.
    fn option(&mut self, root: &mut Node, option: &OptionEntry, scope: &str) -> Option<Target> {
        let mut node = root;
        let mut message = self.holder.message().to_owned();
        let mut path = Vec::with_capacity(option.parts.len());
        let mut hidden = false;
        let (last, around) = option.parts.split_last()?;
        for part in around {
            let field = self.part(part, &message, scope, option)?;
            path.push(field.number);
            hidden |= source_only(field);
            let FieldType::Message(inner) = &field.ty else {
                self.error(part.span, format!("'{}' is no message: nothing in it can be set", part.name), "set it as a whole");
                return None;
            };
            if field.label == Label::Repeated {
                let text = format!("'{}' is repeated: give each of its values as a whole", part.name);
                self.error(part.span, text, "write its value in braces, once for each");
                return None;
            }
            message.clone_from(inner);
            node = inside(node, field)?;
        }
        let field = self.part(last, &message, scope, option)?;
        path.push(field.number);
        if field.label != Label::Repeated && node.fields.contains_key(&field.number) {
            self.error(option.span, format!("the option '{}' is set twice", option.name), "remove one of the two");
            return None;
        }
        if field.label == Label::Repeated {
            let count = node.fields.get(&field.number).map_or(0, Vec::len);
            path.push(i32::try_from(count).unwrap_or(i32::MAX));
        }
        let value = self.direct(field, option)?;
        node.push(field.number, value, source_only(field));
        Some(Target { path, source_only: hidden || source_only(field) })
    }

    /// The field that a part of a name stands for in a message.
    fn part(&mut self, part: &OptionName, message: &str, scope: &str, option: &OptionEntry) -> Option<&'a Field> {
        let field = if part.is_extension {
            let found = self.pool.extension(&part.name, scope, &self.visible);
            let Some(extension) = found else {
                let elsewhere = self.pool.extensions.get(part.name.trim_start_matches('.'));
                let text = format!("the option '({})' is not defined", part.name);
                let help = match elsewhere {
                    Some(_) => "import the file that extends the options with it".to_owned(),
                    None => format!("import the file that extends {message} with it"),
                };
                let mut problem = Diagnostic::error("protobuf/option", part.span, text).with_help(help);
                if let Some(extension) = elsewhere {
                    problem = problem.with_related(extension.field.element.name_span, "defined here");
                }
                self.diagnostics.push(problem);
                return None;
            };
            self.used.insert(extension.file);
            if extension.extendee != message {
                let text = format!("'({})' extends {}, and {message} is needed here", part.name, extension.extendee);
                self.error(part.span, text, "use an option that extends what it stands on");
                return None;
            }
            extension.field
        } else {
            let known = self.pool.field(message, &part.name).filter(|f| f.element.name == part.name);
            let Some(field) = known.filter(|f| f.element.name != "uninterpreted_option") else {
                let called = if message == self.holder.message() { self.holder.called() } else { message };
                let fields = self.pool.message(message).map(|m| m.fields.as_slice()).unwrap_or_default();
                let names: Vec<&str> =
                    fields.iter().map(|f| f.element.name.as_str()).filter(|n| *n != "uninterpreted_option").collect();
                let help = format!("it has {}; one of your own stands in parentheses", names.join(", "));
                self.error(option.span, format!("{called} has no option '{}'", part.name), &help);
                return None;
            };
            field
        };
        self.allowed(field, option.span).then_some(field)
    }

    /// Whether a field may be set here: in this edition, on this kind of element.
    fn allowed(&mut self, field: &Field, span: Span) -> bool {
        let name = &field.element.name;
        if name == "features"
            && field.element.full_name.starts_with("google.protobuf.")
            && self.edition < super::tree::EDITION_2023
        {
            let problem = Diagnostic::error("protobuf/option", span, "features are for editions");
            self.diagnostics.push(problem.with_help("write `edition = \"2023\";` instead of the syntax line"));
            return false;
        }
        let mut targets = field.options.iter().filter(|o| o.name == "targets").peekable();
        if targets.peek().is_some() && !targets.any(|o| o.as_word() == Some(self.holder.target())) {
            let text = format!("the option '{name}' cannot be set on {}", self.holder.called());
            self.error(span, text, "remove it");
            return false;
        }
        self.lifetime(name, &field.options, span)
    }

    /// Whether an option or a value of it exists in the edition of the file.
    pub(super) fn lifetime(&mut self, name: &str, options: &[OptionEntry], span: Span) -> bool {
        let Some(Literal::Message(support)) = options.iter().find(|o| o.name == "feature_support").map(|o| &o.literal) else {
            return true;
        };
        let edition = |wanted: &str| {
            let found = support.iter().find(|f| f.name == LiteralName::Field(wanted.to_owned()))?;
            let Literal::Word(word) = &found.value else { return None };
            match word.strip_prefix("EDITION_")? {
                "PROTO2" => Some(998),
                "PROTO3" => Some(999),
                "2023" => Some(super::tree::EDITION_2023),
                "2024" => Some(super::tree::EDITION_2024),
                "LEGACY" => Some(900),
                _ => Some(9999),
            }
        };
        if let Some(introduced) = edition("edition_introduced").filter(|e| self.edition < *e) {
            let year = introduced - super::tree::EDITION_2023 + 2023;
            self.error(
                span,
                format!("'{name}' came with edition {year}; this file is older"),
                "remove it, or raise the edition of the file",
            );
            return false;
        }
        if edition("edition_removed").is_some_and(|e| self.edition >= e) {
            let mut problem =
                Diagnostic::error("protobuf/option", span, format!("'{name}' does not exist in this edition any more"));
            let hint = support.iter().find(|f| f.name == LiteralName::Field("removal_error".to_owned()));
            if let Some(Literal::Text(text)) = hint.map(|h| &h.value) {
                problem = problem.with_help(String::from_utf8_lossy(text).trim());
            }
            self.diagnostics.push(problem);
            return false;
        }
        true
    }

    /// The value that stands behind `=`.
    fn direct(&mut self, field: &'a Field, option: &OptionEntry) -> Option<Wire> {
        if let (FieldType::Message(name), Literal::Message(fields)) = (&field.ty, &option.literal) {
            let node = self.aggregate(name, fields, option.span)?;
            return Some(if field.features.delimited { Wire::Group(node) } else { Wire::Message(node) });
        }
        if let (FieldType::Map { key, value }, Literal::Message(fields)) = (&field.ty, &option.literal) {
            return self.map_entry(field, *key, value, fields, option.span);
        }
        let reader = Reader { name: &option.name, in_aggregate: false, span: option.span };
        reader.value(self, &field.ty, &option.literal)
    }

    /// The fields of an aggregate value as a message of a type.
    pub(super) fn aggregate(&mut self, message: &str, fields: &[LiteralField], span: Span) -> Option<Node> {
        let mut node = Node::default();
        let Some(definition) = self.pool.message(message) else {
            self.error(span, format!("the message '{message}' is not known"), "import the file that defines it");
            return None;
        };
        let mut oneofs: HashSet<usize> = HashSet::new();
        for entry in fields {
            if let LiteralName::Any(url) = &entry.name {
                self.any(message, url, entry, &mut node)?;
                continue;
            }
            let field = self.text_field(message, entry)?;
            if !self.allowed(field, entry.span) {
                return None;
            }
            let again = field.label != Label::Repeated && node.fields.contains_key(&field.number);
            if again || field.oneof.is_some_and(|n| matches!(entry.name, LiteralName::Field(_)) && !oneofs.insert(n)) {
                let what = if again { "is set twice" } else { "is in a oneof of which another field is set" };
                let text = format!("'{}' {what}", field.element.name);
                self.error(entry.span, text, "remove one of the two");
                return None;
            }
            let values = match &entry.value {
                Literal::List(values) if field.label == Label::Repeated => values.as_slice(),
                Literal::List(_) => {
                    self.error(
                        entry.span,
                        format!("'{}' is not repeated: it has one value, not a list", field.element.name),
                        "remove the brackets",
                    );
                    return None;
                }
                value => std::slice::from_ref(value),
            };
            for value in values {
                let value = self.text_value(field, value, entry)?;
                node.push(field.number, value, source_only(field));
            }
        }
        let missing = definition.fields.iter().find(|f| f.label == Label::Required && !node.fields.contains_key(&f.number));
        if let Some(field) = missing {
            self.error(span, format!("the required field '{}' of {message} is missing", field.element.name), "give it a value");
            return None;
        }
        Some(node)
    }

    fn text_value(&mut self, field: &'a Field, value: &Literal, entry: &LiteralField) -> Option<Wire> {
        match (&field.ty, value) {
            (FieldType::Message(name), Literal::Message(fields)) => {
                let node = self.aggregate(name, fields, entry.span)?;
                Some(if field.features.delimited { Wire::Group(node) } else { Wire::Message(node) })
            }
            (FieldType::Map { key, value: ty }, Literal::Message(fields)) => self.map_entry(field, *key, ty, fields, entry.span),
            _ => {
                let reader = Reader { name: &field.element.name, in_aggregate: true, span: entry.span };
                reader.value(self, &field.ty, value)
            }
        }
    }

    /// `{ key: …, value: … }`
    fn map_entry(
        &mut self,
        field: &'a Field,
        key: super::tree::Scalar,
        value: &FieldType,
        fields: &[LiteralField],
        span: Span,
    ) -> Option<Wire> {
        let mut node = Node::default();
        for part in fields {
            let (number, ty) = match &part.name {
                LiteralName::Field(name) if name == "key" => (1, FieldType::Scalar(key)),
                LiteralName::Field(name) if name == "value" => (2, value.clone()),
                _ => {
                    self.error(part.span, "an entry of a map has a key and a value", "write { key: … value: … }");
                    return None;
                }
            };
            let value = match (&ty, &part.value) {
                (FieldType::Message(name), Literal::Message(fields)) => Wire::Message(self.aggregate(name, fields, part.span)?),
                _ => {
                    let reader = Reader { name: &field.element.name, in_aggregate: true, span };
                    reader.value(self, &ty, &part.value)?
                }
            };
            node.fields.insert(number, vec![Entry { value, source_only: false }]);
        }
        Some(Wire::Message(node))
    }

    /// The field of a name in an aggregate.
    fn text_field(&mut self, message: &str, entry: &LiteralField) -> Option<&'a Field> {
        let found = match &entry.name {
            LiteralName::Field(name) => self.pool.field(message, name),
            LiteralName::Extension(name) | LiteralName::Any(name) => {
                let found = self.pool.extension(name, message, &self.visible).filter(|e| e.extendee == message);
                let found = found.or_else(|| self.pool.set_member(message, name));
                self.used.extend(found.map(|e| e.file));
                found.map(|e| e.field)
            }
        };
        if found.is_none() {
            let (LiteralName::Field(name) | LiteralName::Extension(name) | LiteralName::Any(name)) = &entry.name;
            self.error(
                entry.span,
                format!("{message} has no field '{name}'"),
                "see the definition of the message; extensions stand in brackets",
            );
        }
        found
    }

    /// `[type.googleapis.com/full.Name] { … }`: a type and the bytes of its message.
    fn any(&mut self, message: &str, url: &str, entry: &LiteralField, node: &mut Node) -> Option<()> {
        let name = url.rsplit('/').next().unwrap_or(url);
        let known = matches!(url.split('/').next(), Some("type.googleapis.com" | "type.googleprod.com"));
        let Literal::Message(fields) = &entry.value else {
            self.error(entry.span, "the content of an Any is a message in braces", "write [type.googleapis.com/full.Name] { … }");
            return None;
        };
        if message != "google.protobuf.Any" || !known || self.pool.message(name).is_none() {
            self.error(
                entry.span,
                format!("'[{url}]' stands for no message here"),
                "write [type.googleapis.com/full.Name], and import the file that defines the type",
            );
            return None;
        }
        let inner = self.aggregate(name, fields, entry.span)?;
        let mut bytes = Vec::new();
        inner.encode(&mut bytes);
        node.push(1, Wire::Bytes(url.as_bytes().to_vec()), false);
        node.push(2, Wire::Bytes(bytes), false);
        Some(())
    }
}

/// The message in a field, made when it is not there yet.
fn inside<'n>(node: &'n mut Node, field: &Field) -> Option<&'n mut Node> {
    let entries = node.fields.entry(field.number).or_default();
    if entries.is_empty() {
        let value = if field.features.delimited { Wire::Group(Node::default()) } else { Wire::Message(Node::default()) };
        entries.push(Entry { value, source_only: source_only(field) });
    }
    match &mut entries.first_mut()?.value {
        Wire::Message(inner) | Wire::Group(inner) => Some(inner),
        _ => None,
    }
}

fn source_only(field: &Field) -> bool {
    field.options.iter().any(|o| o.name == "retention" && o.as_word() == Some("RETENTION_SOURCE"))
}
