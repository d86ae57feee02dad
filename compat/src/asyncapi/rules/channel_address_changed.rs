//! Finds a channel that kept its key and changed its address. The names of parameters are no part of an address:
//! `orders/{id}` is `orders/{orderId}`.
//!
//! Why it breaks: clients of the old contract keep using the old address, so new and old no longer meet.
//!
//! What to do instead: add a second channel with the new address, send to both for a while, then remove the old one.

use eventpact_contract::model::Channel;

use super::super::change::Change;
use super::super::matching::template;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/channel-address-changed",
        summary: "a channel moved to another address",
        breaks: Breaks::Contract,
        source: include_str!("channel_address_changed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (Some(now), Some(before)) = (&new.address, &old.address) else { return };
    if template(now) == template(before) {
        return;
    }
    let message = format!("channel `{}` moved from `{before}` to `{now}`: clients of the old contract stay behind", old.key);
    let (new, place) = (Place::new(new.span, format!("address {now}")), Place::new(old.span, format!("address {before}")));
    let help = format!("keep `{before}` and add a second channel for `{now}`; send to both until every client has moved");
    out.push(Change::error(message, new, place).help(help).path(format!("/channels/{}/address", old.key)));
}
