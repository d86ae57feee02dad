//! Finds a text that is no AsyncAPI document, or one of a version that is not known.
//!
//! Why it matters: without the version nothing else in the document has a meaning.
//!
//! What to do instead: start the document with `asyncapi: '3.1.0'`, in quotes. Read are 2.0.0 to 2.6.0, 3.0.0 and 3.1.0;
//! other patch numbers of these are read with a warning.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-is-asyncapi",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the document says which known version of AsyncAPI it is",
        source: include_str!("asyncapi_is_asyncapi.rs"),
    },
    versions: ALL,
    run: None,
};
