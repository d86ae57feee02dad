//! Finds an `x-dead-letter` that cannot be read: on an operation that sends, without a channel, with a channel that does not
//! exist.
//!
//! Why it matters: generated consumers send there what they cannot handle; without the channel it would be lost.
//!
//! What to do instead: name a channel of the document: `{channel: {$ref: '#/channels/ordersFailed'}}`.

use super::{Check, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/dead-letter",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "`x-dead-letter` names the channel of dead letters",
        source: include_str!("dead_letter.rs"),
    },
    versions: V3,
    run: None,
};
