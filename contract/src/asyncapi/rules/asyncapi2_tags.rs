//! Finds a document without `tags`.
//!
//! Why it matters: catalogues group applications by their tags.
//!
//! What to do instead: add `tags` with a `name` each.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-tags",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the document has tags",
        source: include_str!("asyncapi2_tags.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    sink.wants(context, &["tags"]);
}
