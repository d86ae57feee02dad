//! A field as buf sees it: fields of messages, extensions, and the two fields in the entry of a map, with the same questions.

use std::borrow::Cow;

use eventpact_contract::formats::protobuf::{
    CppString, Field, FieldType, File, Label, Message, OptionEntry, Presence, Scalar, Syntax,
};
use eventpact_contract::formats::protobuf::{feature_place, map_entry_name};
use eventpact_contract::source::Span;

/// Which field it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A field of a message.
    Field,
    /// A field that another message gets.
    Extension,
    /// The key in the entry of a map.
    Key,
    /// The value in the entry of a map.
    Value,
}

/// A field.
#[derive(Debug, Clone)]
pub(super) struct FieldNode<'m> {
    file: &'m File,
    field: &'m Field,
    part: Part,
    /// The short name of the message, or the full name of the message that is extended.
    holder: Cow<'m, str>,
    /// The name of the oneof that it is in.
    oneof: Option<&'m str>,
}

/// The type of a field as descriptors have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// A scalar.
    Scalar(Scalar),
    /// An enum.
    Enum,
    /// A message with a length.
    Message,
    /// A group, or a message that is delimited.
    Group,
}

/// How often a field may stand, and whether it knows if it was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    Explicit,
    Implicit,
    Required,
    Repeated,
    Map,
}

impl Cardinality {
    /// A few words.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "optional with explicit presence",
            Self::Implicit => "optional with implicit presence",
            Self::Required => "required",
            Self::Repeated => "repeated",
            Self::Map => "a map",
        }
    }
}

impl<'m> FieldNode<'m> {
    pub(super) fn new(file: &'m File, field: &'m Field, part: Part, holder: Cow<'m, str>) -> Self {
        Self { file, field, part, holder, oneof: None }
    }

    /// A field of a message.
    pub(super) fn of_message(file: &'m File, field: &'m Field, message: &'m Message) -> Self {
        let oneof = field.oneof.and_then(|n| message.oneofs.get(n)).map(|o| o.element.name.as_str());
        Self { oneof, ..Self::new(file, field, Part::Field, Cow::Borrowed(&message.element.name)) }
    }

