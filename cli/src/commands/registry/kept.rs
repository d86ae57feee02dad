//! AsyncAPI documents of a registry of Eventpact, in and out of an archive.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};
use eventpact_registry_client::{Client, Error};
use serde::{Deserialize, Serialize};

/// A version of a document, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) version: i32,
    pub(super) document: String,
    pub(super) deleted: bool,
}

/// Reads all of them, by name and version; none from a registry that knows no documents.
pub(super) async fn fetch(client: &Client) -> Result<Vec<Kept>> {
    let names = match client.documents("", true).await {
        Ok(names) => names,
        Err(Error::NotFound { .. } | Error::Refused { status: 404, .. }) => return Ok(Vec::new()),
        Err(error) => return Err(error).context("the documents cannot be listed"),
    };
    let mut all = Vec::new();
    for name in names.into_iter().map(|summary| summary.name) {
        for version in client.document_versions(&name).await? {
            let found = client.document(&name, &version.to_string()).await;
            let found = found.with_context(|| format!("version {version} of document {name} cannot be read"))?;
            all.push(Kept { name: name.clone(), version, document: found.document, deleted: found.deleted });
        }
    }
    Ok(all)
}

/// What is missing there; an error when something else is in its place.
pub(super) fn missing<'a>(wanted: &'a [Kept], there: &[Kept]) -> Result<Vec<&'a Kept>> {
    let mut missing = Vec::new();
    for kept in wanted {
        match there.iter().find(|other| other.name == kept.name && other.version == kept.version) {
            None => missing.push(kept),
            Some(other) if other.document == kept.document => {}
            Some(_) => {
                bail!(
                    "version {} of document {} is there already with another text; nothing was changed",
                    kept.version,
                    kept.name
                )
            }
        }
    }
    Ok(missing)
}

/// The names of documents that get versions.
pub(super) fn names<'a>(missing: &[&'a Kept]) -> BTreeSet<&'a str> {
    missing.iter().map(|kept| kept.name.as_str()).collect()
}

/// Writes them under names that are in mode IMPORT.
pub(super) async fn put(client: &Client, missing: &[&Kept]) -> Result<()> {
    for Kept { name, version, document, .. } in missing {
        let written = client.import_document(name, document, *version).await;
        written.with_context(|| format!("version {version} of document {name} cannot be written"))?;
    }
    for Kept { name, version, .. } in missing.iter().filter(|kept| kept.deleted) {
        client.delete_document_version(name, &version.to_string(), false).await?;
    }
    Ok(())
}

/// What an archive holds and a registry does not, or differently.
pub(super) fn compare(wanted: &[Kept], there: &[Kept]) -> Vec<String> {
    let differs = |kept: &&Kept| !there.contains(kept);
    let told = |kept: &Kept| format!("version {} of document {} is missing or another", kept.version, kept.name);
    wanted.iter().filter(differs).map(told).collect()
}
