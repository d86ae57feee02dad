//! Finds another destination of Anypoint MQ, or another kind of destination.
//!
//! Why it breaks: clients use the destination by its name; an exchange copies messages to many queues, a queue gives
//! each to one reader, a FIFO queue keeps the order.
//!
//! What to do instead: keep the destination until its clients have moved to the new one.

use eventpact_contract::diagnostic::Severity::Error;

use super::super::Check;
use super::super::bindings::At::{Channel, Message};
use super::super::bindings::Meaning::{Elsewhere, Is};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/anypointmq-binding-changed",
        summary: "an Anypoint MQ destination changed",
        breaks: Breaks::Contract,
        source: include_str!("anypointmq_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "anypointmq",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Channel, "destination", Is(Error), "who uses the old destination meets nobody"),
        field(Channel, "destinationType", Is(Error), "messages are handed out in another way").or("\"queue\""),
        field(Message, "headers", Elsewhere, ""),
    ],
};
