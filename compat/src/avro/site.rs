//! What a rule sees, and what it says.

use std::collections::HashMap;

use eventpact_contract::formats::avro::{EnumType, Field, Fixed, Kind, Named, Schema, Type, TypeId};
use eventpact_contract::source::Span;

use crate::mode::Direction;
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
    /// There is no value that shows it.
    None,
    /// Any value of the writer's type.
    Any,
    /// Any record of the writer's type; the refusal names this field of the reader.
    Field(String),
    /// Any record at the root; this field of the reader has its default although the record has a value for it.
    Dropped(String),
    /// This symbol of the writer's enum.
    Symbol(usize),
    /// These bytes.
    Bytes(&'static [u8]),
    /// This number, which the reader rounds.
    Number(i64),
    /// This number, or this decimal without its point; and what the reader does with it: `takes 3 for 00:00:00.003`.
    Meant(i64, String),
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
    /// A field of the writer that two fields of the reader's record take. A warning, in the profile "sound" only.
    SharedField(fn(&Site<'_>, &Field, &[&Field; 2]) -> Draft),
    /// The reader can decode the type; what the values mean may have changed. A warning, in the profile "sound" only.
    Meaning(fn(&Site<'_>) -> Option<Draft>),
    /// The same for what is only good to know.
    Note(fn(&Site<'_>) -> Option<Draft>),
    /// Two fields that belong together; good to know.
    FieldNote(fn(&Site<'_>, &Pair<'_, Field>) -> Option<Draft>),
    /// What the latest version still understood of earlier ones, and the new version no longer does. A warning.
    Lost(fn(&Lost<'_>) -> Option<Wording>),
    /// The same, where no such rule has words for it.
    LostOtherwise(fn(&Lost<'_>) -> Wording),
}

/// A break with an earlier version that the latest version does not have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost<'a> {
    /// What the rule says that the pair of the new and the earlier version breaks.
    pub message: &'a str,
    /// The field that the break is about, when it is about one.
    pub field: Option<&'a str>,
    /// The reader takes the message, and leaves out the value that was meant for the field.
    pub is_dropped: bool,
    /// The type in the new version.
    pub new: &'a Type,
    /// The named types of the new and of the latest version, by their full names.
    pub types: (&'a ByName<'a>, &'a ByName<'a>),
    /// The name of the writer's type, when it has one.
    pub earlier: Option<&'a Named>,
    /// Who reads whom.
    pub direction: Direction,
    /// `version 1`, `versions 1, 2 and 3`: counted in the order of the history.
    pub versions: &'a str,
}

/// Named types by their full names.
pub(super) type ByName<'a> = HashMap<String, &'a Type>;

impl Lost<'_> {
    /// The type of the same name in the latest version.
    pub(super) fn latest(&self) -> Option<&Type> {
        self.types.1.get(&self.new.kind.named()?.name.full()).copied()
    }

    /// The field, as the new and as the latest version have it.
    pub(super) fn fields(&self) -> Option<(&Field, &Field)> {
        let find = |ty: &'_ Type| -> Option<usize> {
            let Kind::Record(record) = &ty.kind else { return None };
            record.fields.iter().position(|f| Some(f.name.as_str()) == self.field)
        };
        let (Kind::Record(new), Kind::Record(latest)) = (&self.new.kind, &self.latest()?.kind) else { return None };
        new.fields.get(find(self.new)?).zip(latest.fields.get(find(self.latest()?)?))
    }
}

/// What a rule on the history says.
#[derive(Debug, Clone)]
pub(super) struct Wording {
    /// Why, in one sentence.
    pub message: String,
    /// What to do instead.
    pub help: String,
}
