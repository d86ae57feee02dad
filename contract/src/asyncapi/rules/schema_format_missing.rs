//! Finds a payload that refers to an `.avsc` or a `.proto` file without a `schemaFormat`: the file is read by its name.
//!
//! Why it matters: by the specification it is a Schema Object without `schemaFormat`, and that is how other tools read it.
//!
//! What to do instead: put the reference under `schema`, and `schemaFormat` beside it.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/schema-format-missing",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "a reference to an Avro or Protobuf file says its format",
        source: include_str!("schema_format_missing.rs"),
    },
    versions: ALL,
    run: None,
};
