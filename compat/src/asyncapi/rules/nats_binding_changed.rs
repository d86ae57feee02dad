//! Finds an operation in another NATS queue group.
//!
//! Why it breaks: members of one group share messages, members of two groups each get all of them: while old and new
//! run side by side, every message is handled twice.
//!
//! What to do instead: stop all of the old members before the first new one starts, or make handlers idempotent.

use eventpact_contract::diagnostic::Severity::Warning;

use super::super::Check;
use super::super::bindings::At::Operation;
use super::super::bindings::Meaning::Is;
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/nats-binding-changed",
        summary: "an operation is in another NATS queue group",
        breaks: Breaks::Contract,
        source: include_str!("nats_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "nats",
    help: "stop all of the old members before the first new one starts, or make handlers idempotent",
    fields: &[field(
        Operation,
        "queue",
        Is(Warning),
        "members of two groups each get every message, so it is handled twice while both run",
    )],
};
