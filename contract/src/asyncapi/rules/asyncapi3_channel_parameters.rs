//! Finds a `{parameter}` in the `address` of a channel that its `parameters` do not have, or a parameter that the
//! address does not have. A channel without `parameters` is not looked at.
//!
//! Why it matters: a producer can't know what to put into the address.
//!
//! What to do instead: describe the parameter under `parameters`, or take it out.

use super::template;
use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Value;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi3-channel-parameters",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the parameters of an address are described, and no others",
        source: include_str!("asyncapi3_channel_parameters.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    let reusable = components.into_iter().flat_map(|components| context.entries(components, "channels"));
    for (_, channel) in context.entries(context.root, "channels").chain(reusable) {
        let address = match context.get(channel, "address").map(|node| &node.value) {
            None | Some(Value::Null) => "",
            Some(Value::String(address)) => address,
            Some(_) => continue,
        };
        template::compare(&template::names(address), channel, "parameters", "the address", context, sink);
    }
}
