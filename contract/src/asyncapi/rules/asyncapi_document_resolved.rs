//! Finds objects whose fields are not as the specification of their version wants them: a field that is missing, that
//! does not exist, or that has a value of the wrong kind, after all references were followed.
//!
//! Why it matters: tools read what the specification promises; a field with a typo is silently nothing.
//!
//! What to do instead: take the field out, give it the value that the message names, or start its name with `x-` when
//! it is your own.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-document-resolved",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "objects have the fields and types of the specification",
        source: include_str!("asyncapi_document_resolved.rs"),
    },
    versions: ALL,
    run: None,
};
