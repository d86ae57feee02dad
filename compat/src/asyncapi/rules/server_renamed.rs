//! Notes a server that has another key in the document, and the same host and protocol.
//!
//! Why it breaks: it breaks nothing that travels. Code and tools that name the server by its key have to follow.
//!
//! What to do instead: nothing, or keep the key.

use eventpact_contract::model::Server;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/server-renamed",
        summary: "a server has another key, and the same host and protocol",
        breaks: Breaks::Source,
        source: include_str!("server_renamed.rs"),
    },
    check: Check::Server(check),
};

fn check(versions: &Versions<'_, Server>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    if new.key == old.key {
        return;
    }
    let message = format!("the server `{}` is called `{}` now", old.key, new.key);
    let change = Change::note(message, Place::new(new.span, "its new key"), Place::new(old.span, "its old key"));
    out.push(change.path(format!("/servers/{}", old.key)));
}
