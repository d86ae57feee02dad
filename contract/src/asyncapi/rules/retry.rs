//! Finds an `x-retry` that cannot be read: on an operation that sends, without `maxAttempts` or `strategy`, with a duration
//! that is none, with a channel that does not exist.
//!
//! Why it matters: generated consumers follow it; what cannot be read would be retried as nobody meant.
//!
//! What to do instead: see the message; the shape is that of the proposal for AsyncAPI: `{maxAttempts: 5, strategy: {type:
//! exponential, initialDelay: PT0.2S}}`.

use super::{Check, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/retry",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "`x-retry` says how often and when to try again",
        source: include_str!("retry.rs"),
    },
    versions: V3,
    run: None,
};
