//! Finds a reply whose address is read from another place of the request, or is now read from the request, or is no
//! longer.
//!
//! Why it breaks: one side writes the return address where the other does not look, so the reply goes astray.
//!
//! What to do instead: write the return address in both places, and read the new one when every client writes it.

use eventpact_contract::model::Operation;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/reply-address-changed",
        summary: "the return address of a request is in another place",
        breaks: Breaks::Contract,
        source: include_str!("reply_address_changed.rs"),
    },
    check: Check::Operation(check),
};

fn check(versions: &Versions<'_, Operation>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (Some(now), Some(before)) = (&new.reply, &old.reply) else { return };
    if now.address == before.address {
        return;
    }
    let shown = |address: &Option<_>| address.as_ref().map_or_else(|| "not in the request".to_owned(), ToString::to_string);
    let (now, before) = (shown(&now.address), shown(&before.address));
    let message = format!("the return address of `{}` was {before} and is {now}: replies go astray", old.key);
    let change = Change::error(message, Place::new(new.span, now), Place::new(old.span, before));
    let help = "write the return address in both places until every client has moved";
    out.push(change.help(help).path(format!("/operations/{}/reply/address", old.key)));
}
