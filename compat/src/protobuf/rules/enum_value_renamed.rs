//! Finds: an enum number that carries another name.
//!
//! Why it matters: on the wire a value is its number, so nothing changes. The JSON form knows values by name: a reader refuses the
//! name that it does not have. Generated code changes as well.
//!
//! Instead: keep the name. `allow_alias` takes a second name for the number, and readers then know both.

use std::collections::{HashMap, HashSet};

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::{EnumValue, FieldType};

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, FieldPair, finding};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/enum-value-renamed",
        summary: "an enum number carries a name that the reader does not know",
        breaks: Breaks::Json,
        source: include_str!("enum_value_renamed.rs"),
    },
    check: Check::Field(check),
};

fn check(pair: &FieldPair<'_>, report: &mut Report) {
    let context = pair.message.context;
    let (Some(r), Some(w)) = (name(&pair.pair.reader.ty), name(&pair.pair.writer.ty)) else { return };
    let (Some(reader), Some(writer)) = (context.pair.reader.enumeration(r), context.pair.writer.enumeration(w)) else { return };
    // The first name of a number is the one that is written; a reader knows all of them.
    if context.confluent() {
        return;
    }
    let (sent, read) = (by_number(&writer.values), by_number(&reader.values));
    let names: HashSet<&str> = reader.values.iter().map(|v| v.element.name.as_str()).collect();
    let first = |v: &&EnumValue| sent.get(&v.number).is_some_and(|w| std::ptr::eq(*w, *v));
    for value in writer.values.iter().filter(first).filter(|v| !names.contains(v.element.name.as_str())) {
        let Some(now) = read.get(&value.number).copied() else { continue };
        let (number, new, old) = (value.number, &now.element.name, &value.element.name);
        let message =
            format!("the value {number} of the enum {} is {new} for the reader and {old} for the writer", reader.element.name);
        let place = |v: &EnumValue| Place::new(v.element.span, format!("{} = {}", v.element.name, v.number));
        let help = "keep the name, or let readers know both with `allow_alias`";
        let path = format!("{}/{number}", pair.path());
        let mut found = finding(&RULE, message, help, place(now), place(value), path);
        found.severity = Severity::Warning;
        report.findings.push(found);
    }
}

/// Of two with one number the first.
fn by_number(values: &[EnumValue]) -> HashMap<i32, &EnumValue> {
    values.iter().rev().map(|value| (value.number, value)).collect()
}

fn name(ty: &FieldType) -> Option<&str> {
    match ty {
        FieldType::Enum(name) => Some(name),
        FieldType::Map { value, .. } => name(value),
        _ => None,
    }
}
