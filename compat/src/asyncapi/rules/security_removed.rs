//! Finds a server or an operation that asked for credentials and asks for none.
//!
//! Why it breaks: clients that are set up to authenticate may fail where nobody answers (a SASL client at a plain
//! listener), and what was guarded is open.
//!
//! What to do instead: make sure that this is meant; keep the old way in until every client has changed its settings.

use super::super::change::Change;
use super::super::{Check, Guarded};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/security-removed",
        summary: "a server or an operation no longer asks for credentials",
        breaks: Breaks::Contract,
        source: include_str!("security_removed.rs"),
    },
    check: Check::Security(check),
};

fn check(guarded: &Guarded<'_>, out: &mut Vec<Change>) {
    let ([], [first, ..]) = (guarded.new, guarded.old) else { return };
    let message =
        format!("{} no longer asks for credentials: clients that offer some may fail, and it is open to all", guarded.what);
    let change = Change::warning(message, Place::new(guarded.new_at, "nothing asked for"), Place::new(first.span, "asked for"));
    let help = "make sure that this is meant; keep the old way in until every client has changed its settings";
    out.push(change.help(help).path(format!("{}/security", guarded.path)));
}
