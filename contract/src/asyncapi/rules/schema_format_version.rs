//! Finds a `schemaFormat` whose version is none that its language has. The schema is read all the same, by the nearest rules.
//!
//! Why it matters: other tools treat the schema as unknown and check nothing in it.
//!
//! What to do instead: name a version that exists, as `application/vnd.apache.avro;version=1.9.0`.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/schema-format-version",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "a `schemaFormat` names a version that exists",
        source: include_str!("schema_format_version.rs"),
    },
    versions: ALL,
    run: None,
};
