//! Finds a `default` of a payload, a parameter or a schema of the components that its own schema refuses. Texts are left out,
//! as the official parser does; `asyncapi/schema-default-invalid` has them, and the schemas below.
//!
//! Why it matters: whoever fills in the default sends a message that consumers refuse.
//!
//! What to do instead: correct the default, or the schema.

use super::{Check, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-schema-default",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the default of a schema fits the schema",
        source: include_str!("asyncapi2_schema_default.rs"),
    },
    versions: V2,
    run: None,
};
