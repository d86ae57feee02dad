//! Finds a channel that is no longer available on a server of the old contract that still exists. A channel that
//! names no server is on all of them.
//!
//! Why it breaks: clients that reach the channel through that server find nothing there.
//!
//! What to do instead: keep the channel on the server until its clients have moved to another one.

use std::collections::HashSet;

use eventpact_contract::model::Channel;

use super::super::change::Change;
use super::super::{Check, Scope, Versions};
use crate::report::Place;
use crate::rule::{Breaks, Rule, RuleInfo};

pub(super) const RULE: Rule<Check> = Rule {
    info: RuleInfo {
        id: "asyncapi/channel-servers-narrowed",
        summary: "a channel is no longer on a server where it was",
        breaks: Breaks::Contract,
        source: include_str!("channel_servers_narrowed.rs"),
    },
    check: Check::Channel(check),
};

fn check(versions: &Versions<'_, Channel>, scope: &Scope<'_>, out: &mut Vec<Change>) {
    let (Some(new), old) = (versions.new, versions.old) else { return };
    if new.servers.is_empty() {
        return;
    }
    let now: HashSet<&str> = new.servers.iter().map(String::as_str).collect();
    let before: HashSet<&str> = old.servers.iter().map(String::as_str).collect();
    let lost = scope.old.servers.iter().enumerate().filter_map(|(n, server)| {
        let still = scope.new.servers.get(scope.matching.servers.new_of(n)?)?;
        let was_there = before.is_empty() || before.contains(server.key.as_str());
        (was_there && !now.contains(still.key.as_str())).then_some((server, still))
    });
    // The first few say it; a channel of thousands of servers needs no more.
    for (server, still) in lost.take(5) {
        let message = format!("channel `{}` is no longer on the server `{}` ({})", old.key, server.key, server.host);
        let place = Place::new(new.span, format!("on {} only", new.servers.join(", ")));
        let change = Change::error(message, place, Place::new(old.span, format!("also on {}", server.key)));
        let help = format!("name `{}` among the servers of the channel until its clients have moved", still.key);
        out.push(change.help(help).path(format!("/channels/{}/servers/{}", old.key, server.key)));
    }
}
