//! Finds a `{variable}` in the `url` of a server that its `variables` do not have, or a variable that the `url` does
//! not have. A server without `variables` is not looked at.
//!
//! Why it matters: a client can't fill in the address.
//!
//! What to do instead: describe the variable under `variables`, or take it out.

use super::template;
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};
use crate::yaml::Node;

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-server-variables",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the variables of a URL are described, and no others",
        source: include_str!("asyncapi2_server_variables.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    let reusable = components.into_iter().flat_map(|components| context.entries(components, "servers"));
    for (_, server) in context.entries(context.root, "servers").chain(reusable) {
        let Some(url) = server.get("url").and_then(Node::as_str) else { continue };
        let names = template::names(url);
        if !names.is_empty() {
            template::compare(&names, server, "variables", "the url", context, sink);
        }
    }
}
