//! Finds an operation without `operationId`, also after its traits were applied.
//!
//! Why it matters: tools name code and pages by it; without one they make up a name that changes with the order of
//! the document.
//!
//! What to do instead: add `operationId`.

use super::v2::{operations, wants_id};
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-operation-operationId",
        layer: Layer::Parity,
        severity: Severity::Warning,
        summary: "each operation has a `operationId`",
        source: include_str!("asyncapi2_operation_operation_id.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let components = context.get(context.root, "components");
    for parent in std::iter::once(context.root).chain(components) {
        for operation in operations(context, parent) {
            wants_id(context, operation.node, operation.place, "operationId", sink);
        }
    }
}
