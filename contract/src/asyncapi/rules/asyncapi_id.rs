//! Finds a document without `id`.
//!
//! Why it matters: without an id, documents of the same application can't be told to be that.
//!
//! What to do instead: add `id`, a URI: `id: urn:com:example:shop`.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-id",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the application has an id",
        source: include_str!("asyncapi_id.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    sink.wants(context, &["id"]);
}
