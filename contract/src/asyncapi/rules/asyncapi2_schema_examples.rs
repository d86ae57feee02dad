//! Finds one of the `examples` of a payload, a parameter or a schema of the components that its own schema refuses, and
//! `examples` that are no list. Texts are left out, as the official parser does; `asyncapi/schema-example-invalid` has them,
//! and the schemas below.
//!
//! Why it matters: examples are what people read first.
//!
//! What to do instead: correct the example, or the schema; one example alone still stands in a list.

use super::{Check, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-schema-examples",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the examples of a schema fit the schema",
        source: include_str!("asyncapi2_schema_examples.rs"),
    },
    versions: V2,
    run: None,
};
