//! Finds a name in the `servers` of a channel that is no key of the `servers` of the document. In AsyncAPI 3 servers
//! are named by reference, so that a name alone is wrong by its shape too.
//!
//! Why it matters: nobody can find the channel.
//!
//! What to do instead: refer to the server: `- $ref: '#/servers/…'`.

use super::v2::channel_servers;
use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi3-channel-servers",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the servers of a channel are servers of the document",
        source: include_str!("asyncapi3_channel_servers.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    channel_servers(context, sink);
}
