//! Finds other settings of a Kafka topic (clean-up policy, retention, size of messages), another schema registry,
//! another consumer group or client id. Smaller topics and messages are errors or warnings, larger ones notes.
//!
//! Why it breaks: a topic that is compacted loses all but the last message of a key, one that keeps less loses what
//! slow readers have not read; messages over the limit are refused; a new group starts without the offsets of the old
//! one.
//!
//! What to do instead: keep what the topic promises, or make a new topic; a new group starts where its offsets are
//! set before the switch.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Message, Operation, Server};
use super::super::bindings::Meaning::{Elsewhere, Is, Less, Members, Turned};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-settings-changed",
        summary: "a Kafka topic, group or registry has other settings",
        breaks: Breaks::Contract,
        source: include_str!("kafka_settings_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "kafka",
    help: "keep what the topic promises, or move to a new topic",
    fields: &[
        field(Channel, "topic", Elsewhere, ""),
        field(Channel, "partitions", Elsewhere, ""),
        field(Message, "key", Elsewhere, ""),
        field(Message, "schemaIdLocation", Elsewhere, ""),
        field(Message, "schemaIdPayloadEncoding", Elsewhere, ""),
        field(Message, "schemaLookupStrategy", Elsewhere, ""),
        field(Channel, "replicas", Less(Warning), "the topic survives the loss of fewer brokers"),
        field(
            Channel,
            "topicConfiguration/cleanup.policy",
            Members { gone: Warning, new: Error },
            "what is kept of old messages changes",
        ),
        field(Channel, "topicConfiguration/retention.ms", Elsewhere, ""),
        field(Channel, "topicConfiguration/retention.bytes", Elsewhere, ""),
        field(Channel, "topicConfiguration/delete.retention.ms", Less(Warning), "slow readers may miss that a key was deleted"),
        field(Channel, "topicConfiguration/max.message.bytes", Less(Error), "larger messages are refused"),
        field(
            Channel,
            "topicConfiguration/confluent.key.schema.validation",
            Turned { on: Warning, off: Info },
            "the broker checks the schema of keys",
        ),
        field(
            Channel,
            "topicConfiguration/confluent.value.schema.validation",
            Turned { on: Warning, off: Info },
            "the broker checks the schema of messages",
        ),
        field(
            Channel,
            "topicConfiguration/confluent.key.subject.name.strategy",
            Is(Warning),
            "schemas of keys are looked up under another subject",
        ),
        field(
            Channel,
            "topicConfiguration/confluent.value.subject.name.strategy",
            Is(Warning),
            "schemas are looked up under another subject",
        ),
        field(Operation, "groupId", Is(Warning), "another consumer group starts without the offsets of the old one"),
        field(Operation, "clientId", Is(Info), "quotas and access rules may hang on it"),
        field(Server, "schemaRegistryUrl", Is(Warning), "schemas are looked up elsewhere"),
        field(Server, "schemaRegistryVendor", Is(Warning), "schema ids are encoded and looked up in the way of another vendor"),
    ],
};
