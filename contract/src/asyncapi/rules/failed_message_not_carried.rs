//! Finds an `x-retry` or `x-dead-letter` channel that does not list a message which the operation receives.
//!
//! Why it matters: by the contract the failed message may not be sent where it is sent; consumers of the dead letters do not
//! expect it.
//!
//! What to do instead: add the message to the `messages` of that channel.

use super::{Check, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/failed-message-not-carried",
        layer: Layer::Beyond,
        severity: Severity::Warning,
        summary: "a channel for failed messages carries the messages that may fail",
        source: include_str!("failed_message_not_carried.rs"),
    },
    versions: V3,
    run: None,
};
