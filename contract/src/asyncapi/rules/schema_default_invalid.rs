//! Finds a `default` that its own schema refuses, in payloads, headers and schemas of the components, at any depth.
//!
//! Why it matters: whoever fills in the default sends a message that consumers refuse; a common case is a number or a truth
//! value in quotes.
//!
//! What to do instead: correct the default, or the schema.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/schema-default-invalid",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "the default of a schema fits the schema, at any depth",
        source: include_str!("schema_default_invalid.rs"),
    },
    versions: ALL,
    run: None,
};
