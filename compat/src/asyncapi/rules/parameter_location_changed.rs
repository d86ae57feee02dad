//! Finds a parameter of an address whose value is taken from another place of the message.
//!
//! Why it breaks: the same message goes to another address, where nobody listens for it.
//!
//! What to do instead: keep the location; a new one needs a channel of its own.

use eventpact_contract::model::Channel;

use super::super::change::Change;
use super::super::matching::parameters;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/parameter-location-changed",
        summary: "a parameter of an address is taken from another place of the message",
        breaks: Breaks::Contract,
        source: include_str!("parameter_location_changed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(channel), old_channel) = (versions.new, versions.old) else { return };
    for (new, old) in parameters(channel, old_channel) {
        let (Some(new), Some(old)) = (new, old) else { continue };
        if new.location == old.location {
            continue;
        }
        let shown = |location: &Option<_>| location.as_ref().map_or_else(|| "no location".to_owned(), ToString::to_string);
        let (now, before) = (shown(&new.location), shown(&old.location));
        let what = format!("the parameter `{}` of `{}`", old.name, old_channel.key);
        let message = format!("{what} was taken from {before} and is taken from {now}: messages go to other addresses");
        let (now, before) = (Place::new(new.span, now), Place::new(old.span, before));
        let both = new.location.is_some() && old.location.is_some();
        let change = if both { Change::error(message, now, before) } else { Change::warning(message, now, before) };
        let path = format!("/channels/{}/parameters/{}/location", old_channel.key, old.name);
        out.push(change.help("keep the location; a new one needs a channel of its own").path(path));
    }
}
