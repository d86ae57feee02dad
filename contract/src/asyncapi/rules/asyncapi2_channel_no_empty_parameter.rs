//! Finds a channel whose address, its key, has an empty parameter, `{}`.
//!
//! Why it matters: a parameter without a name can't be described nor filled in.
//!
//! What to do instead: give the parameter a name, or take the braces out.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-channel-no-empty-parameter",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "no address has a parameter without a name",
        source: include_str!("asyncapi2_channel_no_empty_parameter.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for (entry, _) in context.entries(context.root, "channels") {
        if entry.key.contains("{}") {
            sink.report(entry.key_span, "`{}` is a parameter without a name");
        }
    }
}
