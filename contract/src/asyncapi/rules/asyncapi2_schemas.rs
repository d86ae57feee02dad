//! Finds an Avro payload that is no Avro schema. Payloads of the other formats are reported where their mistake is, as
//! `asyncapi-document-resolved`, `protobuf/…` and `json-schema/…`.
//!
//! Why it matters: nothing can be encoded or generated from it.
//!
//! What to do instead: see the place that is shown with the finding; the finding there (`avro/…`) tells more.

use super::{Check, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-schemas",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "a payload is a valid schema of its format",
        source: include_str!("asyncapi2_schemas.rs"),
    },
    versions: V2,
    run: None,
};
