//! Notes a parameter that has another name at the same place of the address.
//!
//! Why it breaks: it breaks nothing that travels: the name is not on the wire. Code that was generated from it gets
//! other names.
//!
//! What to do instead: nothing; regenerate the code, or keep the name.

use eventpact_contract::model::Channel;

use super::super::change::Change;
use super::super::matching::parameters;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/parameter-renamed",
        summary: "a parameter of an address has another name",
        breaks: Breaks::Source,
        source: include_str!("parameter_renamed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(channel), old_channel) = (versions.new, versions.old) else { return };
    for (new, old) in parameters(channel, old_channel) {
        let (Some(new), Some(old)) = (new, old) else { continue };
        if new.name == old.name {
            continue;
        }
        let message = format!("the parameter `{}` of `{}` is called `{}` now", old.name, old_channel.key, new.name);
        let change = Change::note(message, Place::new(new.span, "its new name"), Place::new(old.span, "its old name"));
        out.push(change.path(format!("/channels/{}/parameters/{}", old_channel.key, old.name)));
    }
}
