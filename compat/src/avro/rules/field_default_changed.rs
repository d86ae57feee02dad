//! Finds: a field whose default differs between reader and writer, or that only the writer has one for.
//!
//! Why it matters: messages that carry the field are read as before. Those from before the field existed get the reader's
//! default, so the same message has another value with another version; without a default they cannot be read at all. Which of
//! them there are is not in these two schemas: a history of versions shows it (avro/default-lost).
//!
//! Instead: keep a default for as long as messages without the field are stored. A note: no message of this writer is read
//! differently.

use eventpact_contract::formats::avro::Field;

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::pair::Pair;
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/field-default-changed",
        summary: "a field keeps its default",
        breaks: Breaks::Contract,
        source: include_str!("field_default_changed.rs"),
    },
    check: Check::FieldNote(check),
};

/// The longest default that is shown, in characters.
const SHOWN: usize = 60;

fn check(_: &Site<'_>, fields: &Pair<'_, Field>) -> Option<Draft> {
    let theirs = fields.writer.default.as_ref()?;
    let own = fields.reader.default.as_ref();
    if own.is_some_and(|own| own.to_json() == theirs.to_json()) {
        return None;
    }
    let name = &fields.reader.name;
    let sent = brief(&theirs.to_json());
    let (message, label) = match own.map(|own| brief(&own.to_json())) {
        Some(ours) => (
            format!("a message without the field '{name}' has {ours} there for the reader, and {sent} for the writer"),
            format!("default {ours}"),
        ),
        None => (
            format!("the reader has no default for the field '{name}', the writer has {sent}: it reads no message without it"),
            "no default".to_owned(),
        ),
    };
    Some(Draft {
        message,
        help: "Keep the default as long as messages from before the field existed are stored.".to_owned(),
        reader: Place::new(own.map_or(fields.reader.name_span, |own| own.span), label),
        writer: Place::new(theirs.span, format!("default {sent}")),
        suffix: None,
        peer: None,
        trigger: Trigger::None,
    })
}

fn brief(json: &impl ToString) -> String {
    let text = json.to_string();
    let cut: String = text.chars().take(SHOWN).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { text }
}
