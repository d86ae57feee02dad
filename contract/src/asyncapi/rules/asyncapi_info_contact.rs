//! Finds an Info Object without `contact`.
//!
//! Why it matters: nobody knows whom to ask.
//!
//! What to do instead: add `contact` with `name`, `url` and `email` to `info`.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-info-contact",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the document says whom to ask",
        source: include_str!("asyncapi_info_contact.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    sink.wants(context, &["info", "contact"]);
}
