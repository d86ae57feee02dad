//! Finds an example or a default that was not checked: the validator does not take its schema, or the schema is too complex,
//! because its parts apply to one value more often than anybody can wait for (`allOf` that doubles at each level).
//!
//! Why it matters: a mistake there stays unseen; and consumers that validate messages have the same trouble.
//!
//! What to do instead: take out what the message names; where a schema is too complex, refer to each part once.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/example-not-checked",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "an example, a default could not be held against its schema",
        source: include_str!("example_not_checked.rs"),
    },
    versions: ALL,
    run: None,
};
