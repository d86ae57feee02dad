//! Finds a message whose correlation id stands in another place than before, or nowhere.
//!
//! Why it breaks: who waits for the answer looks for the id in the old place, and does not find the request that it
//! belongs to.
//!
//! What to do instead: send the id in both places for a while.

use eventpact_contract::diagnostic::Severity;
use eventpact_contract::model::Message;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/correlation-id-changed",
        summary: "the correlation id of a message is in another place",
        breaks: Breaks::Contract,
        source: include_str!("correlation_id_changed.rs"),
    },
    check: Check::Message(check),
};

fn check(versions: &Versions<'_, Message>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let severity = match (&new.correlation_id, &old.correlation_id) {
        (now, before) if now == before => return,
        (Some(_), Some(_)) => Severity::Error,
        // Who sends it no longer leaves the readers without; who asks for it is not served by old senders.
        (None, Some(_)) if scope.sides.consumers => Severity::Error,
        (Some(_), None) if scope.sides.producers => Severity::Warning,
        (None, _) => Severity::Warning,
        (Some(_), None) => Severity::Info,
    };
    let shown = |message: &Message| {
        message.correlation_id.as_ref().map_or_else(|| "nowhere".to_owned(), |location| format!("at {location}"))
    };
    let (now, before) = (shown(new), shown(old));
    let message = format!("the correlation id of `{}` was {before} and is {now}", old.name());
    let change = Change::new(severity, message, Place::new(new.span, now), Place::new(old.span, before));
    let help = if severity == Severity::Info { "" } else { "send the id in both places until every client reads the new one" };
    out.push(change.help(help).path(format!("/messages/{}/correlationId", old.name())));
}
