//! Finds a Kafka message whose schema id is in another place (header or payload), encoded in another way, or looked
//! up by another strategy.
//!
//! Why it breaks: readers find the schema by that id. One that looks in the old place, or reads the old encoding,
//! takes other bytes for the id and fails.
//!
//! What to do instead: move to a new topic, or let the readers understand both ways first.

use eventpact_contract::diagnostic::Severity::{Error, Warning};

use super::super::Check;
use super::super::bindings::At::Message;
use super::super::bindings::Meaning::Is;
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/kafka-schema-id-changed",
        summary: "the schema id of a Kafka message is written in another way",
        breaks: Breaks::Wire,
        source: include_str!("kafka_schema_id_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "kafka",
    help: "move to a new topic, or let the readers understand both ways first",
    fields: &[
        field(Message, "schemaIdLocation", Is(Error), "readers look for the schema id in the old place"),
        field(Message, "schemaIdPayloadEncoding", Is(Error), "readers decode the schema id in the old way"),
        field(Message, "schemaLookupStrategy", Is(Warning), "schemas are looked up under another subject"),
    ],
};
