//! Finds: bytes of the writer that the reader takes for a string.
//!
//! Why it breaks: Avro allows the promotion, but a string is UTF-8 and bytes need not be. Readers that check (most that are not
//! written in Java) refuse a message with other bytes; those that do not check show replacement characters in place of the data.
//!
//! Instead: make sure that every writer, and every stored message, holds UTF-8 there; or add a field of type string with a
//! default and fill both for a while. A warning, since Avro Java and the registries accept the change.

use eventpact_contract::formats::avro::Kind;

use crate::avro::site::{Check, Draft, Site, Trigger};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "avro/bytes-as-string",
        summary: "what is read as a string was written as one",
        breaks: Breaks::Wire,
        source: include_str!("bytes_as_string.rs"),
    },
    check: Check::Meaning(check),
};

fn check(site: &Site<'_>) -> Option<Draft> {
    let (reader, writer) = (site.reader(), site.writer());
    if !matches!((&reader.kind, &writer.kind), (Kind::String, Kind::Bytes)) {
        return None;
    }
    Some(Draft {
        message: "the reader expects text in UTF-8, the writer may send any bytes".to_owned(),
        help: "Keep bytes unless every message holds UTF-8 there, or add a field of type string with a default.".to_owned(),
        reader: Place::new(reader.span, "string"),
        writer: Place::new(writer.span, "bytes"),
        suffix: None,
        peer: None,
        trigger: Trigger::Bytes(&[0xff]),
    })
}
