//! Finds a message whose payload is written in another schema language than before (Avro became Protobuf, …).
//!
//! Why it breaks: the bytes of one format mean nothing to a reader of another.
//!
//! What to do instead: add a second message or channel for the new format and retire the old one later.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::Message;

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/payload-format-changed",
        summary: "a payload changed its schema language",
        breaks: Breaks::Wire,
        source: include_str!("payload_format_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, _scope: &Scope<'_>, report: &mut Report) {
    let payloads = versions.new.and_then(|new| Some((new, new.payload.as_ref()?, versions.old.payload.as_ref()?)));
    let Some((message, new, old)) = payloads else { return };
    let (Some(new_schema), Some(old_schema)) = (&new.schema, &old.schema) else { return };
    let (now, before) = (new_schema.format().as_str(), old_schema.format().as_str());
    if now == before {
        return;
    }
    report.findings.push(Finding {
        rule: RULE.info,
        severity: Severity::Error,
        message: format!("the payload of `{}` was {before} and is {now}", message.name()),
        help: "add a second message or channel for the new format, and retire the old one when no client is left".to_owned(),
        reader: Place::new(new.span, now),
        writer: Place::new(old.span, before),
        path: format!("/messages/{}/payload", message.name()),
        peer: None,
        witness: None,
    });
}
