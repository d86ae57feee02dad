//! Finds a reply that goes to another channel than before.
//!
//! Why it breaks: who asked listens at the old channel and waits for ever.
//!
//! What to do instead: keep the channel of the replies, or let those who ask say the return address in the request.

use eventpact_contract::model::Operation;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/reply-channel-changed",
        summary: "replies go to another channel",
        breaks: Breaks::Contract,
        source: include_str!("reply_channel_changed.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (Some(reply), Some(old_reply)) = (&new.reply, &old.reply) else { return };
    let is_same = match (reply.channel, old_reply.channel) {
        (now, Some(before)) => now.is_some() && now == scope.matching.channels.new_of(before),
        (now, None) => now.is_none(),
    };
    if is_same {
        return;
    }
    let key = |contract: &eventpact_contract::model::Contract, channel: Option<usize>| {
        channel
            .and_then(|c| contract.channels.get(c))
            .map_or_else(|| "no channel of its own".to_owned(), |c| format!("`{}`", c.key))
    };
    let (now, before) = (key(scope.new, reply.channel), key(scope.old, old_reply.channel));
    let message = format!("the reply to `{}` went to {before} and goes to {now}: who asked waits at the old one", old.key);
    let change = Change::error(message, Place::new(new.span, now), Place::new(old.span, before));
    let help = "keep the channel of the replies until nobody waits there";
    out.push(change.help(help).path(format!("/operations/{}/reply/channel", old.key)));
}
