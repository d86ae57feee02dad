//! Finds a lower quality of service, another retain flag, session, last will, or limit of an MQTT server, operation
//! or message.
//!
//! Why it breaks: with a lower quality of service messages may be lost or come twice; without retain a new subscriber
//! gets nothing until the next message; who watches for the last will watches the old topic.
//!
//! What to do instead: keep what was promised, or use a new topic.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Message, Operation, Server};
use super::super::bindings::Meaning::{Elsewhere, Is, Less, Turned};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/mqtt-binding-changed",
        summary: "an MQTT session, delivery or message changed",
        breaks: Breaks::Contract,
        source: include_str!("mqtt_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "mqtt",
    help: "keep what was promised, or use a new topic",
    fields: &[
        field(Server, "clientId", Is(Warning), "the session and the access rights of the old client id are gone"),
        field(Server, "cleanSession", Turned { on: Warning, off: Info }, "what arrives while the client is away is lost"),
        field(Server, "lastWill/topic", Is(Error), "who watches for the last will watches another topic"),
        field(Server, "lastWill/qos", Less(Warning), "the last will may be lost"),
        field(Server, "lastWill/message", Is(Warning), "who watches for the last will gets another message"),
        field(Server, "lastWill/retain", Is(Warning), "later subscribers get the last will, or no longer get it"),
        field(Server, "keepAlive", Is(Info), "lost connections are noticed after another time"),
        field(Server, "sessionExpiryInterval", Less(Warning), "what arrives while the client is away is kept for less time"),
        field(Server, "maximumPacketSize", Less(Error), "larger messages are refused"),
        field(Operation, "qos", Less(Error), "messages may be lost or come twice"),
        field(Operation, "retain", Turned { on: Warning, off: Warning }, "what a new subscriber gets first is another thing"),
        field(Operation, "messageExpiryInterval", Less(Warning), "slow readers may miss messages"),
        field(Message, "payloadFormatIndicator", Is(Warning), "readers that trust it read text as bytes, or bytes as text"),
        field(Message, "correlationData", Elsewhere, ""),
        field(Message, "contentType", Is(Error), "readers decode the bytes in the old way"),
        field(Message, "responseTopic", Is(Error), "replies go to another topic"),
    ],
};
