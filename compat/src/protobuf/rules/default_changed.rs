//! Finds: a field that means another value to the reader when it is not sent.
//!
//! Why it breaks: a field that is not set is not on the wire, and each side takes its own default for it. A field without
//! presence (proto3 without `optional`) is not even sent when somebody set it to zero, so a reader with `default = 7` reads 7
//! where 0 was written. An enum without `default` has its first value.
//!
//! Instead: leave the default as it was, and let the writer set the other value.

use eventpact_contract::formats::protobuf::Label;

use crate::report::Report;
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::buf::default;
use super::super::walk::{Check, FieldPair, finding};
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/default-changed",
        summary: "a field that is not sent has another value for the reader",
        breaks: Breaks::Wire,
        source: include_str!("default_changed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    // What is required is always sent.
    if pair.message.context.confluent() || writer.label == Label::Required {
        return;
    }
    let schemas = pair.message.context.pair;
    let (Some(read), Some(meant)) = (default::of_field(reader, schemas.reader), default::of_field(writer, schemas.writer)) else {
        return;
    };
    if (read.is_zero() && meant.is_zero()) || read.same(&meant) {
        return;
    }
    let (read, meant) = (read.words(), meant.words());
    let Some(mut witness) = witness::of_absence(pair.message, writer.number) else { return };
    witness.reader_error =
        format!("field {} is not in the message: the reader takes {read} for it, the writer {meant}", writer.number);
    let message = format!("field {} is {read} for the reader when it is not sent, and {meant} for the writer", writer.number);
    let help = "leave the default as it was; let the writer set the other value";
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
    found.witness = Some(witness);
    report.findings.push(found);
}
