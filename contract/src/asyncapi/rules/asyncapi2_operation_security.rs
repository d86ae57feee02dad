//! Finds a name in the `security` of a operation that is no key of `components.securitySchemes`, or a scope that its
//! OAuth flows do not have.
//!
//! Why it matters: clients can't know how to authenticate.
//!
//! What to do instead: define the scheme under `components.securitySchemes`, or the scope under `scopes` of its
//! flows; or correct the name.

use super::security;
use super::v2::operations;
use super::{Check, Context, Sink, V2};
use crate::diagnostic::Severity;
use crate::rule::{Layer, Rule};

pub(super) const RULE: Check = Check {
    rule: Rule {
        id: "asyncapi2-operation-security",
        layer: Layer::Parity,
        severity: Severity::Error,
        summary: "the security of a operation is defined",
        source: include_str!("asyncapi2_operation_security.rs"),
    },
    versions: V2,
    run: Some(check),
};

fn check(context: &Context<'_>, sink: &mut Sink<'_>) {
    for operation in operations(context, context.root) {
        security::check(context, operation.node, "operation", sink);
    }
}
