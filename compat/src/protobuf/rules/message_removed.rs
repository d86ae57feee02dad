//! Finds: the payload is a message of another name; in the profile `confluent` also any message that the reader's file lacks.
//!
//! Why it matters: the bytes do not say which message they are, so a reader of another message misreads them without an
//! error. A message with another name and the same fields reads well, so this is a warning; differences in the fields are
//! found by the other rules. Confluent's registry refuses every removed message, used or not.
//!
//! Instead: keep the message. A new one gets its own channel or its own field in a `oneof`.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::formats::protobuf::Message;

use crate::report::{Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

use super::super::walk::{Check, Context, finding, named, peer};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "protobuf/message-removed",
        summary: "the reader does not have the writer's message",
        breaks: Breaks::Contract,
        source: include_str!("message_removed.rs"),
    },
    check: Check::Schema(check),
};

fn check(context: &Context<'_>, report: &mut Report) {
    let (reader, writer) = (context.pair.reader, context.pair.writer);
    if context.confluent() {
        let (Some(r), Some(w)) = (reader.main(), writer.main()) else { return };
        // What is missing has no place of its own: the package, the first message, or what the writer has.
        let first = r.messages.first().or_else(|| w.messages.first()).map(|m| m.element.name_span);
        let Some(span) = r.package_span.or(first) else { return };
        let around = Place::new(span, "the reader's file");
        missing(&r.messages, &w.messages, "#", &around, report);
        return;
    }
    let (Some(r), Some(w)) = (reader.message(&reader.root), writer.message(&writer.root)) else { return };
    if r.element.name == w.element.name {
        return;
    }
    let message = format!("the reader expects the message {} and the writer sends {}", reader.root, writer.root);
    let places = (Place::new(r.element.name_span, reader.root.clone()), Place::new(w.element.name_span, writer.root.clone()));
    let help = "leave the name of the message as it was, or give the new message a channel of its own";
    let mut found = finding(&RULE, message, help, places.0, places.1, format!("#/{}", w.element.name));
    found.severity = Severity::Warning;
    report.findings.push(found);
}

fn missing(reader: &[Message], writer: &[Message], path: &str, around: &Place, report: &mut Report) {
    let readers = named(reader);
    for w in writer {
        let path = format!("{path}/{}", w.element.name);
        if let Some(r) = readers.get(w.element.name.as_str()) {
            let inside = Place::new(r.element.name_span, format!("message {}", r.element.full_name));
            missing(&r.messages, &w.messages, &path, &inside, report);
            continue;
        }
        let message = format!("the reader has no message {}", w.element.full_name);
        let place = Place::new(w.element.name_span, format!("message {}", w.element.full_name));
        let help = "keep the message; Confluent's registry refuses its removal even when nothing uses it";
        let mut found = finding(&RULE, message, help, around.clone(), place, path);
        found.peer = Some(peer("MESSAGE_REMOVED", &found.path));
        report.findings.push(found);
    }
}
