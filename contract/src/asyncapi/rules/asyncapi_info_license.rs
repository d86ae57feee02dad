//! Finds an Info Object without `license`.
//!
//! Why it matters: readers don't know what they may do with the document.
//!
//! What to do instead: add `license` with a `name` to `info`.

use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi-info-license",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "the document says under which license it stands",
        source: include_str!("asyncapi_info_license.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    sink.wants(context, &["info", "license"]);
}
