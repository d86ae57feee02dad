//! AsyncAPI documents: the list, and one with its channels and versions.

use askama::Template;
use eventpact_registry_client::wire::documents::DocumentChannel;

use super::settings::{Held, level_of};
use super::shell::{Shell, encode, scope_link, time};
use super::{Asked, Reply};
use crate::documents::Versions;
use crate::error::ApiError;
use crate::registry::lookup::VersionRef;
use crate::routes::eventpact::documents::summaries;
use crate::subject::SubjectName;

/// Documents on the page; the rest is counted.
const MOST: usize = 500;

struct NameRow {
    name: String,
    href: String,
    version: i32,
    versions: usize,
    changed: String,
    deleted: bool,
}

#[derive(Template)]
#[template(path = "documents.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<NameRow>,
    more: usize,
    search: String,
    deleted: bool,
}

struct VersionRow {
    number: i32,
    href: String,
    changed: String,
    deleted: bool,
    current: bool,
}

#[derive(Template)]
#[template(path = "document.html")]
struct Page {
    shell: Shell,
    name: String,
    title: String,
    asyncapi: String,
    number: i32,
    is_latest: bool,
    deleted: bool,
    changed: String,
    sha256: String,
    channels: Vec<DocumentChannel>,
    versions: Vec<VersionRow>,
    level: Held,
    settings: String,
    raw: String,
    text: String,
}

fn link(name: &str) -> String {
    format!("document?name={}", encode(name))
}

/// `GET /ui/documents?q=…&deleted=yes`
pub(super) fn list(asked: &Asked) -> Result<Reply, ApiError> {
    let search = asked.query.get("q").unwrap_or("").trim().to_owned();
    let deleted = asked.query.get("deleted") == Some("yes");
    let mut found = summaries(&asked.registry.snapshot(), &asked.caller, deleted);
    let wanted = search.to_lowercase();
    found.retain(|summary| summary.name.to_lowercase().contains(&wanted));
    let more = found.len().saturating_sub(MOST);
    let row = |summary: eventpact_registry_client::wire::documents::DocumentSummary| NameRow {
        href: link(&summary.name),
        version: summary.version,
        versions: summary.versions,
        changed: time(summary.ts),
        deleted: summary.deleted,
        name: summary.name,
    };
    let rows = found.into_iter().take(MOST).map(row).collect();
    Reply::page(&ListPage { shell: asked.shell("Documents", "documents"), rows, more, search, deleted })
}

/// `GET /ui/document?name=…&version=…`
pub(super) async fn show(asked: &Asked) -> Result<Reply, ApiError> {
    let name = asked.query.get("name").map(SubjectName::parse);
    let name = name.ok_or_else(|| ApiError::bad_request("the parameter 'name' is missing"))?;
    asked.caller.require_read(&name)?;
    let wanted = asked.query.get("version").filter(|text| !text.is_empty());
    let wanted = wanted.map_or(Ok(VersionRef::Latest), VersionRef::parse)?;
    let shown = asked.registry.document(&name, wanted, true).await?;
    let state = asked.registry.snapshot();
    let known = state.documents.get(&shown.name);
    let latest = known.and_then(|known| known.live().next_back()).map(|(number, _)| number);
    let versions = known.into_iter().flat_map(Versions::all).map(|(number, document)| VersionRow {
        number,
        href: format!("{}&version={number}", link(&shown.name)),
        changed: time(document.ts),
        deleted: document.deleted,
        current: number == shown.version,
    });
    let mut versions: Vec<VersionRow> = versions.collect();
    versions.reverse();
    let number = shown.version;
    let deleted = if shown.deleted { "?deleted=true" } else { "" };
    Reply::page(&Page {
        shell: asked.shell(shown.name.clone(), "documents"),
        title: shown.title,
        asyncapi: shown.asyncapi,
        number,
        is_latest: latest == Some(number),
        deleted: shown.deleted,
        changed: time(shown.ts),
        sha256: shown.sha256,
        channels: shown.channels,
        versions,
        level: level_of(&state, &name),
        settings: scope_link(&shown.name),
        raw: format!("../eventpact/v1/documents/{}/versions/{number}/text{deleted}", encode(&shown.name)),
        text: shown.document,
        name: shown.name,
    })
}
