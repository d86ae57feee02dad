//! Finds: an enum that is open for the writer and closed for the reader, with the same values.
//!
//! Why it breaks: an open enum may carry any number, such as one that a newer version of the schema gave a name and this writer only
//! passes on. A closed enum puts a number that it does not know aside, and the field looks as if it had never been sent. Values that
//! only the writer names are told by protobuf/enum-value-removed.
//!
//! Instead: leave the enum open (`features.enum_type = OPEN`, or proto3), or let every writer refuse unknown numbers first.

use std::collections::HashSet;

use eventpact_contract::formats::protobuf::FieldType;

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding};
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/enum-closed",
        summary: "the reader's enum is closed and the writer's is open",
        breaks: Breaks::Wire,
        source: include_str!("enum_closed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let context = pair.message.context;
    let (Some(r), Some(w)) = (name(&pair.pair.reader.ty), name(&pair.pair.writer.ty)) else { return };
    let (Some(reader), Some(writer)) = (context.pair.reader.enumeration(r), context.pair.writer.enumeration(w)) else { return };
    let closed = writer.features.open_enum && !reader.features.open_enum;
    if context.confluent() || !closed {
        return;
    }
    let known: HashSet<i32> = reader.values.iter().map(|r| r.number).collect();
    if !writer.values.iter().all(|w| known.contains(&w.number)) {
        return;
    }
    let Some(witness) = witness::of_field(pair) else { return };
    let message =
        format!("the reader drops numbers that the enum {} has no name for, the writer may send them", reader.element.name);
    let place = |one: &eventpact_contract::formats::protobuf::Enum, what: &str| {
        Place::new(one.element.name_span, format!("{what} enum {}", one.element.full_name))
    };
    let help = "leave the enum open for readers";
    let mut found = finding(&RULE, message, help, place(reader, "closed"), place(writer, "open"), pair.path());
    found.witness = Some(witness);
    report.findings.push(found);
}

fn name(ty: &FieldType) -> Option<&str> {
    match ty {
        FieldType::Enum(name) => Some(name),
        FieldType::Map { value, .. } => name(value),
        _ => None,
    }
}
