//! Finds a channel whose address, its key, ends with a slash.
//!
//! Why it matters: `orders` and `orders/` are two addresses, which people take for one.
//!
//! What to do instead: take the slash away.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-channel-no-trailing-slash",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the address of a channel does not end with a slash",
        source: include_str!("asyncapi2_channel_no_trailing_slash.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (entry, _) in context.entries(context.root, "channels") {
        if entry.key.len() > 1 && entry.key.ends_with('/') {
            sink.report(entry.key_span, "the address of a channel should not end with a slash");
        }
    }
}
