//! What a rule sees, and what it says.

use eventpact_contract::formats::avro::{EnumType, Field, Fixed, Kind, Schema, Type, TypeId};
use eventpact_contract::source::Span;

use crate::pair::Pair;
use crate::report::Place;

/// Two types that meet: one of the reader, one of the writer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'s> {
    /// The two schemas.
    pub schemas: Pair<'s, Schema>,
    /// The type in the reader's schema.
    pub reader: TypeId,
    /// The type in the writer's schema.
    pub writer: TypeId,
}

impl<'s> Site<'s> {
    pub(super) fn reader(&self) -> &'s Type {
        self.schemas.reader.get(self.reader)
    }

    pub(super) fn writer(&self) -> &'s Type {
        self.schemas.writer.get(self.writer)
    }

    /// Both as enums, when they are.
    pub(super) fn enums(&self) -> Option<Pair<'s, EnumType>> {
        match (&self.reader().kind, &self.writer().kind) {
            (Kind::Enum(reader), Kind::Enum(writer)) => Some(Pair::new(reader, writer)),
            _ => None,
        }
    }

    /// Both as fixed, when they are.
    pub(super) fn fixed(&self) -> Option<Pair<'s, Fixed>> {
        match (&self.reader().kind, &self.writer().kind) {
            (Kind::Fixed(reader), Kind::Fixed(writer)) => Some(Pair::new(reader, writer)),
            _ => None,
        }
    }
}

/// The place of a type for people: the name of a named type, else the type itself.
pub(super) fn span(ty: &Type) -> Span {
    ty.kind.named().map_or(ty.span, |named| named.name_span)
}

/// A type in a message: `int`, `record shop.Order`, `union [null, string]`.
pub(super) fn show(schema: &Schema, ty: &Type) -> String {
    match &ty.kind {
        Kind::Union(branches) => {
            let names: Vec<String> = branches.iter().take(6).map(|b| schema.get(*b).branch_name()).collect();
            let more = if branches.len() > names.len() { ", …" } else { "" };
            format!("union [{}{more}]", names.join(", "))
        }
        kind => kind.named().map_or_else(|| kind.name().to_owned(), |named| format!("{} {}", kind.name(), named.name.full())),
    }
}

/// What the witness must hold at the place of the break, and by what the reader's refusal is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Trigger {
    /// Any value of the writer's type.
    Any,
    /// Any record of the writer's type; the refusal names this field of the reader.
    Field(String),
    /// This symbol of the writer's enum.
    Symbol(usize),
}

/// What a rule found, before the walker adds the path and the witness.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// Why, in one sentence.
    pub message: String,
    /// What to do instead.
    pub help: String,
    /// The place in the reader's schema.
    pub reader: Place,
    /// The place in the writer's schema.
    pub writer: Place,
    /// What Avro Java appends to the location: `name`, `size`, `symbols`.
    pub suffix: Option<&'static str>,
    /// Avro Java's type and message; `None` for rules that are ours.
    pub peer: Option<(&'static str, String)>,
    /// How to make a value that breaks.
    pub trigger: Trigger,
}

/// When the walker calls a rule.
#[derive(Debug, Clone, Copy)]
pub(super) enum Check {
    /// Both are records, enums or fixed.
    Named(fn(&Site<'_>) -> Option<Draft>),
    /// The reader's record has a field that the writer's does not send.
    MissingField(fn(&Site<'_>, &Field) -> Option<Draft>),
    /// A field of the reader's record and its aliases match several of the writer's fields, listed here.
    AmbiguousField(fn(&Site<'_>, &Field, &[usize]) -> Option<Draft>),
    /// The types are of different kinds and none is a union.
    Mismatch(fn(&Site<'_>) -> Option<Draft>),
    /// The reader's type is a union and none of its branches can read the writer's type.
    Branch(fn(&Site<'_>) -> Draft),
    /// The reader can decode the type; what the values mean may have changed. Only in the profile "sound".
    Meaning(fn(&Site<'_>) -> Option<Draft>),
}
