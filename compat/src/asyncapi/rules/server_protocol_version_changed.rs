//! Finds a server that speaks another version of its protocol. Another major version is an error, anything else a
//! warning.
//!
//! Why it breaks: clients may not know the new version: MQTT 5 and 3.1.1, AMQP 1.0 and 0-9-1 do not understand each
//! other.
//!
//! What to do instead: add a second server for the new version, or make sure that the server still takes the old one.

use eventpact_contract::model::Server;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/server-protocol-version-changed",
        summary: "a server speaks another version of its protocol",
        breaks: Breaks::Contract,
        source: include_str!("server_protocol_version_changed.rs"),
    },
    check: Check::Server(check),
};

fn check(versions: &Versions<'_, Server>, _scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    let (now, before) = (new.protocol_version.as_deref().map(parts), old.protocol_version.as_deref().map(parts));
    if now == before {
        return;
    }
    let shown = |server: &Server| server.protocol_version.clone().unwrap_or_else(|| "not said".to_owned());
    let (is, was) = (shown(new), shown(old));
    let message = format!("the server `{}` spoke {} in the version {was}, and now {is}", old.key, old.protocol);
    let (new_at, old_at) = (Place::new(new.span, is), Place::new(old.span, was));
    let major = now.as_ref().zip(before.as_ref()).is_some_and(|(now, before)| now.first() != before.first());
    let change = if major { Change::error(message, new_at, old_at) } else { Change::warning(message, new_at, old_at) };
    let help = "add a second server for the new version, or make sure that this one still takes the old";
    out.push(change.help(help).path(format!("/servers/{}/protocolVersion", old.key)));
}

/// `0-9-1` is `0.9.1`, and `v5` is `5`.
fn parts(version: &str) -> Vec<String> {
    let trimmed = version.trim().trim_start_matches(['v', 'V']);
    trimmed.split(['.', '-']).map(str::to_ascii_lowercase).collect()
}
