//! Finds another JMS destination, kind of destination or connection factory.
//!
//! Why it breaks: clients look the destination up by its name; a queue gives each message to one reader, and a client
//! id owns durable subscriptions.
//!
//! What to do instead: keep the destination until its clients have moved to the new one.

use eventpact_contract::diagnostic::Severity::{Error, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Message, Server};
use super::super::bindings::Meaning::{Elsewhere, Is};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/jms-binding-changed",
        summary: "a JMS destination or connection changed",
        breaks: Breaks::Contract,
        source: include_str!("jms_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "jms",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Server, "jmsConnectionFactory", Is(Error), "clients connect through another provider"),
        field(Server, "properties/*/value", Is(Warning), "clients connect in another way"),
        field(Server, "properties/*/name", Is(Warning), "clients connect in another way"),
        field(Server, "clientID", Is(Warning), "durable subscriptions hang on the client id"),
        field(Channel, "destination", Is(Error), "who uses the old destination meets nobody"),
        field(Channel, "destinationType", Is(Error), "messages are handed out in another way").or("\"queue\""),
        field(Message, "headers", Elsewhere, ""),
    ],
};
