//! Notes a channel that has another key in the document and the same address.
//!
//! Why it breaks: it breaks nothing that travels: the key is a name inside of the document. Code that was generated
//! from it gets other names.
//!
//! What to do instead: nothing; regenerate the code, or keep the key.

use eventpact_contract::model::Channel;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/channel-renamed",
        summary: "a channel has another key and the same address",
        breaks: Breaks::Source,
        source: include_str!("channel_renamed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    if new.key == old.key {
        return;
    }
    let message = format!("the channel `{}` is called `{}` now; its address is the same", old.key, new.key);
    let change = Change::note(message, Place::new(new.span, "its new key"), Place::new(old.span, "its old key"));
    out.push(change.path(format!("/channels/{}", old.key)));
}
