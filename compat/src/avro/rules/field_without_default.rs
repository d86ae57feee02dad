//! Finds: a field that only the reader has and that has no default.
//!
//! Why it breaks: the message does not carry the field, so the reader has nothing to put there and refuses the whole message. A
//! default of an enum *type* is no default of the field.
//!
//! Instead: give a new field a default (`"default": null` with a union that lists `null` first is the usual one). To remove a
//! field, first give it a default in every reader, then stop writing it. A renamed field needs its old name among the reader's
//! `"aliases"`.

use eventpact_contract::formats::avro::{Field, Kind};

use crate::avro::site::{Check, Draft, Site, Trigger, show, span};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/field-without-default",
        summary: "a field that only the reader has needs a default",
        breaks: Breaks::Wire,
        source: include_str!("field_without_default.rs"),
    },
    check: Check::MissingField(check),
};

fn check(site: &Site<'_>, field: &Field) -> Option<Draft> {
    if field.default.is_some() {
        return None;
    }
    let (reader, writer) = (site.reader(), site.writer());
    let record = reader.kind.named()?.name.full();
    let ty = site.schemas.reader.get(field.ty);
    // Avro Java takes an enum with a default symbol for something special here, compares the enum with the whole record and
    // then reports that.
    let enum_default = matches!(&ty.kind, Kind::Enum(e) if e.default.is_some());
    let peer = if enum_default {
        ("TYPE_MISMATCH", "reader type: ENUM not compatible with writer type: RECORD".to_owned())
    } else {
        ("READER_FIELD_MISSING_DEFAULT_VALUE", field.name.to_string())
    };
    let note = if enum_default { " The default of the enum type does not count: it is for unknown symbols." } else { "" };
    Some(Draft {
        message: format!(
            "the reader needs the field '{}' of {record}; the writer does not send it and it has no default",
            field.name
        ),
        help: format!(
            "Give '{}' a default in the reader; if it was renamed, list the old name in its \"aliases\".{note}",
            field.name
        ),
        reader: Place::new(field.name_span, "no default"),
        writer: Place::new(span(writer), format!("{} has no '{}'", show(site.schemas.writer, writer), field.name)),
        suffix: enum_default.then_some("type"),
        peer: Some(peer),
        trigger: Trigger::Field(field.name.to_string()),
    })
}
