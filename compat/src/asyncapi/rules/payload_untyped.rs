//! Finds a message without a payload schema on the side of the writer, and with one on the side of the reader.
//!
//! Why it breaks: without a schema the writer may send anything, and the reader refuses what does not fit its own.
//!
//! What to do instead: give the message of the writer a schema that the reader understands.

use super::super::Check;
use super::super::change::Change;
use super::super::exchange::{Exchange, takes_anything};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/payload-untyped",
        summary: "a reader has a schema where the writer may send anything",
        breaks: Breaks::Wire,
        source: include_str!("payload_untyped.rs"),
    },
    check: Check::Exchange(check),
};

fn check(exchange: &Exchange<'_>, out: &mut Vec<Change>) {
    let (Some(reader), None) = (exchange.reader(), exchange.writer()) else { return };
    if exchange.part.name != "payload" || takes_anything(reader) {
        return;
    }
    let (new, old) = exchange.part.places(exchange.direction, "the reader's schema", "the writer has no schema");
    let message = format!("the writer of `{}` may send anything, and the reader has a schema", exchange.subject);
    let help = "give the message of the writer a schema that the reader understands";
    out.push(Change::error(message, new, old).help(help).path(format!("/messages/{}/payload", exchange.subject)));
}
