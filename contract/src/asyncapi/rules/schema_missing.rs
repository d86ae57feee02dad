//! Finds a payload, headers or a schema of the components with a `schemaFormat` and no `schema` beside it.
//!
//! Why it matters: the format says how to read a schema that is not there: everything is allowed.
//!
//! What to do instead: put the schema under `schema`.

use std::collections::HashSet;

use super::beyond;
use super::{Check, Context, Sink, V3};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi/schema-missing",
        layer: Layer::Beyond,
        severity: Severity::Error,
        summary: "an object with a `schemaFormat` has a `schema`",
        source: include_str!("schema_missing.rs"),
    },
    versions: V3,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let messages = beyond::messages(context);
    let fields = messages.iter().flat_map(|&message| ["payload", "headers"].map(|field| context.get(message, field))).flatten();
    let components = context.get(context.root, "components");
    let named = components.into_iter().flat_map(|node| context.entries(node, "schemas")).map(|(_, schema)| schema);
    let mut seen = HashSet::new();
    for schema in fields.chain(named).filter(|schema| seen.insert(std::ptr::from_ref(*schema))) {
        if let Some(format) = schema.get("schemaFormat").filter(|_| schema.get("schema").is_none()) {
            sink.report(format.span, "there is no `schema` beside this `schemaFormat`");
        }
    }
}
