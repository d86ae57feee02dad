//! Finds the `url` of a server with an empty variable, `{}`.
//!
//! Why it matters: a variable without a name can't be described nor filled in.
//!
//! What to do instead: give the variable a name, or take the braces out.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-server-no-empty-variable",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "no server has a variable without a name",
        source: include_str!("asyncapi2_server_no_empty_variable.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (_, server) in context.entries(context.root, "servers") {
        if let Some(node) = server.get("url").filter(|node| node.as_str().is_some_and(|url| url.contains("{}"))) {
            sink.report(node.span, "`{}` is a variable without a name");
        }
    }
}
