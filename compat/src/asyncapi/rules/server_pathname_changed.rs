//! Finds a server with another path behind its host.
//!
//! Why it breaks: clients of the old contract connect to the old path.
//!
//! What to do instead: keep the old path as a second server until every client has moved.

use eventpact_contract::model::Server;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/server-pathname-changed",
        summary: "a server has another path",
        breaks: Breaks::Contract,
        source: include_str!("server_pathname_changed.rs"),
    },
    check: Check::Server(check),
};

fn check(versions: &Versions<'_, Server>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (now, before) = (path(new), path(old));
    if now == before {
        return;
    }
    let message = format!("the path of the server `{}` changed from `{before}` to `{now}`", old.key);
    let change = Change::error(message, Place::new(new.span, now), Place::new(old.span, before));
    out.push(
        change
            .help("keep the old path as a second server until every client has moved")
            .path(format!("/servers/{}/pathname", old.key)),
    );
}

/// The path, as far as servers can be told apart by it.
fn path(server: &Server) -> &str {
    server.pathname.as_deref().map(|path| path.trim_end_matches('/')).filter(|path| !path.is_empty()).unwrap_or("/")
}
