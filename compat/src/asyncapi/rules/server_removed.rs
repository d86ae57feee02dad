//! Finds a server that the old contract has and the new one does not, neither by host and protocol nor by its key.
//!
//! Why it breaks: clients that connect to it find nobody.
//!
//! What to do instead: keep the server until its clients have moved to another one.

use eventpact_contract::model::Server;
use eventpact_contract::source::Span;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/server-removed",
        summary: "a server of the old contract is gone",
        breaks: Breaks::Contract,
        source: include_str!("server_removed.rs"),
    },
    check: Check::Server(check),
};

fn check(versions: &Versions<'_, Server>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (None, old) = (versions.new, versions.old) else { return };
    let message = format!("the server `{}` ({}, {}) is gone: its clients find nobody", old.key, old.host, old.protocol);
    let new = Place::new(Span::start_of(scope.new.file), "no server of this host and protocol, or key");
    let change = Change::error(message, new, Place::new(old.span, format!("{} {}", old.protocol, old.host)));
    let help = "keep the server until its clients have moved to another one";
    out.push(change.help(help).path(format!("/servers/{}", old.key)));
}
