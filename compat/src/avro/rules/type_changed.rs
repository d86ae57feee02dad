//! Finds: a type of another kind in the reader than in the writer, where Avro does not promote one to the other.
//!
//! Why it breaks: the bytes do not say what they are. The reader refuses to read, say, a string as an int, and a decoder that
//! does not check would read nonsense.
//!
//! Allowed, from writer to reader: int → long, float, double; long → float, double; float → double; string ↔ bytes; any type →
//! a union that has it.
//!
//! Instead: widen in the allowed direction (readers first), make the reader's type a union of both (`["int", "string"]`), or add
//! a new field with a default and fill both for a while.

use eventpact_contract::formats::avro::Kind;

use crate::avro::site::{Check, Draft, Site, Trigger, show, span};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/type-changed",
        summary: "a type stays, or is promoted in the direction that Avro allows",
        breaks: Breaks::Wire,
        source: include_str!("type_changed.rs"),
    },
    check: Check::Mismatch(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    if promotes(&writer.kind, &reader.kind) {
        return None;
    }
    let (ours, theirs) = (show(site.schemas.reader, reader), show(site.schemas.writer, writer));
    let help = if promotes(&reader.kind, &writer.kind) {
        format!("Avro reads {ours} as {theirs}, not the other way round: let the readers change to {theirs} first.")
    } else {
        format!(
            "Make the reader's type the union [{ours}, {theirs}], or add a new field with a default and fill both for a while."
        )
    };
    let upper = |kind: &Kind| kind.name().to_uppercase();
    Some(Draft {
        message: format!("the reader expects {ours}, the writer sends {theirs}"),
        help,
        reader: Place::new(span(reader), ours),
        writer: Place::new(span(writer), theirs),
        suffix: None,
        peer: Some((
            "TYPE_MISMATCH",
            format!("reader type: {} not compatible with writer type: {}", upper(&reader.kind), upper(&writer.kind)),
        )),
        trigger: Trigger::Any,
    })
}

/// Whether a reader of the second kind reads what was written as the first.
pub(in crate::avro) fn promotes(writer: &Kind, reader: &Kind) -> bool {
    matches!(
        (writer, reader),
        (Kind::Int, Kind::Long | Kind::Float | Kind::Double)
            | (Kind::Long, Kind::Float | Kind::Double)
            | (Kind::Float, Kind::Double)
            | (Kind::String, Kind::Bytes)
            | (Kind::Bytes, Kind::String)
    )
}
