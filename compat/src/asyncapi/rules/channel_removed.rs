//! Finds a channel that the old contract has and the new one does not, neither by its address nor by its key.
//!
//! Why it breaks: whoever still writes there writes to nobody, and whoever still reads there waits for ever.
//!
//! What to do instead: keep the channel, mark it deprecated in its description, and remove it once no client uses it.

use eventpact_contract::model::Channel;
use eventpact_contract::source::Span;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/channel-removed",
        summary: "a channel of the old contract is gone",
        breaks: Breaks::Contract,
        source: include_str!("channel_removed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    if versions.new.is_some() {
        return;
    }
    let old = versions.old;
    let address = old.address.as_deref().map_or_else(String::new, |a| format!(" (address {a})"));
    let message = format!("channel `{}`{address} is gone: its clients talk to nobody", old.key);
    let new = Place::new(Span::start_of(scope.new.file), "no channel of this address or key");
    let change = Change::error(message, new, Place::new(old.span, format!("channel {}", old.key)));
    let help = "keep the channel until none of its clients is left, and say in its description that it is deprecated";
    out.push(change.help(help).path(format!("/channels/{}", old.key)));
}
