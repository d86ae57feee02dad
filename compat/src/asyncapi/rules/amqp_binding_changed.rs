//! Finds another exchange or queue (name, type, virtual host, durability), another routing key, another way to
//! acknowledge or to deliver.
//!
//! Why it breaks: a client that declares an exchange or a queue with other properties than the broker has is refused
//! (PRECONDITION_FAILED); one that binds to another name meets nobody; what is not durable does not survive a
//! restart.
//!
//! What to do instead: make a new exchange or queue beside the old one, bind both, and retire the old one when no
//! client is left.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Message, Operation};
use super::super::bindings::Meaning::{Is, Less, Members, Turned};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/amqp-binding-changed",
        summary: "an AMQP exchange, queue or delivery changed",
        breaks: Breaks::Contract,
        source: include_str!("amqp_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "amqp",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Channel, "is", Is(Error), "a queue became a routing key, or the other way round"),
        field(Channel, "exchange/name", Is(Error), "who publishes to, or binds to, the old exchange meets nobody"),
        field(
            Channel,
            "exchange/type",
            Is(Error),
            "messages are routed by other rules, and clients that declare the old type are refused",
        ),
        field(Channel, "exchange/durable", Is(Error), "clients that declare it as it was are refused"),
        field(Channel, "exchange/autoDelete", Is(Error), "clients that declare it as it was are refused"),
        field(Channel, "exchange/vhost", Is(Error), "clients connect to another virtual host").or("\"/\""),
        field(Channel, "queue/name", Is(Error), "who reads the old queue gets nothing more"),
        field(Channel, "queue/durable", Is(Error), "clients that declare it as it was are refused"),
        field(
            Channel,
            "queue/exclusive",
            Turned { on: Error, off: Error },
            "an exclusive queue has one connection only, and clients that declare it as it was are refused",
        ),
        field(Channel, "queue/autoDelete", Is(Error), "clients that declare it as it was are refused"),
        field(Channel, "queue/vhost", Is(Error), "clients connect to another virtual host").or("\"/\""),
        field(Operation, "expiration", Less(Warning), "slow readers may miss messages"),
        field(Operation, "userId", Is(Warning), "brokers and readers may check who sent the message"),
        field(
            Operation,
            "cc",
            Members { gone: Error, new: Warning },
            "queues that are bound to the old routing keys get nothing more",
        ),
        field(
            Operation,
            "bcc",
            Members { gone: Error, new: Warning },
            "queues that are bound to the old routing keys get nothing more",
        ),
        field(Operation, "priority", Is(Info), "messages overtake each other in another way"),
        field(Operation, "deliveryMode", Less(Warning), "messages no longer survive a restart of the broker"),
        field(Operation, "mandatory", Is(Info), "what cannot be routed is returned, or is dropped"),
        field(Operation, "timestamp", Turned { on: Info, off: Warning }, "readers no longer get the time of sending"),
        field(
            Operation,
            "ack",
            Turned { on: Info, off: Warning },
            "messages that are being handled are lost when the reader dies",
        ),
        field(Message, "contentEncoding", Is(Error), "readers decode the bytes in the old way"),
        field(Message, "messageType", Is(Warning), "readers that tell messages apart by it do not know it"),
    ],
};
