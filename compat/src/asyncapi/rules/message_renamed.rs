//! Notes a message that has another name than before, and the same payload or the same key in its channel.
//!
//! Why it breaks: it breaks nothing that travels, unless clients tell messages apart by their names. Code that was
//! generated from it gets other names.
//!
//! What to do instead: nothing, or keep the name.

use eventpact_contract::model::Message;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/message-renamed",
        summary: "a message has another name and the same payload or key",
        breaks: Breaks::Source,
        source: include_str!("message_renamed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), Some(channel)) = (versions.new, &scope.channel) else { return };
    let (now, before) = (new.name(), versions.old.name());
    if now == before {
        return;
    }
    let message = format!("the message `{before}` of `{}` is called `{now}` now", channel.old.key);
    let change = Change::note(message, Place::new(new.span, "its new name"), Place::new(versions.old.span, "its old name"));
    out.push(change.path(format!("/channels/{}/messages/{before}/name", channel.old.key)));
}
