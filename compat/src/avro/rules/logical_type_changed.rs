//! Finds: a type that the reader can decode, but whose logical type means something else: milliseconds read as microseconds, a
//! decimal with another scale, a date that was a plain number.
//!
//! Why it breaks: Avro compares only the types below. 1700000000000 milliseconds read as microseconds are 20 January 1970, and
//! 12.34 with a scale of 3 is 1.234. No decoder complains; the numbers are wrong.
//!
//! Instead: add a new field with the new logical type and a default, and fill both for a while. A warning, since Avro Java and
//! the registries accept the change.

use eventpact_contract::formats::avro::{Logical, Type};

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

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    let (own, theirs) = (logical(reader), logical(writer));
    let grown = match (own, theirs) {
        (a, b) if a == b => return None,
        // Text stays text, and more digits for the same scale hold every old value.
        (None, Some(Logical::Uuid)) => return None,
        (Some(Logical::Decimal { precision: p, scale: s }), Some(Logical::Decimal { precision: q, scale: t })) if s == t => {
            p >= q
        }
        _ => false,
    };
    if grown {
        return None;
    }
    let (ours, sent) = (word(reader), word(writer));
    Some(Draft {
        message: format!("the reader takes the value for {ours}, the writer means {sent}"),
        help: "Add a new field with the new logical type and a default; a decoder reads this one without complaint, but wrongly."
            .to_owned(),
        reader: Place::new(reader.span, ours),
        writer: Place::new(writer.span, sent),
        suffix: None,
        peer: None,
        trigger: Trigger::Any,
    })
}

/// The logical type, when it is one that the specification knows.
fn logical(ty: &Type) -> Option<&Logical> {
    ty.logical.as_ref().filter(|l| !matches!(l, Logical::Unknown(_)))
}

fn word(ty: &Type) -> String {
    let word = ty.props.iter().find(|p| p.key == "logicalType").and_then(|p| p.value.as_str());
    match (logical(ty), word) {
        (Some(Logical::Decimal { precision, scale }), _) => format!("decimal({precision}, {scale})"),
        (Some(_), Some(word)) => word.to_owned(),
        _ => format!("a plain {}", ty.kind.name()),
    }
}
