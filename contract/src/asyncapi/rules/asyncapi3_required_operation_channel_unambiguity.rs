//! Finds an operation of the document whose `channel` refers to something else than `#/channels/…`, by the text of
//! the reference.
//!
//! Why it matters: a channel in the components is a template: nobody promises that it exists.
//!
//! What to do instead: add the channel under `channels`, if need be as a reference to the components, and refer to it
//! there.

use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi3-required-operation-channel-unambiguity",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "an operation refers to a channel of the document",
        source: include_str!("asyncapi3_required_operation_channel_unambiguity.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let operations = context.root.get("operations").and_then(Node::as_mapping);
    for entry in operations.into_iter().flat_map(|operations| &operations.entries) {
        let reference = entry.value.get("channel").and_then(|channel| channel.get("$ref"));
        if let Some(reference) = reference.filter(|node| node.as_str().is_some_and(|text| !text.contains("#/channels/"))) {
            let found = sink.report(reference.span, "this is no channel of the document");
            found.help = Some("refer to `#/channels/…`, not to components".to_owned());
        }
    }
}
