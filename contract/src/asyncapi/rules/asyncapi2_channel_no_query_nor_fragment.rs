//! Finds a channel whose address, its key, has a `?` or a `#`.
//!
//! Why it matters: an address is a topic or a path, without query and fragment; brokers take these characters as a part of it.
//!
//! What to do instead: take what stands behind the `?` or `#` out of the key; bindings such as `ws.query` describe a query.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-channel-no-query-nor-fragment",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the address of a channel has no `?` and no `#`",
        source: include_str!("asyncapi2_channel_no_query_nor_fragment.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (entry, _) in context.entries(context.root, "channels") {
        if entry.key.contains(['?', '#']) {
            sink.report(entry.key_span, "the address of a channel has no `?` and no `#`");
        }
    }
}
