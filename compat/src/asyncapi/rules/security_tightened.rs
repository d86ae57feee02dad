//! Finds a security scheme that a server or an operation took and no longer takes, or takes in another form (another
//! type, another place of the key, another issuer of tokens).
//!
//! Why it breaks: clients that authenticate in that way are refused.
//!
//! What to do instead: add the new scheme beside the old one, and take the old one away when no client uses it.

use std::collections::HashSet;

use eventpact_contract::model::Security;
use eventpact_contract::yaml::Node;

use super::super::change::{Change, Holds};
use super::super::{Check, Guarded};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/security-tightened",
        summary: "a way to authenticate is no longer taken",
        breaks: Breaks::Contract,
        source: include_str!("security_tightened.rs"),
    },
    check: Check::Security(check),
};

fn check(guarded: &Guarded<'_>, out: &mut Vec<Change>) {
    if guarded.new.is_empty() {
        return;
    }
    let taken: HashSet<String> = guarded.new.iter().map(identity).collect();
    let kinds: HashSet<&str> = guarded.new.iter().map(kind).collect();
    let mut told = HashSet::new();
    for old in guarded.old.iter().filter(|old| !taken.contains(&identity(old))) {
        if !told.insert(identity(old)) {
            continue;
        }
        let how = if kinds.contains(kind(old)) { "in another form only" } else { "no longer" };
        let message = format!("{} takes {} {how}: clients that authenticate in this way are refused", guarded.what, shown(old));
        let now = guarded.new.iter().find(|new| kind(new) == kind(old)).map_or(guarded.new_at, |new| new.span);
        let change = Change::error(message, Place::new(now, "now"), Place::new(old.span, shown(old)));
        let help = "add the new scheme beside the old one, and take the old one away when no client uses it";
        out.push(change.help(help).rolled_out(Holds::CLIENTS_FIRST).path(format!("{}/security/{}", guarded.path, shown(old))));
    }
}

fn kind(security: &Security) -> &str {
    security.scheme.get("type").and_then(Node::as_str).unwrap_or("?")
}

/// The scheme for people: its name and type.
pub(super) fn shown(security: &Security) -> String {
    security.name.as_ref().map_or_else(|| kind(security).to_owned(), |name| format!("{name} ({})", kind(security)))
}

/// What a client must do: the scheme without texts for people, and without scopes, which have a rule of their own.
pub(super) fn identity(security: &Security) -> String {
    let mut json = security.scheme.to_json();
    let drop = |object: &mut serde_json::Map<String, serde_json::Value>| {
        let is_text =
            |key: &str| matches!(key, "description" | "scopes" | "availableScopes" | "bearerFormat") || key.starts_with("x-");
        object.retain(|key, _| !is_text(key));
    };
    if let Some(object) = json.as_object_mut() {
        drop(object);
        let flows = object.get_mut("flows").and_then(serde_json::Value::as_object_mut);
        flows.into_iter().flatten().filter_map(|(_, flow)| flow.as_object_mut()).for_each(drop);
    }
    json.sort_all_objects();
    json.to_string()
}
