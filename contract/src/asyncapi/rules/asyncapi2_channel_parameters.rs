//! Finds a `{parameter}` in the address of a channel, its key, that its `parameters` do not have, or a parameter that
//! the address does not have. A channel without `parameters` is not looked at.
//!
//! Why it matters: a producer can't know what to put into the address.
//!
//! What to do instead: describe the parameter under `parameters`, or take it out.

use super::template;
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-channel-parameters",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the parameters of an address are described, and no others",
        source: include_str!("asyncapi2_channel_parameters.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (entry, channel) in context.entries(context.root, "channels") {
        let names = template::names(&entry.key);
        if !names.is_empty() {
            template::compare(&names, channel, "parameters", "the address", context, sink);
        }
    }
}
