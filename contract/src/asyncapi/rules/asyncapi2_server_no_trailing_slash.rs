//! Finds the `url` of a server that ends with a slash.
//!
//! Why it matters: addresses of channels are put behind the url; two slashes in a row are another address for many
//! servers.
//!
//! What to do instead: take the slash away.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-server-no-trailing-slash",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the url of a server does not end with a slash",
        source: include_str!("asyncapi2_server_no_trailing_slash.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (_, server) in context.entries(context.root, "servers") {
        if let Some(node) = server.get("url").filter(|node| node.as_str().is_some_and(|url| url.ends_with('/'))) {
            sink.report(node.span, "the url of a server should not end with a slash");
        }
    }
}
