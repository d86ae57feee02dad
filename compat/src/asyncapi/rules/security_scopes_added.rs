//! Finds a security scheme (OAuth 2, OpenID Connect) that is still taken, and that asks for scopes which it did not
//! ask for before.
//!
//! Why it breaks: tokens of clients of the old contract do not have the new scopes, and are refused.
//!
//! What to do instead: give the new scopes to every client first, then ask for them.

use std::collections::{HashMap, HashSet};

use eventpact_contract::model::Security;
use eventpact_contract::yaml::Node;

use super::super::change::{Change, Holds};
use super::super::{Check, Guarded};
use super::security_tightened::{identity, shown};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/security-scopes-added",
        summary: "a server or an operation asks for more scopes",
        breaks: Breaks::Contract,
        source: include_str!("security_scopes_added.rs"),
    },
    check: Check::Security(check),
};

/// The most alternatives of one kind that are looked at.
const MOST: usize = 100;

fn check(guarded: &Guarded<'_>, out: &mut Vec<Change>) {
    let mut taken: HashMap<String, Vec<&Security>> = HashMap::new();
    for new in guarded.new {
        taken.entry(identity(new)).or_default().push(new);
    }
    for old in guarded.old {
        let Some(ways) = taken.get(&identity(old)) else { continue };
        let before: HashSet<&str> = scopes(old).collect();
        let more = |new: &Security| scopes(new).filter(|scope| !before.contains(scope)).map(str::to_owned).collect::<Vec<_>>();
        let Some((new, added)) = ways.iter().take(MOST).map(|new| (new, more(new))).min_by_key(|(_, added)| added.len()) else {
            continue;
        };
        if added.is_empty() {
            continue;
        }
        let (what, names) = (&guarded.what, added.join(", "));
        let message = format!("{what} now asks for the scopes {names} of {}: tokens without them are refused", shown(old));
        let change = Change::error(message, Place::new(new.span, format!("also {names}")), Place::new(old.span, "without them"));
        let help = "give the new scopes to every client first, then ask for them";
        out.push(change.help(help).rolled_out(Holds::CLIENTS_FIRST).path(format!(
            "{}/security/{}/scopes",
            guarded.path,
            shown(old)
        )));
    }
}

fn scopes(security: &Security) -> impl Iterator<Item = &str> {
    security.scheme.get("scopes").and_then(Node::as_sequence).unwrap_or_default().iter().filter_map(Node::as_str)
}
