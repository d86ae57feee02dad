//! Finds an operation that has a reply only in the new contract: an application that sends now waits for one. (One
//! that receives now gives one, which is a note.)
//!
//! Why it breaks: the other side follows the old contract and replies nothing, so the application waits for ever.
//!
//! What to do instead: let the other side reply first, then wait for it.

use eventpact_contract::model::{Action, Operation};

use super::super::change::{Change, Holds};
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/reply-added",
        summary: "an operation now has a reply",
        breaks: Breaks::Contract,
        source: include_str!("reply_added.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (Some(_), None) = (&new.reply, &old.reply) else { return };
    let (now, before) = (Place::new(new.span, "with a reply"), Place::new(old.span, "without a reply"));
    let change = match old.action {
        Action::Send => {
            let message = format!("`{}` now waits for a reply, which the other side does not send yet", old.key);
            let change = Change::error(message, now, before).rolled_out(Holds::CONSUMERS_FIRST);
            change.help("let the other side reply first, then wait for it")
        }
        Action::Receive => Change::note(format!("`{}` is now replied to", old.key), now, before),
    };
    out.push(change.path(format!("/operations/{}/reply", old.key)));
}
