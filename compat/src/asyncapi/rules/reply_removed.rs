//! Finds an operation that had a reply and has none. (An application that sends and no longer waits for one is a
//! warning: the replies go unread.)
//!
//! Why it breaks: who asked the application waits for the reply for ever.
//!
//! What to do instead: let those who ask stop waiting first, then stop replying.

use eventpact_contract::model::{Action, Operation};

use super::super::change::{Change, Holds};
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/reply-removed",
        summary: "an operation no longer has a reply",
        breaks: Breaks::Contract,
        source: include_str!("reply_removed.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (None, Some(_)) = (&new.reply, &old.reply) else { return };
    let (now, before) = (Place::new(new.span, "without a reply"), Place::new(old.span, "with a reply"));
    let change = match old.action {
        Action::Receive => {
            let message = format!("`{}` is no longer replied to: who asked waits for ever", old.key);
            Change::error(message, now, before).rolled_out(Holds::PRODUCERS_FIRST)
        }
        Action::Send => Change::warning(format!("`{}` no longer takes a reply: those that come go unread", old.key), now, before),
    };
    let help = "let the other side live without the reply first, then take it away";
    out.push(change.help(help).path(format!("/operations/{}/reply", old.key)));
}
