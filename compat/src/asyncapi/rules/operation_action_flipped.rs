//! Finds a channel that the application used to send to and now receives from, or the other way round.
//!
//! Why it breaks: both sides of the channel are lost: who listened hears nothing, and nobody sends what the
//! application now waits for.
//!
//! What to do instead: add a second channel for the other direction. In a 2.x document, check that `publish` and
//! `subscribe` are meant from the side of the application.

use eventpact_contract::model::Operation;

use super::super::change::{Change, Sides};
use super::super::uses::turned;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/operation-action-flipped",
        summary: "an operation sends where it received, or the other way round",
        breaks: Breaks::Contract,
        source: include_str!("operation_action_flipped.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (None, Some(channel)) = (versions.new, &scope.channel) else { return };
    let old = versions.old;
    if !is_flipped(old, scope) {
        return;
    }
    let (now, before) = (turned(old.action).as_str(), old.action.as_str());
    let span = scope.matching.channels.new_of(old.channel).and_then(|c| scope.new_uses.operation(c, turned(old.action)));
    let span = span.and_then(|o| scope.new.operations.get(o)).map_or(old.span, |o| o.span);
    let message = format!("`{}` was {before} and is {now} on `{}`: both sides of the channel are lost", old.key, channel.old.key);
    let change = Change::error(message, Place::new(span, now), Place::new(old.span, before)).hits(Sides::BOTH);
    let help = "keep the operation, and add a second channel for the other direction";
    out.push(change.help(help).path(format!("/operations/{}/action", old.key)));
}

/// The channel has no operation of this action any more, and one of the other that it did not have.
pub(super) fn is_flipped(old: &Operation, scope: &Scope<'_>) -> bool {
    let Some(channel) = scope.matching.channels.new_of(old.channel) else { return false };
    scope.new_uses.operation(channel, old.action).is_none()
        && scope.new_uses.operation(channel, turned(old.action)).is_some()
        && scope.old_uses.operation(old.channel, turned(old.action)).is_none()
}
