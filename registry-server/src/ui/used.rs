//! Who fetched a schema, for the page of a version.

use super::Asked;
use super::shell::time;
use crate::auth::Verb;
use crate::routes::eventpact::usage::{Filter, lines};
use crate::subject::SubjectName;
use crate::usage::{How, Seen};

/// Lines on the page.
const MOST: usize = 20;

/// A client.
pub(super) struct ClientRow {
    pub(super) who: String,
    /// Empty when it did not say what it is.
    pub(super) agent: String,
    pub(super) how: &'static str,
    pub(super) count: u64,
    pub(super) last: String,
}

/// What is known.
pub(super) struct Used {
    pub(super) rows: Vec<ClientRow>,
    pub(super) more: bool,
    /// What to say beside it, or instead.
    pub(super) note: &'static str,
}

impl Used {
    /// Who fetched the schema of this id under this subject, or by its id alone.
    pub(super) async fn of(asked: &Asked, subject: &SubjectName, id: u32) -> Self {
        let filter = Filter { subject: Some(subject.clone()), id: Some(id), since: 0 };
        let found = lines(&asked.registry, &asked.caller, filter, None, MOST + 1).await;
        let note = match (asked.registry.usage.kept(), &found) {
            ("nowhere", _) => "It is not noted who fetches schemas: this registry is told not to.",
            (_, Err(_)) => "Not known at the moment: the place where it is kept is away.",
            ("process", Ok(_)) => "Since this server was started; other servers are not counted.",
            (_, Ok(_)) => "",
        };
        let mut found = found.unwrap_or_default();
        let more = found.len() > MOST;
        found.truncate(MOST);
        let addresses = asked.caller.require_globally(Verb::Admin).is_ok();
        Self { rows: found.into_iter().map(|seen| row(&seen, addresses)).collect(), more, note }
    }
}

fn row(seen: &Seen, addresses: bool) -> ClientRow {
    let who = match (&*seen.key.principal, seen.key.address.filter(|_| addresses)) {
        ("", Some(address)) => format!("anonymous, from {address}"),
        ("", None) => "anonymous".to_owned(),
        (name, _) => name.to_owned(),
    };
    let how = match seen.key.how {
        How::Id => "by id",
        How::Version => "by version",
        How::Lookup => "looked it up",
        How::Register => "registered it",
    };
    ClientRow { who, agent: seen.key.agent.to_string(), how, count: seen.count, last: time(seen.last) }
}
