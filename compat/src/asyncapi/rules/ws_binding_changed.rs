//! Finds another method to open a WebSocket connection. (Its query and headers are judged by the rules of JSON
//! Schema: clients of the old contract write them, the new server reads them.)
//!
//! Why it breaks: clients that open the connection with the old method are refused.
//!
//! What to do instead: take both methods until every client has moved.

use eventpact_contract::diagnostic::Severity::Error;

use super::super::Check;
use super::super::bindings::At::Channel;
use super::super::bindings::Meaning::{Elsewhere, Is};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/ws-binding-changed",
        summary: "a WebSocket connection is opened with another method",
        breaks: Breaks::Contract,
        source: include_str!("ws_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "ws",
    help: "take both until every client has moved",
    fields: &[
        field(Channel, "method", Is(Error), "clients that connect with the old method are refused").or("\"GET\""),
        field(Channel, "query", Elsewhere, ""),
        field(Channel, "headers", Elsewhere, ""),
    ],
};
