//! Finds, in profiles of buf: a field that stands more or less often, or that knows whether it was set and did not.
//! FIELD_SAME_CARDINALITY: any change between explicit presence, implicit presence, required, repeated and map;
//! FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY: but for the presence; FIELD_WIRE_COMPATIBLE_CARDINALITY: but also between repeated and map.
//!
//! Why it breaks: generated code has another type (a list, a pointer). On the wire, a reader of one value keeps the last of a list
//! and does not understand packed numbers; in JSON a list is none.
//!
//! Instead: add a field with a new number, fill both, and deprecate the old one.

use crate::report::Report;
use crate::rule::{Breaks, RuleInfo};

use super::super::field::{Cardinality, FieldNode};
use super::super::finding::{Ends, finding};
use super::super::rule::{BufRule, Category, Check, Versions};

pub(super) const RULES: &[BufRule] = &[
    BufRule {
        info: RuleInfo {
            id: "FIELD_SAME_CARDINALITY",
            summary: "a field has another cardinality or presence",
            breaks: Breaks::Source,
            source: include_str!("field_cardinality.rs"),
        },
        categories: &[Category::File, Category::Package],
        check: Check::Field(|rule, _, fields, report| check(rule, fields, |c| c as u8, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            summary: "a field has a cardinality that the wire does not allow",
            breaks: Breaks::Wire,
            source: include_str!("field_cardinality.rs"),
        },
        categories: &[Category::Wire],
        check: Check::Field(|rule, _, fields, report| check(rule, fields, wire, report)),
    },
    BufRule {
        info: RuleInfo {
            id: "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
            summary: "a field has a cardinality that the wire or JSON does not allow",
            breaks: Breaks::Json,
            source: include_str!("field_cardinality.rs"),
        },
        categories: &[Category::WireJson, Category::Csr],
        check: Check::Field(|rule, _, fields, report| check(rule, fields, wire_json, report)),
    },
];

/// Cardinalities with one number are taken for each other on the wire.
fn wire(cardinality: Cardinality) -> u8 {
    match cardinality {
        Cardinality::Explicit | Cardinality::Implicit => 0,
        Cardinality::Required => 1,
        Cardinality::Repeated | Cardinality::Map => 2,
    }
}

/// The same in JSON too.
fn wire_json(cardinality: Cardinality) -> u8 {
    if cardinality == Cardinality::Map { 3 } else { wire(cardinality) }
}

fn check(rule: &BufRule, fields: Versions<'_, FieldNode<'_>>, group: fn(Cardinality) -> u8, report: &mut Report) {
    let Versions { new, old } = fields;
    let (is, was) = (new.cardinality(), old.cardinality());
    if group(is) == group(was) || (new.in_entry() && old.in_entry()) {
        return;
    }
    let message = format!("{} was {} and is {}", new.described(), was.as_str(), is.as_str());
    let help = "leave it as it was, or add a field with a new number";
    let ends = Ends::new(new.place(), is.as_str(), old.place(), was.as_str());
    report.findings.push(finding(rule, message, help, ends, new.path()));
}
