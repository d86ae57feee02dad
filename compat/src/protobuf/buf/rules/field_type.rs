//! Finds, in profiles of buf: a field with another type. FIELD_SAME_TYPE: any other type; FIELD_WIRE_COMPATIBLE_TYPE: one that the
//! wire does not allow; FIELD_WIRE_JSON_COMPATIBLE_TYPE: one that the wire or JSON does not allow. Allowed on the wire are changes
//! within {int32, int64, uint32, uint64, bool}, {sint32, sint64}, {fixed32, sfixed32}, {fixed64, sfixed64}, and string to bytes; in
//! JSON also, of these, within {int32, uint32}, {int64, uint64}, {fixed32, sfixed32}, {fixed64, sfixed64}. An enum may be another of
//! the same short name that holds all values of the first. A message may not have another name, and not be delimited if it was not.
//!
//! Why it breaks: the type decides how the bytes are read, and what generated code has.
//!
//! Instead: add a field with a new number and the new type, fill both, and deprecate the old one. The profile `sound` shows for each
//! change of type whether there is a message that is misread.

use eventpact_contract::formats::protobuf::Scalar;

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::{FieldNode, Type};
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Modules, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "FIELD_SAME_TYPE",
            summary: "a field has another type",
            breaks: Breaks::Source,
            source: include_str!("field_type.rs"),
        },
        categories: &[Category::File, Category::Package, Category::Csr],
        check: Check::Field(|rule, _, fields, report| check(rule, fields, same_type(fields), report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_WIRE_COMPATIBLE_TYPE",
            summary: "a field has a type that the wire does not allow",
            breaks: Breaks::Wire,
            source: include_str!("field_type.rs"),
        },
        categories: &[Category::Wire],
        check: Check::Field(|rule, modules, fields, report| {
            check(rule, fields, to_bytes(fields) || allowed(modules, fields, wire), report);
        }),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
            summary: "a field has a type that the wire or JSON does not allow",
            breaks: Breaks::Json,
            source: include_str!("field_type.rs"),
        },
        categories: &[Category::WireJson, Category::Csr],
        check: Check::Field(|rule, modules, fields, report| check(rule, fields, allowed(modules, fields, wire_json), report)),
    },
];

fn check(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, fine: bool, report: &mut Report) {
    if fine {
        return;
    }
    let Versions { new, old } = fields;
    let (is, was) = (new.type_words(), old.type_words());
    let message = format!("{} was {was} and is {is}", new.described());
    let help = "leave the type as it was; the other type gets a field with a new number";
    let ends = Ends::new(new.type_place(), is, old.type_place(), was);
    report.findings.push(finding(rule, message, help, ends, new.path()));
}

fn same_type(fields: Versions<'_, FieldNode<'_>>) -> bool {
    fields.new.ty() == fields.old.ty() && fields.new.type_name() == fields.old.type_name()
}

/// Every string is made of bytes.
fn to_bytes(fields: Versions<'_, FieldNode<'_>>) -> bool {
    fields.new.ty() == Type::Scalar(Scalar::Bytes) && fields.old.ty() == Type::Scalar(Scalar::String)
}

/// Types of one group may be taken for each other; types with a name also need the same name.
fn allowed(modules: Modules<'_, '_>, fields: Versions<'_, FieldNode<'_>>, group: fn(Type) -> u8) -> bool {
    let Versions { new, old } = fields;
    let (is, was) = (new.ty(), old.ty());
    if group(is) != group(was) {
        return false;
    }
    new.type_name() == old.type_name() || (is == Type::Enum && holds_all(modules, fields))
}

/// The enum has the same short name, and every value of the one before.
fn holds_all(modules: Modules<'_, '_>, fields: Versions<'_, FieldNode<'_>>) -> bool {
    let is = fields.new.type_name().and_then(|name| modules.new.enumeration(&name));
    let was = fields.old.type_name().and_then(|name| modules.old.enumeration(&name));
    let (Some(is), Some(was)) = (is, was) else { return false };
    let kept = |name: &str, number: i32| is.one.values.iter().any(|v| v.element.name == name && v.number == number);
    is.one.element.name == was.one.element.name && was.one.values.iter().all(|v| kept(&v.element.name, v.number))
}

/// Types with one number are taken for each other on the wire.
fn wire(ty: Type) -> u8 {
    match ty {
        Type::Scalar(scalar) => match scalar {
            Scalar::Int32 | Scalar::Int64 | Scalar::Uint32 | Scalar::Uint64 | Scalar::Bool => 1,
            Scalar::Sint32 | Scalar::Sint64 => 2,
            Scalar::String => 3,
            Scalar::Bytes => 4,
            Scalar::Fixed32 | Scalar::Sfixed32 => 5,
            Scalar::Fixed64 | Scalar::Sfixed64 => 6,
            Scalar::Double => 7,
            Scalar::Float => 8,
        },
        Type::Group => 9,
        Type::Message => 10,
        Type::Enum => 11,
    }
}

/// The same in JSON too, where numbers of 64 bits are strings.
fn wire_json(ty: Type) -> u8 {
    match ty {
        Type::Scalar(Scalar::Int64 | Scalar::Uint64) => 21,
        Type::Scalar(Scalar::Bool) => 22,
        Type::Scalar(Scalar::Sint64) => 23,
        other => wire(other),
    }
}
