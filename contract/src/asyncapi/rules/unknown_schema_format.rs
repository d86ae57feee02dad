//! Finds a `schemaFormat` that Eventpact does not read, RAML among them: the schema is kept as it is.
//!
//! Why it matters: nothing in the schema is checked, compared or generated.
//!
//! What to do instead: correct the media type when it is a slip (`application/schema+json;version=draft-07`), or write the
//! schema in a format that is read: Avro, Protobuf, JSON Schema, OpenAPI.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/unknown-schema-format",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "a `schemaFormat` is one that is read",
        source: include_str!("unknown_schema_format.rs"),
    },
    versions: ALL,
    run: None,
};
