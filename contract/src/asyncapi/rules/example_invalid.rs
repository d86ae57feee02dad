//! Finds an example of a message that does not fit its payload or headers: in 3.x in every format, in 2.x where the official
//! parser does not look (headers beside a `schemaFormat`, schemas that contain themselves, fields that an Avro record or a
//! Protobuf message does not have).
//!
//! Why it matters: people and mocks copy examples; one that does not fit teaches a message that consumers refuse.
//!
//! What to do instead: correct the example, or the schema when the example is what is really sent.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/example-invalid",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "examples of a message fit its payload and headers, in every format",
        source: include_str!("example_invalid.rs"),
    },
    versions: ALL,
    run: None,
};
