//! Finds a binding of AsyncAPI 2 whose fields are not what the binding of that protocol has: a `qos` of 5, `partitions: 0`, a
//! protocol that has no binding there. The official parser checks bindings in 3.x only.
//!
//! Why it matters: what is written there configures brokers and clients, and a field that nobody reads configures nothing.
//!
//! What to do instead: take the names and values of the binding's own specification. Bindings that say a `bindingVersion` which
//! 3.x no longer knows are not looked at.

use std::collections::HashSet;

use super::{Check, Context, Sink, V2, v2};
use crate::asyncapi::shape::{self, BindingPlace};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/binding-invalid",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "a binding has the fields of its protocol",
        source: include_str!("binding_invalid.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let mut seen = HashSet::new();
    for (place, bindings) in all(context) {
        if !seen.insert(std::ptr::from_ref(bindings)) {
            continue;
        }
        for told in shape::bindings_of_2(context.documents, place, bindings) {
            let found = sink.report(told.primary.span, told.message);
            (found.help, found.related) = (told.help, told.related);
        }
    }
}

/// Every object of bindings, behind references, with the kind of its owner.
fn all<'d>(context: &Context<'d>) -> Vec<(BindingPlace, &'d Node)> {
    let components = context.get(context.root, "components");
    let mut owners = Vec::new();
    let mut found = Vec::new();
    for around in [Some(context.root), components].into_iter().flatten() {
        owners.extend(context.entries(around, "servers").map(|(_, node)| (BindingPlace::Server, node)));
        owners.extend(context.entries(around, "channels").map(|(_, node)| (BindingPlace::Channel, node)));
        owners.extend(v2::operations(context, around).into_iter().map(|found| (BindingPlace::Operation, found.node)));
        owners.extend(v2::messages(context, around).into_iter().map(|found| (BindingPlace::Message, found.node)));
        for (key, place) in [
            ("messages", BindingPlace::Message),
            ("messageTraits", BindingPlace::Message),
            ("operationTraits", BindingPlace::Operation),
        ] {
            owners.extend(context.entries(around, key).map(|(_, node)| (place, node)));
        }
        for (key, place) in [
            ("serverBindings", BindingPlace::Server),
            ("channelBindings", BindingPlace::Channel),
            ("operationBindings", BindingPlace::Operation),
            ("messageBindings", BindingPlace::Message),
        ] {
            found.extend(context.entries(around, key).map(|(_, node)| (place, node)));
        }
    }
    found.extend(owners.into_iter().filter_map(|(place, node)| Some((place, context.get(node, "bindings")?))));
    found
}
