//! Who changed what, as a page.

use askama::Template;
use eventpact_registry_client::wire::audit::AuditChange;

use super::shell::{Shell, encode, shortened, time};
use super::{Asked, Reply};
use crate::audit::{Record, hex};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::routes::eventpact::audit::{Filter, page};

/// Records on a page.
const MOST: usize = 50;

/// Changes of a record that are shown; the rest is counted.
const CHANGES: usize = 10;

/// Characters of a description.
const LONGEST: usize = 160;

struct ChangeRow {
    what: String,
    name: String,
    before: String,
    after: String,
}

struct Row {
    number: u64,
    time: String,
    who: String,
    address: String,
    request: String,
    changes: Vec<ChangeRow>,
    more: u64,
    hash: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    shell: Shell,
    subject: String,
    principal: String,
    rows: Vec<Row>,
    older: String,
    kept_here: bool,
    newest: u64,
    newest_hash: String,
}

/// `GET /ui/audit?subject=…&principal=…&before=…`
pub(super) async fn show(asked: &Asked) -> Result<Reply, ApiError> {
    asked.caller.require_globally(Verb::Admin)?;
    let text = |name: &str| asked.query.get(name).unwrap_or("").trim().to_owned();
    let (subject, principal) = (text("subject"), text("principal"));
    let given = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let filter = Filter { subject: given(&subject), principal: given(&principal), since: 0 };
    let before = given(&text("before")).map(|place| place.parse().map_err(|_| ApiError::bad_parameter())).transpose()?;
    let head = asked.registry.snapshot().audit;
    let (records, next) = page(&asked.registry, &filter, before, MOST).await?;
    let older = |place| format!("audit?subject={}&principal={}&before={place}", encode(&subject), encode(&principal));
    Reply::page(&Page {
        shell: asked.shell("Audit", "audit"),
        rows: records.iter().map(row).collect(),
        older: next.map(older).unwrap_or_default(),
        subject,
        principal,
        kept_here: asked.registry.trail.kept() == "process",
        newest: head.number,
        newest_hash: hex(&head.hash),
    })
}

fn row(record: &Record) -> Row {
    let (number, hash) = (record.number, hex(&record.hash));
    let Some(entry) = record.entry() else {
        let (time, who, address, request) = (String::new(), String::new(), String::new(), "(cannot be read)".to_owned());
        return Row { number, time, who, address, request, changes: Vec::new(), more: 0, hash };
    };
    let left = entry.changes.len().saturating_sub(CHANGES);
    let more = entry.more.saturating_add(u64::try_from(left).unwrap_or(u64::MAX));
    Row {
        number,
        time: time(entry.time),
        who: entry.principal,
        address: entry.address.unwrap_or_default(),
        request: entry.request,
        changes: entry.changes.iter().take(CHANGES).map(change).collect(),
        more,
        hash,
    }
}

fn change(change: &AuditChange) -> ChangeRow {
    let text = |text: &Option<String>| shortened(text.as_deref().unwrap_or("nothing"), LONGEST);
    let number = change.number.map_or(String::new(), |number| format!(" {number}"));
    let name = if change.name.is_empty() { "the whole registry" } else { &change.name };
    let name = shortened(name, LONGEST);
    ChangeRow { what: format!("{}{number}", change.what), name, before: text(&change.before), after: text(&change.after) }
}
