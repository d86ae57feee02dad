//! Finds a payload, or headers, that changed from one schema format to another, for example from JSON Schema to Avro.
//!
//! Why it breaks: the bytes are written in another way, and no reader of the old format understands them.
//!
//! What to do instead: add a second message or channel for the new format, and retire the old one when no client is
//! left.

use eventpact_contract::model::Message;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/payload-format-changed",
        summary: "a payload has another schema format",
        breaks: Breaks::Wire,
        source: include_str!("payload_format_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(message), old) = (versions.new, versions.old) else { return };
    for (part, new, old) in [("payload", &message.payload, &old.payload), ("headers", &message.headers, &old.headers)] {
        let (Some(new), Some(old)) = (new, old) else { continue };
        let (Some(new_schema), Some(old_schema)) = (&new.schema, &old.schema) else { continue };
        let (now, before) = (new_schema.format().as_str(), old_schema.format().as_str());
        if now == before {
            continue;
        }
        let verb = if part == "payload" { ("was", "is") } else { ("were", "are") };
        let text = format!("the {part} of `{}` {} {before} and {} {now}", message.name(), verb.0, verb.1);
        let change = Change::error(text, Place::new(new.span, now), Place::new(old.span, before));
        let help = "add a second message or channel for the new format, and retire the old one when no client is left";
        out.push(change.help(help).path(format!("/messages/{}/{part}", message.name())));
    }
}
