//! Finds a channel whose key has a `?` or a `#`.
//!
//! Why it matters: references to the channel (`#/channels/…`) break on these characters in many tools.
//!
//! What to do instead: give the channel a plain key, and put what belongs to the address into `address`.

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi3-channel-no-query-nor-fragment",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the key of a channel has no `?` and no `#`",
        source: include_str!("asyncapi3_channel_no_query_nor_fragment.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (entry, _) in context.entries(context.root, "channels") {
        if entry.key.contains(['?', '#']) {
            sink.report(entry.key_span, "the key of a channel has no `?` and no `#`");
        }
    }
}
