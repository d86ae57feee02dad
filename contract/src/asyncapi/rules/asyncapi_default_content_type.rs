//! Finds a document without `defaultContentType`.
//!
//! Why it matters: readers must guess how a message without `contentType` is encoded.
//!
//! What to do instead: add `defaultContentType: application/json`, or what your messages are.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-defaultContentType",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "a content type holds where messages name none",
        source: include_str!("asyncapi_default_content_type.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    sink.wants(context, &["defaultContentType"]);
}
