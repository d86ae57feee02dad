//! Finds: a record, enum or fixed whose name differs between reader and writer.
//!
//! Why it breaks: a reader accepts a named type only under its own simple name or under one of its aliases; the namespace does
//! not count. Some decoders overlook the name of a record outside of a union, others refuse it, and in a union the name decides
//! which branch is read.
//!
//! Instead: keep the name, or give the reader's type the writer's full name as an alias:
//! `"aliases": ["shop.OldName"]`. Deploy the reader with the alias before the writer takes the new name.

use eventpact_contract::formats::avro::Kind;

use crate::avro::site::{Check, Draft, Site, Trigger, show, span};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/name-mismatch",
        summary: "a named type keeps its name, or the reader knows the old one as an alias",
        breaks: Breaks::Wire,
        source: include_str!("name_mismatch.rs"),
    },
    check: Check::Named(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    let (own, theirs) = (reader.kind.named()?, writer.kind.named()?);
    if own.reads(&theirs.name) {
        return None;
    }
    let (ours, sent) = (show(site.schemas.reader, reader), show(site.schemas.writer, writer));
    // A record in a union is a finding about the union, so this one stands by itself.
    let note = if matches!(reader.kind, Kind::Record(_)) {
        " A decoder that goes by the fields alone (Avro Java's, outside of unions) reads it all the same; registries refuse it."
    } else {
        ""
    };
    Some(Draft {
        message: format!("the reader expects {ours}, the writer sends {sent}"),
        help: format!("Keep the name, or give the reader's type \"aliases\": [\"{}\"].{note}", theirs.name.full()),
        reader: Place::new(span(reader), ours),
        writer: Place::new(span(writer), sent),
        suffix: Some("name"),
        peer: Some(("NAME_MISMATCH", format!("expected: {}", theirs.name.full()))),
        trigger: Trigger::Any,
    })
}
