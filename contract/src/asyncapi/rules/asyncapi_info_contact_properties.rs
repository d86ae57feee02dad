//! Finds a Contact Object without `name`, `url` or `email`.
//!
//! Why it matters: a contact that is complete can be reached when one of them has changed.
//!
//! What to do instead: add what is missing.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-info-contact-properties",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the contact has name, url and email",
        source: include_str!("asyncapi_info_contact_properties.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    if context.get(context.root, "info").and_then(|info| context.get(info, "contact")).is_some() {
        for field in ["name", "url", "email"] {
            sink.wants(context, &["info", "contact", field]);
        }
    }
}
