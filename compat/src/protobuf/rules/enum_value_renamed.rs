//! Finds: an enum number that carries another name.
//!
//! Why it matters: on the wire a value is its number, so nothing changes. The JSON form knows values by name: a reader refuses the
//! name that it does not have. Generated code changes as well.
//!
//! Instead: keep the name. `allow_alias` takes a second name for the number, and readers then know both.

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
    let first = |v: &&EnumValue| writer.values.iter().find(|w| w.number == v.number).is_some_and(|w| std::ptr::eq(w, *v));
    let unknown = |v: &&EnumValue| reader.values.iter().all(|r| r.element.name != v.element.name);
    for value in writer.values.iter().filter(|_| !context.confluent()).filter(first).filter(unknown) {
        let Some(now) = reader.values.iter().find(|r| r.number == value.number) else { continue };
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

fn name(ty: &FieldType) -> Option<&str> {
    match ty {
        FieldType::Enum(name) => Some(name),
        FieldType::Map { value, .. } => name(value),
        _ => None,
    }
}
