//! Finds an `address` of a channel with a `?` or a `#`.
//!
//! Why it matters: the specification allows neither a query nor a fragment in an address; brokers take the characters literally
//! or refuse them.
//!
//! What to do instead: put query parameters into the binding of the protocol (`ws`: `query`), and leave the fragment out.

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/address-with-query",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "an address has no `?` and no `#`",
        source: include_str!("address_with_query.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (_, channel) in context.entries(context.root, "channels") {
        let address = context.get(channel, "address");
        if let Some(node) = address.filter(|node| node.as_str().is_some_and(|text| text.contains(['?', '#']))) {
            sink.report(node.span, "an address has no `?` and no `#`").help =
                Some("what a WebSocket wants as a query belongs into the binding `ws`".to_owned());
        }
    }
}
