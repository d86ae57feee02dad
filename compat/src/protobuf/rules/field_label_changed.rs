//! Finds: a field that the writer repeats and the reader reads once.
//!
//! Why it breaks: the reader keeps the last of several values (messages are merged); packed numbers look like an unknown field
//! and are all lost. The other way round is safe: one value is a list of one.
//!
//! In the profile `confluent`: any change of a label that is written on both sides, for numbers; strings and bytes pass.
//!
//! Instead: add a second field for the list, and fill both until every reader has moved.

use eventpact_contract::formats::protobuf::{FieldType, Label, Scalar};

use crate::report::Report;
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding, peer};
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/field-label-changed",
        summary: "the writer repeats a field that the reader reads once",
        breaks: Breaks::Wire,
        source: include_str!("field_label_changed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    if pair.message.context.confluent() {
        confluent(pair, report);
        return;
    }
    if writer.label != Label::Repeated || reader.label == Label::Repeated {
        return;
    }
    let Some(witness) = witness::of_list(pair) else { return };
    let message = format!("the reader reads one value of field {}, the writer sends a list", reader.number);
    let help = "add a second field for the single value and keep this one repeated";
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());

    found.witness = Some(witness);
    report.findings.push(found);
}

fn confluent(pair: &FieldPair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    let written = |label| label != Label::None;
    let numeric = match &reader.ty {
        FieldType::Scalar(Scalar::String | Scalar::Bytes) | FieldType::Message(_) | FieldType::Map { .. } => false,
        FieldType::Scalar(_) | FieldType::Enum(_) => true,
    };
    let map = matches!(writer.ty, FieldType::Map { .. });
    if !numeric || map || reader.label == writer.label || !written(reader.label) || !written(writer.label) {
        return;
    }
    let message = format!("the label of field {} differs between reader and writer", reader.number);
    let help = "keep the label, or add a field with a new number";
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
    found.peer = Some(peer("FIELD_NUMERIC_LABEL_CHANGED", &found.path));
    report.findings.push(found);
}
