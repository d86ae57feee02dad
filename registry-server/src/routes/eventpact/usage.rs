//! Who fetched which schema when.

use std::collections::HashSet;
use std::sync::Arc;

use eventpact_registry_client::SubjectVersion;
use eventpact_registry_client::wire::usage::{Usage, UsageReport};

use super::{Answer, Request};
use crate::auth::{Caller, Verb};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::state::{State, Subject};
use crate::subject::{SubjectName, split};
use crate::usage::{Seen, Wanted};

/// The longest answer.
const MOST: usize = 1000;

/// The answer where no limit is given.
const USUAL: usize = 100;

/// Versions that a line names.
const VERSIONS: usize = 100;

/// Lines about a subject, an id, or all that the caller may read.
pub(crate) struct Filter {
    pub(crate) subject: Option<SubjectName>,
    pub(crate) id: Option<u32>,
    pub(crate) since: i64,
}

/// `GET usage`
pub(super) async fn usage(registry: &Registry, request: &Request, context: &str) -> Result<Answer, ApiError> {
    let number = |name: &str| match request.query.get(name) {
        None | Some("") => Ok(None),
        Some(text) => text.parse::<i64>().map(Some).map_err(|_| ApiError::no_number(name)),
    };
    let subject = request.query.get("subject").filter(|name| !name.is_empty());
    let state = registry.snapshot();
    let named = |name: &str| state.real_name(SubjectName::parse(&crate::routes::qualify_scope(context, name)));
    let subject = subject.map(named);
    if let Some(subject) = &subject {
        request.caller.require_read(subject)?;
    }
    let id = number("id")?.map(|id| u32::try_from(id).map_err(|_| ApiError::no_number("id"))).transpose()?;
    let limit = number("limit")?.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0).unwrap_or(USUAL);
    let filter = Filter { subject, id, since: number("since")?.unwrap_or(0) };
    let home = split(context).map(|(context, _)| Arc::from(context));
    let found = lines(registry, &request.caller, filter, home, limit.min(MOST)).await?;
    let state = registry.snapshot();
    // An address tells more of people than a reader of schemas has to know.
    let addresses = request.caller.require_globally(Verb::Admin).is_ok();
    let usage = found.into_iter().map(|seen| shown(&state, &request.caller, seen, addresses)).collect();
    Answer::json(&UsageReport { usage, kept: registry.usage.kept().to_owned(), dropped: registry.usage.dropped() })
}

/// The lines that fit and that the caller may read, the last one first.
pub(crate) async fn lines(
    registry: &Registry,
    caller: &Caller,
    filter: Filter,
    home: Option<Arc<str>>,
    most: usize,
) -> Result<Vec<Seen>, ApiError> {
    let (state, caller) = (registry.snapshot(), caller.clone());
    let context = filter.subject.as_ref().map(|subject| Arc::clone(&subject.context)).or(home);
    let wanted = Wanted { context, id: filter.id, since: filter.since };
    let ids: HashSet<u32> =
        filter.subject.iter().filter_map(|s| state.subject(s)).flat_map(Subject::versions).map(|v| v.1.id).collect();
    let fits = move |seen: &Seen| match &filter.subject {
        None => may_read(&state, &caller, seen),
        Some(subject) => seen.key.subject == subject.name || (seen.key.subject.is_empty() && ids.contains(&seen.key.id)),
    };
    registry.usage.read(wanted, most, fits).await
}

/// May the caller read the subject that was named, or one of those that have the id?
fn may_read(state: &State, caller: &Caller, seen: &Seen) -> bool {
    let key = &seen.key;
    let readable = |name: &str| caller.may(Verb::Read, &key.context, name);
    let uses = || state.context(&key.context).into_iter().flat_map(|context| context.uses(key.id));
    caller.is_unrestricted()
        || if key.subject.is_empty() { uses().any(|(name, ..)| readable(name)) } else { readable(&key.subject) }
}

fn shown(state: &State, caller: &Caller, seen: Seen, addresses: bool) -> Usage {
    let Seen { key, count, first, last } = seen;
    let name = |name: &Arc<str>| SubjectName::new(Arc::clone(&key.context), Arc::clone(name)).to_string();
    let uses = state.context(&key.context).into_iter().flat_map(|context| context.uses(key.id));
    let live = uses.filter(|(subject, _, version)| !version.deleted && caller.may(Verb::Read, &key.context, subject));
    let versions = live.map(|(subject, version, _)| SubjectVersion { subject: name(subject), version }).take(VERSIONS).collect();
    Usage {
        id: key.id,
        subject: (!key.subject.is_empty()).then(|| name(&key.subject)),
        versions,
        by: key.how.as_str().to_owned(),
        principal: if key.principal.is_empty() { "anonymous".to_owned() } else { key.principal.to_string() },
        agent: (!key.agent.is_empty()).then(|| key.agent.to_string()),
        address: key.address.filter(|_| addresses).map(|address| address.to_string()),
        count,
        first_seen: first,
        last_seen: last,
        context: key.context.to_string(),
    }
}
