//! Finds an example of a message whose `payload` or `headers` do not fit the schemas of that message, where no `schemaFormat`
//! says otherwise.
//!
//! Why it matters: people and mocks copy examples; one that does not fit teaches a message that consumers refuse.
//!
//! What to do instead: correct the example, or the schema when the example is what is really sent. A schema that contains
//! itself is checked too, under `asyncapi/example-invalid`: the official parser leaves it out.

use super::{Check, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-message-examples",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "examples of a message fit its payload and headers",
        source: include_str!("asyncapi2_message_examples.rs"),
    },
    versions: V2,
    run: None,
};
