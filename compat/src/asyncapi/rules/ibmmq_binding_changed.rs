//! Finds another queue, topic, kind of destination or type of message of IBM MQ, or other limits.
//!
//! Why it breaks: clients open the object by its name; a message of another type is read in another way; messages
//! over the limit are refused.
//!
//! What to do instead: define the new object beside the old one and move the clients one by one.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Message, Server};
use super::super::bindings::Meaning::{Is, Less, Metadata, Turned};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/ibmmq-binding-changed",
        summary: "an IBM MQ queue, topic or message changed",
        breaks: Breaks::Contract,
        source: include_str!("ibmmq_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "ibmmq",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Server, "groupId", Is(Warning), "clients fail over within another group"),
        field(Server, "ccdtQueueManagerName", Is(Error), "clients look for another queue manager").or("\"*\""),
        field(Server, "cipherSpec", Is(Error), "clients of the old cipher are refused"),
        field(Server, "multiEndpointServer", Is(Warning), "clients may reach another endpoint").or("false"),
        field(Server, "heartBeatInterval", Is(Info), "lost connections are noticed after another time").or("300"),
        field(Channel, "destinationType", Is(Error), "messages are handed out in another way").or("\"topic\""),
        field(Channel, "queue/objectName", Is(Error), "who uses the old queue meets nobody"),
        field(Channel, "queue/isPartitioned", Is(Warning), "messages of one queue are on several queue managers").or("false"),
        field(Channel, "queue/exclusive", Turned { on: Error, off: Info }, "a second reader is refused").or("false"),
        field(Channel, "topic/string", Is(Error), "subscribers of the old topic string get nothing more"),
        field(Channel, "topic/objectName", Is(Error), "subscribers of the old topic object get nothing more"),
        field(Channel, "topic/durablePermitted", Turned { on: Info, off: Error }, "durable subscriptions are refused").or("true"),
        field(
            Channel,
            "topic/lastMsgRetained",
            Turned { on: Info, off: Warning },
            "a new subscriber no longer gets the last message",
        )
        .or("false"),
        field(Channel, "maxMsgLength", Less(Error), "larger messages are refused"),
        field(Message, "type", Is(Error), "readers read the message in another way").or("\"string\""),
        field(Message, "headers", Is(Error), "readers look for other headers in front of the message"),
        field(Message, "description", Metadata, ""),
        field(Message, "expiry", Less(Warning), "slow readers may miss messages"),
    ],
};
