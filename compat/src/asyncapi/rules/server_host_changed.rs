//! Finds a server that kept its key and has another host or port.
//!
//! Why it breaks: clients of the old contract connect to the old host.
//!
//! What to do instead: keep the old host as a second server until every client has moved, or a name that leads to the
//! new one.

use eventpact_contract::model::Server;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/server-host-changed",
        summary: "a server moved to another host",
        breaks: Breaks::Contract,
        source: include_str!("server_host_changed.rs"),
    },
    check: Check::Server(check),
};

fn check(versions: &Versions<'_, Server>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (now, before) = (new.host.as_str(), old.host.as_str());
    if now.eq_ignore_ascii_case(before) {
        return;
    }
    let message = format!("the server `{}` moved from `{before}` to `{now}`: clients of the old contract stay behind", old.key);
    let change = Change::error(message, Place::new(new.span, now), Place::new(old.span, before));
    out.push(
        change
            .help("keep the old host as a second server until every client has moved")
            .path(format!("/servers/{}/host", old.key)),
    );
}
