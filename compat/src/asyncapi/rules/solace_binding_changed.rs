//! Finds another message VPN, destination, queue or topic subscription of Solace, or another way to deliver.
//!
//! Why it breaks: clients of another VPN do not meet; a queue without the old subscriptions does not get the old
//! topics; direct messages are lost when nobody listens.
//!
//! What to do instead: provision the new queue or subscription beside the old one and move the clients one by one.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Operation, Server};
use super::super::bindings::Meaning::{Is, Less, Members, Turned};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/solace-binding-changed",
        summary: "a Solace destination, queue or delivery changed",
        breaks: Breaks::Contract,
        source: include_str!("solace_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "solace",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Server, "msgVpn", Is(Error), "clients of the old message VPN meet nobody"),
        field(Server, "msvVpn", Is(Error), "clients of the old message VPN meet nobody"),
        field(Server, "clientName", Is(Warning), "a client name is known to the broker once"),
        field(Operation, "destinations/*/destinationType", Is(Error), "a queue became a topic, or the other way round"),
        field(Operation, "destinations/*/deliveryMode", Is(Warning), "direct messages are lost when nobody listens")
            .or("\"persistent\""),
        field(Operation, "destinations/*/queue/name", Is(Error), "who uses the old queue meets nobody"),
        field(
            Operation,
            "destinations/*/queue/topicSubscriptions",
            Members { gone: Error, new: Warning },
            "messages of other topics arrive",
        ),
        field(Operation, "destinations/*/queue/accessType", Is(Warning), "messages are shared among the readers in another way"),
        field(Operation, "destinations/*/queue/maxTtl", Is(Warning), "slow readers may miss messages"),
        field(Operation, "destinations/*/queue/maxMsgSpoolUsage", Is(Warning), "the queue holds another amount"),
        field(
            Operation,
            "destinations/*/topicSubscriptions",
            Members { gone: Error, new: Warning },
            "messages of other topics arrive",
        ),
        field(Operation, "timeToLive", Less(Warning), "slow readers may miss messages"),
        field(Operation, "priority", Is(Info), "messages overtake each other in another way"),
        field(Operation, "dmqEligible", Turned { on: Info, off: Warning }, "messages that cannot be delivered are dropped"),
    ],
};
