//! Who changed what.

use eventpact_registry_client::wire::audit::{AuditEntry, AuditPage};

use super::{Answer, Request};
use crate::audit::{Record, hex};
use crate::error::ApiError;
use crate::registry::Registry;
use crate::subject::SubjectName;

/// The longest page.
const MOST: usize = 1000;

/// The page where no limit is given.
const USUAL: usize = 100;

/// Records that are read at a time, and how often one request reads.
const PART: usize = 500;
const PARTS: usize = 20;

/// Which records are wanted.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// The name of what changed, qualified.
    pub(crate) subject: Option<String>,
    pub(crate) principal: Option<String>,
    pub(crate) since: i64,
}

impl Filter {
    fn fits(&self, entry: &AuditEntry) -> bool {
        entry.time >= self.since
            && self.principal.as_ref().is_none_or(|principal| *principal == entry.principal)
            && self.subject.as_ref().is_none_or(|name| entry.changes.iter().any(|change| change.name == *name))
    }

    fn takes_all(&self) -> bool {
        self.subject.is_none() && self.principal.is_none() && self.since == 0
    }
}

/// `GET audit`
pub(super) async fn audit(registry: &Registry, request: &Request) -> Result<Answer, ApiError> {
    let number = |name: &str| match request.query.get(name) {
        None | Some("") => Ok(None),
        Some(text) => text.parse::<i64>().map(Some).map_err(|_| ApiError::no_number(name)),
    };
    let text = |name: &str| request.query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let subject = request.query.subject("subject").filter(|name| !name.is_empty());
    let subject = subject.map(|name| SubjectName::parse(&name).to_string());
    let filter = Filter { subject, principal: text("principal"), since: number("since")?.unwrap_or(0) };
    let before = number("before")?.map(|place| u64::try_from(place).map_err(|_| ApiError::no_number("before"))).transpose()?;
    let limit = number("limit")?.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0).unwrap_or(USUAL);
    let head = registry.snapshot().audit;
    let (records, next) = page(registry, &filter, before, limit.min(MOST)).await?;
    Answer::json(&AuditPage {
        records: records.iter().map(Record::shown).collect(),
        next,
        newest: head.number,
        newest_hash: hex(&head.hash),
        kept: registry.trail.kept().to_owned(),
    })
}

/// The records that fit, newest first, and where the next page begins. After so many records that do not fit, a page may be short
/// and the next one not.
pub(crate) async fn page(
    registry: &Registry,
    filter: &Filter,
    before: Option<u64>,
    most: usize,
) -> Result<(Vec<Record>, Option<u64>), ApiError> {
    let (mut found, mut place) = (Vec::new(), before);
    for _ in 0..PARTS {
        let part = registry.trail.before(place, PART.min(most)).await.map_err(|error| {
            tracing::warn!(%error, "the audit log could not be read");
            ApiError::store_away()
        })?;
        if part.is_empty() {
            return Ok((found, None));
        }
        for (at, record) in part {
            place = Some(at);
            // What cannot be read as an entry is shown to whoever wants all.
            if record.entry().map_or(filter.takes_all(), |entry| filter.fits(&entry)) {
                found.push(record);
            }
            if found.len() >= most {
                return Ok((found, place));
            }
        }
    }
    Ok((found, place))
}
