//! Finds an Info Object without `description`.
//!
//! Why it matters: a reader who finds the document has only a title to go by.
//!
//! What to do instead: add a `description` to `info`.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-info-description",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the document says what the application does",
        source: include_str!("asyncapi_info_description.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    sink.wants(context, &["info", "description"]);
}
