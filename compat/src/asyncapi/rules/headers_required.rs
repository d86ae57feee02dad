//! Finds headers (also those of HTTP, WebSocket, JMS, and the query) that the reader requires, and a writer that
//! describes none.
//!
//! Why it breaks: the writer sends none of them, so the reader refuses every message.
//!
//! What to do instead: make the headers optional until every writer sends them.

use super::super::Check;
use super::super::change::Change;
use super::super::exchange::{Exchange, required};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/headers-required",
        summary: "a reader requires headers that the writer does not have",
        breaks: Breaks::Wire,
        source: include_str!("headers_required.rs"),
    },
    check: Check::Exchange(check),
};

fn check(exchange: &Exchange<'_>, out: &mut Vec<Change>) {
    let (Some(reader), None) = (exchange.reader(), exchange.writer()) else { return };
    let required = required(reader);
    if exchange.part.name == "payload" || required.is_empty() {
        return;
    }
    let names = required.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let part = &exchange.part.name;
    let (new, old) = exchange.part.places(exchange.direction, &format!("requires {names}"), &format!("no {part}"));
    let message = format!("the reader of `{}` requires {names} in the {part}, and the writer has no {part}", exchange.subject);
    let help = "make them optional until every writer sends them";
    out.push(Change::error(message, new, old).help(help).path(format!("/messages/{}/{part}", exchange.subject)));
}
