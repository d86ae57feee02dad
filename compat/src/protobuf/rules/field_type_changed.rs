//! Finds: a field whose type on the reader's side refuses or misreads values that the writer can send.
//!
//! Why it breaks: the type decides how the bytes are read. Another wire type makes the field unknown, so its value is lost;
//! `int64` read as `int32` is cut; `sint32` read as `int32` is another number; `bytes` that are no UTF-8 are refused as
//! `string`; a message with a length is none to a reader of groups. Changes that read every value (`int32` → `int64`, `string` → `bytes`) are silent.
//!
//! In the profile `confluent`: changes between the groups {int32, int64, uint32, uint64, bool, enum}, {sint32, sint64},
//! {string, bytes}, {fixed32, sfixed32}, {fixed64, sfixed64}, float, double, and between messages with different names.
//!
//! Instead: add a field with a new number and the new type, fill both, and reserve the old number later.

use eventpact_contract::formats::protobuf::{FieldType, Scalar, Schema};

use crate::report::Report;
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding, peer};
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/field-type-changed",
        summary: "the reader's type of a field misreads what the writer sends",
        breaks: Breaks::Wire,
        source: include_str!("field_type_changed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let (reader, writer) = (&pair.pair.reader.ty, &pair.pair.writer.ty);
    let peer = if pair.message.context.confluent() {
        let Some(kind) = confluent(pair, reader, writer) else { return };
        Some(peer(kind, &pair.path()))
    } else {
        None
    };
    let framed = pair.pair.reader.features.delimited == pair.pair.writer.features.delimited;
    let witness = if peer.is_some() || (framed && same(reader, writer)) { None } else { witness::of_field(pair) };
    if peer.is_none() && witness.is_none() {
        return;
    }
    let (new, old) = (&pair.pair.reader.type_text, &pair.pair.writer.type_text);
    let number = pair.pair.reader.number;
    let message = if framed {
        format!("field {number} is {new} for the reader and {old} for the writer")
    } else {
        format!("field {number} is a message with a length on one side and a group, or delimited, on the other")
    };
    let help = "leave the type as it was; the other type gets a field with a new number";
    let mut found = finding(&RULE, message, help, pair.reader_place(), pair.writer_place(), pair.path());

    found.peer = peer;
    found.witness = witness;
    report.findings.push(found);
}

/// Types whose difference is nothing, or is found elsewhere: messages by their fields, enums by their values.
fn same(reader: &FieldType, writer: &FieldType) -> bool {
    match (reader, writer) {
        (FieldType::Scalar(a), FieldType::Scalar(b)) => a == b,
        // To a reader of bytes an encoded message is what it asks for.
        (FieldType::Message(_) | FieldType::Scalar(Scalar::Bytes), FieldType::Message(_))
        | (FieldType::Enum(_), FieldType::Enum(_)) => true,
        (FieldType::Map { key: a, value: x }, FieldType::Map { key: b, value: y }) => a == b && same(x, y),
        _ => false,
    }
}

/// The incompatible difference type of Confluent's registry.
fn confluent(pair: &FieldPair<'_>, reader: &FieldType, writer: &FieldType) -> Option<&'static str> {
    let schemas = pair.message.context.pair;
    match (reader, writer) {
        (FieldType::Map { key: a, value: x }, FieldType::Map { key: b, value: y }) => {
            let keys = confluent(pair, &FieldType::Scalar(*a), &FieldType::Scalar(*b));
            keys.or_else(|| confluent(pair, x, y))
        }
        (FieldType::Message(a), FieldType::Message(b)) => {
            (relative(schemas.reader, a) != relative(schemas.writer, b)).then_some("FIELD_NAMED_TYPE_CHANGED")
        }
        (FieldType::Scalar(_) | FieldType::Enum(_), FieldType::Scalar(_) | FieldType::Enum(_)) => {
            (group(reader) != group(writer)).then_some("FIELD_SCALAR_KIND_CHANGED")
        }
        _ => Some("FIELD_KIND_CHANGED"),
    }
}

/// A name without the package of the payload's file: a changed package is another finding.
fn relative<'a>(schema: &Schema, name: &'a str) -> &'a str {
    let package = schema.main().map_or("", |f| f.package.as_str());
    name.strip_prefix(package).filter(|_| !package.is_empty()).and_then(|n| n.strip_prefix('.')).unwrap_or(name)
}

/// Scalars that Confluent takes for each other.
fn group(ty: &FieldType) -> u8 {
    match ty {
        FieldType::Scalar(scalar) => match scalar {
            Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 | Scalar::Uint64 | Scalar::Bool => 0,
            Scalar::Sint32 | Scalar::Sint64 => 1,
            Scalar::String | Scalar::Bytes => 2,
            Scalar::Fixed32 | Scalar::Sfixed32 => 3,
            Scalar::Fixed64 | Scalar::Sfixed64 => 4,
            Scalar::Float => 5,
            Scalar::Double => 6,
        },
        FieldType::Enum(_) => 0,
        FieldType::Message(_) | FieldType::Map { .. } => 7,
    }
}
