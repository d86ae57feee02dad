//! Finds an example of an Avro message that is plain JSON where Avro has an encoding of its own: a value of a union stands in
//! an object with the name of its branch, as `{"string": "x"}`; only null stands alone.
//!
//! Why it matters: tools of Avro that read JSON (`avro-tools fromjson`, test data) refuse the plain form.
//!
//! What to do instead: name the branch, or leave it when the example is for people only.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/example-not-encoded",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "Avro examples are in the JSON encoding of Avro",
        source: include_str!("example_not_encoded.rs"),
    },
    versions: ALL,
    run: None,
};
