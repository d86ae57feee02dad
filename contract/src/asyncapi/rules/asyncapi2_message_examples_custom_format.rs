//! Finds an example of a message whose `payload` does not fit the schema in the format that `schemaFormat` names: Avro,
//! Protobuf, OpenAPI, JSON Schema.
//!
//! Why it matters: people and mocks copy examples; one that does not fit cannot be encoded at all.
//!
//! What to do instead: correct the example. Avro examples may be in the JSON encoding of its specification, or plain JSON;
//! Protobuf examples are in its JSON mapping.

use super::{Check, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-message-examples-custom-format",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "examples of a message with a `schemaFormat` fit its payload",
        source: include_str!("asyncapi2_message_examples_custom_format.rs"),
    },
    versions: V2,
    run: None,
};
