//! Finds one of the `examples` of a schema that the schema refuses, in payloads, headers and schemas of the components, at any
//! depth.
//!
//! Why it matters: examples are what people read first, and what documentation shows.
//!
//! What to do instead: correct the example, or the schema.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/schema-example-invalid",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "the examples of a schema fit the schema, at any depth",
        source: include_str!("schema_example_invalid.rs"),
    },
    versions: ALL,
    run: None,
};
