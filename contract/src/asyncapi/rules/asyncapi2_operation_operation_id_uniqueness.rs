//! Finds a `operationId` that two operations have, after their traits were applied: the last trait that has one wins.
//!
//! Why it matters: tools name code and pages by the `operationId`; one of the two gets lost.
//!
//! What to do instead: give one of them another id.

use super::v2::{operations, unique_ids};
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-operation-operationId-uniqueness",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "each `operationId` is there once",
        source: include_str!("asyncapi2_operation_operation_id_uniqueness.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    let operations = operations(context, context.root);
    unique_ids(context, operations.iter().map(|operation| operation.node), "operationId", sink);
}
