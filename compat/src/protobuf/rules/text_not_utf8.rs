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

use crate::report::Report;
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding};
use super::super::witness;

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
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    if pair.message.context.confluent() || !has(&reader.ty, Scalar::String) {
        return;
    }
    let (number, checked) = (reader.number, reader.features.utf8);
    let unchecked = has(&writer.ty, Scalar::String) && !writer.features.utf8;
    let found = if unchecked && checked {
        let Some(witness) = witness::of_text(pair, None) else { return };
        let message = format!("the reader refuses field {number} when it is not UTF-8, the writer does not check that");
        let help = "let writers check UTF-8 first (`features.utf8_validation = VERIFY`)";
        let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
        found.witness = Some(witness);
        let chosen = chosen(pair.message.context.pair.writer, writer);
        found.severity = if chosen { Severity::Error } else { Severity::Warning };
        found
    } else if has(&writer.ty, Scalar::Bytes) && !checked && pairs_up(reader, writer) {
        let words =
            format!("no error: field {number} is text that is not UTF-8; where texts are Unicode it is replaced or refused");
        let Some(witness) = witness::of_text(pair, Some(&words)) else { return };
        let message = format!("the reader takes field {number} for text, the writer may send any bytes in it");
        let help = "keep `bytes`, or add a `string` field with a new number";
        let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());
        found.witness = Some(witness);
        found
    } else {
        return;
    };
    report.findings.push(found);
}

/// The type, or a key or value of the map, is this scalar.
fn has(ty: &FieldType, scalar: Scalar) -> bool {
    match ty {
        FieldType::Scalar(one) => *one == scalar,
        FieldType::Map { key, value } => *key == scalar || has(value, scalar),
        FieldType::Message(_) | FieldType::Enum(_) => false,
    }
}

/// The file of the field is written in an edition, where not to check is a choice.
fn chosen(schema: &Schema, field: &Field) -> bool {
    let file = schema.files.iter().find(|f| f.source == Some(field.element.span.file));
    file.is_some_and(|f| f.syntax.is_edition())
}

/// Both are maps, or both are not.
fn pairs_up(reader: &Field, writer: &Field) -> bool {
    std::mem::discriminant(&reader.ty) == std::mem::discriminant(&writer.ty)
}
