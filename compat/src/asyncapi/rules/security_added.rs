//! Finds a server or an operation that asks for credentials only in the new contract.
//!
//! Why it breaks: clients of the old contract have none, and are refused.
//!
//! What to do instead: let every client authenticate first; ask for it when all do.

use super::super::change::{Change, Holds};
use super::super::{Check, Guarded};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/security-added",
        summary: "a server or an operation asks for credentials, and did not before",
        breaks: Breaks::Contract,
        source: include_str!("security_added.rs"),
    },
    check: Check::Security(check),
};

fn check(guarded: &Guarded<'_>, out: &mut Vec<Change>) {
    let ([first, ..], []) = (guarded.new, guarded.old) else { return };
    let names: Vec<String> = guarded.new.iter().map(super::security_tightened::shown).collect();
    let message =
        format!("{} now asks for credentials ({}): clients of the old contract are refused", guarded.what, names.join(" or "));
    let change = Change::error(message, Place::new(first.span, "asked for"), Place::new(guarded.old_at, "nothing asked for"));
    let help = "let every client authenticate first; ask for it when all do";
    out.push(change.help(help).rolled_out(Holds::CLIENTS_FIRST).path(format!("{}/security", guarded.path)));
}
