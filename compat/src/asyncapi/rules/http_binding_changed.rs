//! Finds another method of an HTTP operation, or another status code of a message. (Queries and headers are judged by
//! the rules of JSON Schema.)
//!
//! Why it breaks: clients that call with the old method are refused, and clients that wait for the old status take
//! the new one for a failure.
//!
//! What to do instead: serve both methods until every client has moved.

use eventpact_contract::diagnostic::Severity::Error;

use super::super::Check;
use super::super::bindings::At::{Message, Operation};
use super::super::bindings::Meaning::{Elsewhere, Is};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/http-binding-changed",
        summary: "an HTTP operation has another method, or a message another status",
        breaks: Breaks::Contract,
        source: include_str!("http_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "http",
    help: "serve both until every client has moved",
    fields: &[
        field(Operation, "type", Is(Error), "a request became a response, or the other way round"),
        field(Operation, "method", Is(Error), "clients that call with the old method are refused"),
        field(Operation, "query", Elsewhere, ""),
        field(Message, "headers", Elsewhere, ""),
        field(Message, "statusCode", Is(Error), "clients wait for the old status"),
    ],
};
