//! Finds: a field that the writer sends and the reader has neither as a field nor as a reserved number.
//!
//! Why it matters: the reader skips it, which is how Protobuf grows. When the field was deleted on the reader's side, its
//! number is free to be taken again, and then old messages are misread.
//!
//! Instead: whoever deletes a field reserves its number and its name: `reserved 2; reserved "name";`.

use std::collections::HashSet;

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::Message;

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
    let known: HashSet<i32> = reader.fields.iter().map(|f| f.number).collect();
    let reserved = Ranges::of(reader);
    for field in &pair.pair.writer.fields {
        let number = field.number;
        if known.contains(&number) || reserved.contain(number) {
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

/// The numbers that a message keeps free, in order.
struct Ranges(Vec<(i32, i32)>);

impl Ranges {
    fn of(message: &Message) -> Self {
        let ranges = message.reserved_ranges.iter().chain(&message.extension_ranges);
        let mut ranges: Vec<(i32, i32)> = ranges.map(|range| (range.start, range.end)).collect();
        ranges.sort_unstable();
        // Each ends where the furthest of those before it does, so that one look is enough.
        let mut end = i32::MIN;
        for range in &mut ranges {
            end = end.max(range.1);
            range.1 = end;
        }
        Self(ranges)
    }

    fn contain(&self, number: i32) -> bool {
        let behind = self.0.partition_point(|(start, _)| *start <= number);
        behind.checked_sub(1).and_then(|last| self.0.get(last)).is_some_and(|(_, end)| number <= *end)
    }
}
