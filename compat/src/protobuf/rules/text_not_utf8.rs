//! Finds: a text that need not be UTF-8 for the writer: `bytes`, or a `string` that nobody checks (proto2, or
//! `features.utf8_validation = NONE`), where the reader has a `string`.
//!
//! Why it breaks: a reader that checks refuses the whole message. A writer of proto2 never chose not to check, and in most languages
//! does, so that is a warning. A reader that does not check takes any bytes for text: some languages keep them, others replace them
//! or refuse them all the same. `bytes` for a reader that checks are told by protobuf/field-type-changed.
//!
//! Instead: let writers check first, and readers when no other message is left; or keep `bytes`.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::{Field, FieldType, Scalar, Schema};

use crate::report::{Finding, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding};
use super::super::witness::{self, Spot};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/text-not-utf8",
        summary: "the reader takes for text what the writer does not check to be UTF-8",
        breaks: Breaks::Wire,
        source: include_str!("text_not_utf8.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    if pair.message.context.confluent() {
        return;
    }
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    let texts = texts(&reader.ty, &writer.ty);
    let unchecked = |w: Scalar| w == Scalar::String && !writer.features.utf8 && reader.features.utf8;
    let bytes = |w: Scalar| w == Scalar::Bytes && !reader.features.utf8;
    let refused = texts.iter().filter(|(_, w)| unchecked(*w)).find_map(|(spot, _)| refused(pair, *spot));
    let taken = || texts.iter().filter(|(_, w)| bytes(*w)).find_map(|(spot, _)| taken(pair, *spot));
    report.findings.extend(refused.or_else(taken));
}

/// The reader checks, the writer does not.
fn refused(pair: &FieldPair<'_>, spot: Spot) -> Option<Finding> {
    let witness = witness::of_text(pair, spot, None)?;
    let number = pair.pair.reader.number;
    let message = format!("the reader refuses field {number} when it is not UTF-8, the writer does not check that");
    let help = "let writers check UTF-8 first (`features.utf8_validation = VERIFY`)";
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
    found.witness = Some(witness);
    let chosen = chosen(pair.message.context.pair.writer, pair.pair.writer);
    found.severity = if chosen { Severity::Error } else { Severity::Warning };
    Some(found)
}

/// The writer has bytes, and the reader a text that it does not check.
fn taken(pair: &FieldPair<'_>, spot: Spot) -> Option<Finding> {
    let number = pair.pair.reader.number;
    let words = format!("no error: field {number} is text that is not UTF-8; where texts are Unicode it is replaced or refused");
    let witness = witness::of_text(pair, spot, Some(&words))?;
    let message = format!("the reader takes field {number} for text, the writer may send any bytes in it");
    let help = "keep `bytes`, or add a `string` field with a new number";
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
    found.witness = Some(witness);
    Some(found)
}

/// Where the reader has a text, and what the writer has there.
fn texts(reader: &FieldType, writer: &FieldType) -> Vec<(Spot, Scalar)> {
    let value = |spot: Spot, r: &FieldType, w: &FieldType| match (r, w) {
        (FieldType::Scalar(Scalar::String), FieldType::Scalar(w)) => Some((spot, *w)),
        _ => None,
    };
    match (reader, writer) {
        (FieldType::Map { key: a, value: x }, FieldType::Map { key: b, value: y }) => {
            let key = (*a == Scalar::String).then_some((Spot::Key, *b));
            key.into_iter().chain(value(Spot::Value, x, y)).collect()
        }
        (reader, writer) => value(Spot::Field, reader, writer).into_iter().collect(),
    }
}

/// The file of the field is written in an edition, where not to check is a choice.
fn chosen(schema: &Schema, field: &Field) -> bool {
    let file = schema.files.iter().find(|f| f.source == Some(field.element.span.file));
    file.is_some_and(|f| f.syntax.is_edition())
}
