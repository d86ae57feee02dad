//! Finds a channel that kept its key and changed its address.
//!
//! Why it breaks: clients of the old contract keep using the old address, so new and old no longer meet.
//!
//! What to do instead: add a second channel with the new address, send to both for a while, then remove the old one.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::Channel;

use super::super::{Check, Scope, Versions};
use crate::report::{Finding, Place, Report};
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

fn check(versions: &Versions<'_, Channel>, _scope: &Scope<'_>, report: &mut Report) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (Some(now), Some(before)) = (&new.address, &old.address) else { return };
    if now == before {
        return;
    }
    report.findings.push(Finding {
        rule: RULE.info,
        severity: Severity::Error,
        message: format!("channel `{}` moved from `{before}` to `{now}`: clients of the old contract stay behind", old.key),
        help: format!("keep `{before}` and add a second channel for `{now}`; send to both until every client has moved"),
        reader: Place::new(new.span, format!("address {now}")),
        writer: Place::new(old.span, format!("address {before}")),
        path: format!("/channels/{}/address", old.key),
        peer: None,
        witness: None,
    });
}
