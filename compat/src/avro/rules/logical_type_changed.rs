//! Finds: a type that the reader can decode, but whose logical type means something else: milliseconds read as microseconds, a
//! decimal with another scale, a date that was a plain number.
//!
//! Why it breaks: Avro compares only the types below. 1700000000000 milliseconds read as microseconds are 20 January 1970, and
//! 12.34 with a scale of 3 is 1.234. No decoder complains; the numbers are wrong.
//!
//! Instead: add a new field with the new logical type and a default, and fill both for a while. A warning, since Avro Java and
//! the registries accept the change.

use eventpact_contract::formats::avro::{Kind, Logical, Schema, Type};

use crate::avro::instant;
use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/logical-type-changed",
        summary: "the logical type of a value stays the same",
        breaks: Breaks::Wire,
        source: include_str!("logical_type_changed.rs"),
    },
    check: Check::Meaning(check),
};

/// What the specification of Avro 1.12 names.
const SPECIFIED: [&str; 13] = [
    "decimal",
    "big-decimal",
    "uuid",
    "duration",
    "date",
    "time-millis",
    "time-micros",
    "timestamp-millis",
    "timestamp-micros",
    "timestamp-nanos",
    "local-timestamp-millis",
    "local-timestamp-micros",
    "local-timestamp-nanos",
];

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    if same(reader, writer) {
        return None;
    }
    let (ours, sent) = (word(site.schemas.reader, reader), word(site.schemas.writer, writer));
    Some(Draft {
        message: format!("the reader takes the value for {ours}, the writer means {sent}"),
        help: "Add a new field with the new logical type and a default; a decoder reads this one without complaint, but wrongly."
            .to_owned(),
        reader: Place::new(reader.span, ours),
        writer: Place::new(writer.span, sent),
        suffix: None,
        peer: None,
        trigger: witness(reader, writer),
    })
}

/// Whether every value of the writer means the same to the reader.
fn same(reader: &Type, writer: &Type) -> bool {
    match (logical(reader), logical(writer)) {
        (a, b) if a == b => own_word(reader).zip(own_word(writer)).is_none_or(|(ours, theirs)| ours == theirs),
        // Text stays text, and more digits for the same scale hold every old value.
        (None, Some(Logical::Uuid)) => true,
        (Some(Logical::Decimal { precision: p, scale: s }), Some(Logical::Decimal { precision: q, scale: t })) if s == t => {
            p >= q
        }
        _ => false,
    }
}

/// The logical type, when it is one that the specification knows.
fn logical(ty: &Type) -> Option<&Logical> {
    ty.logical.as_ref().filter(|l| !matches!(l, Logical::Unknown(_)))
}

/// A logical type that the specification does not know; one that it knows, but not on this type or not with these numbers, is to
/// be ignored.
fn own_word(ty: &Type) -> Option<&str> {
    match &ty.logical {
        Some(Logical::Unknown(word)) if !SPECIFIED.contains(&word.as_str()) => Some(word),
        _ => None,
    }
}

fn word(schema: &Schema, ty: &Type) -> String {
    let props = schema.props(&ty.props);
    let word = props.iter().find(|p| p.key == "logicalType").and_then(|p| p.value.as_str());
    match (logical(ty), word, own_word(ty)) {
        (Some(Logical::Decimal { precision, scale }), ..) => format!("decimal({precision}, {scale})"),
        (Some(_), Some(word), _) => word.to_owned(),
        (.., Some(own)) => format!("'{own}'"),
        _ => format!("a plain {}", ty.kind.name()),
    }
}

/// A number that means one thing to the writer and another to the reader.
fn witness(reader: &Type, writer: &Type) -> Trigger {
    let (own, theirs) = (logical(reader), logical(writer));
    if let (Some(Logical::Decimal { precision, scale }), Some(Logical::Decimal { scale: same, .. })) = (own, theirs)
        && scale == same
    {
        // The writer has more digits: the first number that is too large.
        let n = instant::largest(*precision);
        let words = format!("reads {}, which has more than {precision} digits", instant::shown(own, n.saturating_add(1)));
        return n.checked_add(1).map_or(Trigger::None, |n| Trigger::Meant(n, words));
    }
    let number = |ty: &Type| matches!(ty.kind, Kind::Int | Kind::Long) || matches!(logical(ty), Some(Logical::Decimal { .. }));
    let Some(n) = instant::sample(theirs, &writer.kind).filter(|_| number(reader)) else { return Trigger::None };
    let (read, meant) = (instant::shown(own, n), instant::shown(theirs, n));
    if read == meant { Trigger::None } else { Trigger::Meant(n, format!("takes {n} for {read}, and {meant} was meant")) }
}
