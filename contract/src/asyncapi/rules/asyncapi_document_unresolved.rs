//! Finds a `$ref` in the place of an object that must be written where it stands, such as the Info Object.
//!
//! Why it matters: tools that do not follow references there see an empty object.
//!
//! What to do instead: write the object in place, or refer to it one level below, where a Reference Object is
//! allowed.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-document-unresolved",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "a reference stands only where the specification allows one",
        source: include_str!("asyncapi_document_unresolved.rs"),
    },
    versions: ALL,
    run: None,
};
