//! Finds: a field that the writer sends and the reader has neither as a field nor as a reserved number.
//!
//! Why it matters: the reader skips it, which is how Protobuf grows. When the field was deleted on the reader's side, its
//! number is free to be taken again, and then old messages are misread.
//!
//! Instead: whoever deletes a field reserves its number and its name: `reserved 2; reserved "name";`.

use eventpact_contract::diagnostic::Severity;

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, MessagePair, finding, place};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/field-unknown",
        summary: "the reader skips a field of the writer and has not reserved its number",
        breaks: Breaks::Contract,
        source: include_str!("field_unknown.rs"),
    },
    check: Check::Message(check),
};

fn check(pair: &MessagePair<'_>, report: &mut Report) {
    if pair.context.confluent() {
        return;
    }
    let reader = pair.pair.reader;
    for field in &pair.pair.writer.fields {
        let number = field.number;
        let reserved = reader.reserved_ranges.iter().chain(&reader.extension_ranges).any(|r| (r.start..=r.end).contains(&number));
        if reserved || reader.fields.iter().any(|f| f.number == number) {
            continue;
        }
        let name = &field.element.name;
        let message = format!("the reader skips field {number} `{name}` of the writer");
        let reader_place = Place::new(reader.element.name_span, format!("message {}", reader.element.name));
        let help = &format!("if the field was deleted, write `reserved {number}; reserved \"{name}\";`");
        let mut found = finding(&RULE, message, help, reader_place, place(field), format!("{}/{number}", pair.path));
        found.severity = Severity::Info;
        report.findings.push(found);
    }
}
