//! Finds a name in the `servers` of a channel that is no key of the `servers` of the document.
//!
//! Why it matters: nobody can find the channel.
//!
//! What to do instead: correct the name, or add the server.

use super::v2::channel_servers;
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-channel-servers",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the servers of a channel are servers of the document",
        source: include_str!("asyncapi2_channel_servers.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    channel_servers(context, sink);
}
