//! Finds another domain, middleware, role, node or quality of service of ROS 2.
//!
//! Why it breaks: nodes of two domains do not see each other, and two nodes whose policies do not fit are not
//! connected.
//!
//! What to do instead: keep the policies; offer more than before, never less.

use eventpact_contract::diagnostic::Severity::{Error, Warning};

use super::super::Check;
use super::super::bindings::At::{Operation, Server};
use super::super::bindings::Meaning::{Is, Less};
use super::super::bindings::{Table, field};
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/ros2-binding-changed",
        summary: "a ROS 2 node, domain or quality of service changed",
        breaks: Breaks::Contract,
        source: include_str!("ros2_binding_changed.rs"),
    },
    check: Check::Binding(&TABLE),
};

static TABLE: Table = Table {
    protocol: "ros2",
    help: "keep the policies; offer more than before, never less",
    fields: &[
        field(Server, "rmwImplementation", Is(Warning), "two implementations may not talk to each other"),
        field(Server, "domainId", Is(Error), "nodes of two domains do not see each other").or("0"),
        field(Operation, "role", Is(Error), "the other side waits for the old role"),
        field(Operation, "node", Is(Warning), "others may know the node by its name"),
        field(Operation, "qosPolicies/reliability", Is(Error), "subscribers that ask for reliable delivery are not connected"),
        field(Operation, "qosPolicies/durability", Is(Error), "late subscribers are not connected or miss what was sent before"),
        field(Operation, "qosPolicies/history", Is(Warning), "another number of messages is kept"),
        field(Operation, "qosPolicies/lifespan", Less(Warning), "slow readers may miss messages"),
        field(Operation, "qosPolicies/deadline", Is(Warning), "a subscriber that asks for a shorter deadline is not connected"),
        field(Operation, "qosPolicies/liveliness", Is(Warning), "a subscriber that asks for more is not connected"),
        field(Operation, "qosPolicies/leaseDuration", Is(Warning), "a subscriber that asks for a shorter lease is not connected"),
    ],
};
