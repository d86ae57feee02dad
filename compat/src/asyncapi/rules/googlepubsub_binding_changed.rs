//! Finds another schema, encoding, retention or storage of a Google Pub/Sub topic, or another ordering key of a
//! message.
//!
//! Why it breaks: the topic refuses messages that do not fit its schema; readers decode by the encoding; without the
//! ordering key messages come in any order.
//!
//! What to do instead: commit a new revision of the schema that fits the old messages, or make a new topic.

use eventpact_contract::diagnostic::Severity::{Error, Info, Warning};

use super::super::Check;
use super::super::bindings::At::{Channel, Message};
use super::super::bindings::Meaning::{Is, Members, Metadata};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/googlepubsub-binding-changed",
        summary: "a Google Pub/Sub topic, its schema or its ordering changed",
        breaks: Breaks::Contract,
        source: include_str!("googlepubsub_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "googlepubsub",
    help: "keep it, or add a second channel with the new settings and move the clients one by one",
    fields: &[
        field(Channel, "topic", Is(Error), "subscribers of the old topic get nothing more"),
        field(Channel, "labels", Metadata, ""),
        field(Channel, "messageRetentionDuration", Is(Warning), "messages are kept for another time"),
        field(
            Channel,
            "messageStoragePolicy/allowedPersistenceRegions",
            Members { gone: Warning, new: Info },
            "messages are stored elsewhere",
        ),
        field(Channel, "schemaSettings/encoding", Is(Error), "readers decode the bytes in the old way"),
        field(Channel, "schemaSettings/name", Is(Error), "messages are checked against another schema"),
        field(Channel, "schemaSettings/firstRevisionId", Is(Warning), "messages of older revisions are refused"),
        field(Channel, "schemaSettings/lastRevisionId", Is(Warning), "messages of newer revisions are refused"),
        field(Message, "attributes", Is(Warning), "filters of subscriptions look at the attributes"),
        field(Message, "orderingKey", Is(Error), "messages of one key are no longer in order"),
        field(Message, "schema/name", Is(Error), "messages are checked against another schema"),
        field(Message, "schema/type", Is(Error), "readers decode the bytes in the old way"),
    ],
};
