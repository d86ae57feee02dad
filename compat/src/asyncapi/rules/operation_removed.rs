//! Finds an operation whose channel is still there, and that the application no longer has: it sends nothing to it,
//! or receives nothing from it, any more.
//!
//! Why it breaks: readers of what was sent wait for ever; what others send to an application that no longer receives
//! stays unhandled.
//!
//! What to do instead: agree with the other side first: readers move to another source, or writers to another target;
//! then remove it.

use eventpact_contract::model::{Action, Operation};

use super::super::change::{Change, Holds};
use super::super::{Check, Scope, Versions};
use super::operation_action_flipped::is_flipped;
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/operation-removed",
        summary: "the application no longer sends to, or receives from, a channel",
        breaks: Breaks::Contract,
        source: include_str!("operation_removed.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (None, Some(channel)) = (versions.new, scope.channel.as_ref()) else { return };
    let (Some(new), old) = (channel.new, versions.old) else { return };
    let place = scope.matching.channels.new_of(old.channel);
    let another = place.and_then(|channel| scope.new_uses.operation(channel, old.action));
    if another.is_some() || is_flipped(old, scope) {
        return;
    }
    let (message, holds) = match old.action {
        Action::Send => (format!("nothing is sent to `{}` any more: its readers wait for ever", new.key), Holds::CONSUMERS_FIRST),
        Action::Receive => {
            (format!("`{}` is no longer received: what others send stays unhandled", new.key), Holds::PRODUCERS_FIRST)
        }
    };
    let now = Place::new(new.span, format!("no {} operation", old.action.as_str()));
    let before = Place::new(old.span, format!("{} {}", old.action.as_str(), channel.old.key));
    let change = Change::error(message, now, before).rolled_out(holds);
    out.push(
        change
            .help("agree with the other side first, then remove the operation on both")
            .path(format!("/operations/{}", old.key)),
    );
}
