//! Finds: a field that the reader requires and the writer may leave out.
//!
//! Why it breaks: a message without a required field is refused as a whole.
//!
//! In the profile `confluent`: a required field that only one side has, whichever it is.
//!
//! Instead: make the field optional and check it in code. A field that was once required stays required for ever.

use std::cell::LazyCell;
use std::collections::HashMap;

use eventpact_contract::formats::protobuf::{Field, Label, Message};

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, MessagePair, finding, peer, place};
use super::super::wire::Fields;
use super::super::witness;

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/required-changed",
        summary: "the reader requires a field that the writer may leave out",
        breaks: Breaks::Wire,
        source: include_str!("required_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(pair: &MessagePair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    if pair.context.confluent() {
        confluent(pair, report);
        return;
    }
    let sent_by_number = by_number(writer);
    // All of them lack in the same message.
    let missing = LazyCell::new(|| witness::prove(pair, Fields::new(), &[]));
    for field in reader.fields.iter().filter(|f| f.label == Label::Required) {
        let sent = sent_by_number.get(&field.number).copied();
        if sent.is_some_and(|w| w.label == Label::Required) {
            continue;
        }
        let Some(witness) = missing.clone() else { continue };
        let (name, number) = (&field.element.name, field.number);
        let what = if sent.is_some() { "may leave it out" } else { "does not have it" };
        let message = format!("the reader requires field {number} `{name}`, the writer {what}");
        let help = &format!("make `{name}` optional");
        let mut found =
            finding(&RULE, message, help, place(field), writer_place(writer, sent), format!("{}/{number}", pair.path));

        found.witness = Some(witness);
        report.findings.push(found);
    }
}

/// Of two with one number the first.
fn by_number(message: &Message) -> HashMap<i32, &Field> {
    message.fields.iter().rev().map(|f| (f.number, f)).collect()
}

fn writer_place(message: &Message, field: Option<&Field>) -> Place {
    field.map_or_else(|| around(message), place)
}

fn around(message: &Message) -> Place {
    Place::new(message.element.name_span, format!("message {}", message.element.name))
}

fn confluent(pair: &MessagePair<'_>, report: &mut Report) {
    let (reader, writer) = (pair.pair.reader, pair.pair.writer);
    let required = |f: &&Field| f.label == Label::Required;
    let (readers, writers) = (by_number(reader), by_number(writer));
    for field in reader.fields.iter().filter(required).filter(|f| !writers.contains_key(&f.number)) {
        let message = format!("the reader requires field {} `{}`, the writer does not have it", field.number, field.element.name);
        let path = format!("{}/{}", pair.path, field.number);
        let mut found =
            finding(&RULE, message, &format!("make `{}` optional", field.element.name), place(field), around(writer), path);
        found.peer = Some(peer("REQUIRED_FIELD_ADDED", &found.path));
        report.findings.push(found);
    }
    for field in writer.fields.iter().filter(required).filter(|f| !readers.contains_key(&f.number)) {
        let message = format!("the reader does not have the required field {} `{}`", field.number, field.element.name);
        let path = format!("{}/{}", pair.path, field.number);
        let mut found = finding(&RULE, message, "keep the field", around(reader), place(field), path);
        found.peer = Some(peer("REQUIRED_FIELD_REMOVED", &found.path));
        report.findings.push(found);
    }
}