    /// The name of the oneof that it is in.
    pub(super) fn oneof(&self) -> Option<&'m str> {
        self.oneof
    }

    /// The field in the text: of an entry, the map.
    pub(super) fn field(&self) -> &'m Field {
        self.field
    }

    /// The message, or the one that is extended.
    pub(super) fn holder(&self) -> &str {
        &self.holder
    }

    pub(super) fn is_extension(&self) -> bool {
        self.part == Part::Extension
    }

    /// The field stands in the entry of a map.
    pub(super) fn in_entry(&self) -> bool {
        matches!(self.part, Part::Key | Part::Value)
    }

    /// The file is written in an edition.
    pub(super) fn in_edition(&self) -> bool {
        self.file.syntax.is_edition()
    }

    pub(super) fn number(&self) -> i32 {
        match self.part {
            Part::Key => 1,
            Part::Value => 2,
            Part::Field | Part::Extension => self.field.number,
        }
    }

    /// The name; extensions are known by their full names.
    pub(super) fn name(&self) -> &'m str {
        match self.part {
            Part::Key => "key",
            Part::Value => "value",
            Part::Field => &self.field.element.name,
            Part::Extension => &self.field.element.full_name,
        }
    }

    /// `field 2 `sku` of Order.Item`
    pub(super) fn described(&self) -> String {
        let what = if self.is_extension() { "extension" } else { "field" };
        format!("{what} {} `{}` of {}", self.number(), self.name(), self.holder)
    }

    /// For the fingerprint.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.holder, self.number())
    }

    /// The options; the entry of a map has none of its own.
    pub(super) fn options(&self) -> &'m [OptionEntry] {
        if self.in_entry() { &[] } else { &self.field.options }
    }

    /// The last option of a name.
    pub(super) fn option(&self, name: &str) -> Option<&'m OptionEntry> {
        self.options().iter().rev().find(|o| o.name == name)
    }

    /// The scalar of a key or value, or the type of the field.
    fn written_type(&self) -> TypeRef<'m> {
        match (self.part, &self.field.ty) {
            (Part::Key, FieldType::Map { key, .. }) => TypeRef::Scalar(*key),
            (Part::Value, FieldType::Map { value, .. }) => TypeRef::of(value),
            (_, ty) => TypeRef::of(ty),
        }
    }

    pub(super) fn ty(&self) -> Type {
        match self.written_type() {
            TypeRef::Scalar(scalar) => Type::Scalar(scalar),
            TypeRef::Enum(_) => Type::Enum,
            TypeRef::Message(_) if self.field.features.delimited => Type::Group,
            TypeRef::Message(_) | TypeRef::Map => Type::Message,
        }
    }

    /// The full name of a message or enum type; of a map, that of its entry.
    pub(super) fn type_name(&self) -> Option<Cow<'m, str>> {
        match self.written_type() {
            TypeRef::Scalar(_) => None,
            TypeRef::Enum(name) | TypeRef::Message(name) => Some(Cow::Borrowed(name)),
            TypeRef::Map => {
                let full_name = &self.field.element.full_name;
                let holder = full_name.rsplit_once('.').map_or("", |(holder, _)| holder);
                Some(Cow::Owned(format!("{holder}.{}", map_entry_name(&self.field.element.name))))
            }
        }
    }

    /// The type in words.
    pub(super) fn type_words(&self) -> String {
        match self.ty() {
            Type::Scalar(scalar) => scalar.as_str().to_owned(),
            Type::Group if self.file.syntax == Syntax::Proto2 => format!("group {}", self.type_name().unwrap_or_default()),
            Type::Group => format!("{} (delimited)", self.type_name().unwrap_or_default()),
            Type::Enum | Type::Message => self.type_name().unwrap_or_default().into_owned(),
        }
    }

    pub(super) fn cardinality(&self) -> Cardinality {
        if self.in_entry() {
            let implicit =
                self.field.features.presence == Presence::Implicit && !matches!(self.ty(), Type::Message | Type::Group);
            return if implicit { Cardinality::Implicit } else { Cardinality::Explicit };
        }
        match (&self.field.ty, self.field.label, self.field.features.presence) {
            (FieldType::Map { .. }, ..) => Cardinality::Map,
            (_, Label::Repeated, _) => Cardinality::Repeated,
            (_, Label::Required, _) => Cardinality::Required,
            (_, _, Presence::Implicit) => Cardinality::Implicit,
            (_, _, Presence::Explicit | Presence::Required) => Cardinality::Explicit,
        }
    }

    /// Strings are checked when they are read.
    pub(super) fn utf8(&self) -> bool {
        self.field.features.utf8
    }

    /// Java checks strings when it reads them.
    pub(super) fn java_utf8(&self) -> bool {
        let option = self.java_option();
        if option.is_some() || !self.file.syntax.is_edition() {
            return self.utf8() || option.is_some_and(|o| o.as_word() == Some("true"));
        }
        self.utf8() || self.field.features.java_utf8
    }

    /// `java_string_check_utf8` of the file.
    pub(super) fn java_option(&self) -> Option<&'m OptionEntry> {
        self.file.options.iter().find(|o| o.name == "java_string_check_utf8")
    }

    /// The type in C++, and whether it is the historic `STRING_PIECE`.
    pub(super) fn cpp_string(&self) -> (CppString, bool) {
        let ctype = self.option("ctype").filter(|_| self.file.syntax.edition() <= 1000);
        match ctype.and_then(OptionEntry::as_word) {
            Some("CORD") => (CppString::Cord, false),
            Some("STRING_PIECE") => (CppString::String, true),
            Some(_) => (CppString::String, false),
            None => (self.field.features.cpp_string, false),
        }
    }

    // ---- places ----

    /// The whole field.
    pub(super) fn place(&self) -> Span {
        if self.in_entry() { self.field.type_span } else { self.field.element.span }
    }

    pub(super) fn name_place(&self) -> Span {
        if self.in_entry() { self.field.type_span } else { self.field.element.name_span }
    }

    /// The type; of a group, the word `group`.
    pub(super) fn type_place(&self) -> Span {
        self.field.type_span
    }

    /// An option of the field, or the field.
    pub(super) fn option_place(&self, name: &str) -> Span {
        self.option(name).map_or_else(|| self.place(), |o| o.span)
    }

    /// Where a feature is written on the field, if it is.
    pub(super) fn feature_place(&self, name: &str) -> Option<Span> {
        feature_place(self.options(), None, name)
    }

    /// Where a feature of a language is written on the field, or all features in one pair of braces.
    pub(super) fn language_place(&self, language: &str, name: &str) -> Option<Span> {
        let braces = |o: &&OptionEntry| matches!(o.parts.as_slice(), [one] if !one.is_extension && one.name == "features");
        let whole = || self.options().iter().find(braces).map(|o| o.span);
        feature_place(self.options(), Some(language), name).or_else(whole)
    }
}

/// The type as written.
enum TypeRef<'m> {
    Scalar(Scalar),
    Enum(&'m str),
    Message(&'m str),
    Map,
}

impl<'m> TypeRef<'m> {
    fn of(ty: &'m FieldType) -> Self {
        match ty {
            FieldType::Scalar(scalar) => Self::Scalar(*scalar),
            FieldType::Enum(name) => Self::Enum(name),
            FieldType::Message(name) => Self::Message(name),
            FieldType::Map { .. } => Self::Map,
        }
    }
}
