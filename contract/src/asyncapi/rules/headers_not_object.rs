//! Finds headers whose schema has a `type` other than `object`. The official parser checks this in 2.x only.
//!
//! Why it matters: headers are names with values; no message can have others.
//!
//! What to do instead: describe each header as a property of an object.

use super::beyond;
use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/headers-not-object",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "headers are an object",
        source: include_str!("headers_not_object.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for &message in beyond::messages(context) {
        let headers = context.get(message, "headers").and_then(|node| beyond::json_schema(context, node));
        let Some(ty) = headers.and_then(|node| node.get("type")) else { continue };
        let is_object = |node: &Node| node.as_str() == Some("object");
        let fits = ty.as_sequence().map_or_else(|| is_object(ty), |types| types.iter().any(is_object));
        if !fits {
            sink.report(ty.span, "headers are an object, and this schema allows none");
        }
    }
}
