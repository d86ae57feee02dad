//! Finds a parameter of an address that takes fewer values than before where the application receives, or more where
//! it sends; and another default.
//!
//! Why it breaks: the values make the addresses. An application that receives at fewer of them leaves what others
//! send to the rest unread; one that sends to more of them is not heard by those who listen at the old ones only.
//!
//! What to do instead: let the receiving side take new values first, and let the sending side give up old ones first.

use std::collections::HashSet;

use eventpact_contract::model::{Channel, Parameter};

use super::super::change::{Change, Holds, Sides};
use super::super::matching::parameters;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/parameter-values-changed",
        summary: "a parameter of an address takes other values",
        breaks: Breaks::Contract,
        source: include_str!("parameter_values_changed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(channel), old_channel) = (versions.new, versions.old) else { return };
    for (new, old) in parameters(channel, old_channel) {
        let (Some(new), Some(old)) = (new, old) else { continue };
        let what = format!("the parameter `{}` of `{}`", old.name, old_channel.key);
        let changes = [gone(new, old, &what, scope), added(new, old, &what, scope), default(new, old, &what)];
        let path = format!("/channels/{}/parameters/{}", old_channel.key, old.name);
        let help = "receivers take new values first; senders give up old ones first";
        out.extend(changes.into_iter().flatten().map(|change| change.help(help).path(path.clone())));
    }
}

fn gone(new: &Parameter, old: &Parameter, what: &str, scope: &Scope<'_>) -> Option<Change> {
    let what = format!("{what} no longer takes {}", lost(old, new)?);
    let (now, before) = places(new, old);
    if !scope.sides.producers {
        return Some(Change::warning(format!("{what}: who listens there hears nothing more"), now, before));
    }
    let change = Change::error(format!("{what}: what is sent there is not received any more"), now, before);
    Some(change.hits(Sides::PRODUCERS).rolled_out(Holds::PRODUCERS_FIRST))
}

fn added(new: &Parameter, old: &Parameter, what: &str, scope: &Scope<'_>) -> Option<Change> {
    let what = format!("{what} also takes {}", lost(new, old)?);
    let (now, before) = places(new, old);
    if !scope.sides.consumers {
        return Some(Change::note(what, now, before));
    }
    let change = Change::error(format!("{what}: who listens at the old addresses misses what is sent there"), now, before);
    Some(change.hits(Sides::CONSUMERS).rolled_out(Holds::CONSUMERS_FIRST))
}

fn default(new: &Parameter, old: &Parameter, what: &str) -> Option<Change> {
    let (now, before) = places(new, old);
    (new.default != old.default).then(|| Change::warning(format!("{what} has another default"), now, before))
}

fn places(new: &Parameter, old: &Parameter) -> (Place, Place) {
    (Place::new(new.span, values(new)), Place::new(old.span, values(old)))
}

/// What the first takes and the second does not, in words.
fn lost(one: &Parameter, other: &Parameter) -> Option<String> {
    if other.allowed.is_empty() {
        return None;
    }
    if one.allowed.is_empty() {
        return Some("every value".to_owned());
    }
    let known: HashSet<&String> = other.allowed.iter().collect();
    let lost: Vec<String> = one.allowed.iter().filter(|value| !known.contains(value)).map(|value| format!("`{value}`")).collect();
    (!lost.is_empty()).then(|| lost.join(", "))
}

fn values(parameter: &Parameter) -> String {
    let default = parameter.default.as_deref().map_or_else(String::new, |default| format!(", {default} by default"));
    if parameter.allowed.is_empty() {
        format!("any value{default}")
    } else {
        format!("{}{default}", parameter.allowed.join(", "))
    }
}
