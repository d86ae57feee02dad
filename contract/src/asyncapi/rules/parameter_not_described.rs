//! Finds a `{parameter}` in the address of a channel that has no `parameters` at all. Where some are described, the official
//! rule reports those that are not.
//!
//! Why it matters: nobody can tell what to fill in; generated functions take a text without a name for what it means.
//!
//! What to do instead: add it to the `parameters` of the channel.

use super::{ALL, Check};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/parameter-not-described",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "the parameters of an address are described",
        source: include_str!("parameter_not_described.rs"),
    },
    versions: ALL,
    run: None,
};
