//! Finds: a field number that carries different names on the two sides.
//!
//! Why it matters: on the wire a rename is nothing, but the JSON form knows fields by name, and generated code changes. It may
//! also be no rename at all: a number that was given to another meaning. Numbers that were swapped are
//! told by protobuf/field-numbers-swapped.
//!
//! Instead: for a rename, set `json_name` to the old name. For another meaning, take a new number and reserve the old one.

use eventpact_contract::diagnostic::Severity;

use crate::report::Report;
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding};
use super::field_numbers_swapped;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/field-renamed",
        summary: "a field number carries another name",
        breaks: Breaks::Json,
        source: include_str!("field_renamed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    if pair.message.context.confluent() || reader.json_name == writer.json_name {
        return;
    }
    let (new, old) = (&reader.element.name, &writer.element.name);
    let moved = pair.message.reader_field(old).filter(|f| f.number != reader.number);
    let mut message = format!("field {} is `{new}` for the reader and `{old}` for the writer", reader.number);
    let mut help = "for a rename, set `json_name` to the name that it had; for another meaning, take a new number";
    if field_numbers_swapped::is_told(pair.message, writer.number) {
        return;
    }
    if let Some(other) = moved {
        message = format!("{message}; the reader has `{old}` under the number {}", other.number);
        help = "leave each field its number: numbers are what travels";
    }
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
    found.severity = Severity::Warning;
    report.findings.push(found);
}
