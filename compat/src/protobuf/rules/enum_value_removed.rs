//! Finds: the writer can send an enum value that the reader does not know.
//!
//! Why it breaks: a closed enum (proto2) puts the value aside, and the field looks as if it had never been sent; when the
//! field is required, the message is refused. An open enum (proto3) keeps the number, so this is a warning there: code that
//! handles all values by name meets one without a name.
//!
//! Instead: keep the value, mark it `deprecated`, and remove it when no writer sends it any more; then reserve its number.

use std::collections::HashSet;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::{EnumValue, FieldType};

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding};
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/enum-value-removed",
        summary: "the reader does not know an enum value that the writer can send",
        breaks: Breaks::Wire,
        source: include_str!("enum_value_removed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let context = pair.message.context;
    let (Some(r), Some(w)) = (name(&pair.pair.reader.ty), name(&pair.pair.writer.ty)) else { return };
    let (Some(reader), Some(writer)) = (context.pair.reader.enumeration(r), context.pair.writer.enumeration(w)) else { return };
    let known: HashSet<i32> = reader.values.iter().map(|v| v.number).collect();
    let missing: Vec<&EnumValue> = writer.values.iter().filter(|v| !known.contains(&v.number)).collect();
    let Some(first) = missing.first().filter(|_| !context.confluent()) else { return };
    let names: Vec<String> = missing.iter().take(10).map(|v| format!("{} = {}", v.element.name, v.number)).collect();
    let witness = witness::of_field(pair);
    let what = if witness.is_some() { "drops" } else { "has no name for" };
    let message =
        format!("the reader {what} {} of the enum {}, which the writer can send", names.join(", "), reader.element.name);
    let reader_place = Place::new(reader.element.name_span, format!("enum {}", reader.element.full_name));
    let writer_place = Place::new(first.element.span, format!("{} = {}", first.element.name, first.number));
    let help = "keep the value until no writer sends it, then reserve its number";
    let mut found = finding(&RULE, message, help, reader_place, writer_place, pair.path());
    found.severity = if witness.is_some() { Severity::Error } else { Severity::Info };
    found.witness = witness;
    report.findings.push(found);
}

fn name(ty: &FieldType) -> Option<&str> {
    match ty {
        FieldType::Enum(name) => Some(name),
        FieldType::Map { value, .. } => name(value),
        _ => None,
    }
}
