//! Finds a server that kept its key and speaks another protocol (`kafka`, `kafka-secure`, `amqp`, `amqps`, …).
//!
//! Why it breaks: clients of the old contract cannot talk to it.
//!
//! What to do instead: add a second server with the new protocol, and retire the old one when no client is left.

use eventpact_contract::model::Server;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/server-protocol-changed",
        summary: "a server speaks another protocol",
        breaks: Breaks::Contract,
        source: include_str!("server_protocol_changed.rs"),
    },
    check: Check::Server(check),
};

fn check(versions: &Versions<'_, Server>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (now, before) = (new.protocol.as_str(), old.protocol.as_str());
    if now.eq_ignore_ascii_case(before) {
        return;
    }
    let message = format!("the server `{}` spoke {before} and speaks {now}", old.key);
    let change = Change::error(message, Place::new(new.span, now), Place::new(old.span, before));
    out.push(
        change
            .help("add a second server with the new protocol, and retire the old one when no client is left")
            .path(format!("/servers/{}/protocol", old.key)),
    );
}
