//! Reads everything out of a registry, and writes it into another one with ids and versions as they are.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context as _, Result, bail};
use eventpact_registry_client::{Client, RegisterRequest, SchemaObject};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::archive::{Archive, references};
use super::kept;
use super::scopes::{self, Settings};
use crate::config::today;
use crate::progress::Progress;

/// Requests under way at once.
pub(super) const REQUESTS: usize = 16;

/// More versions than any registry that one process should copy.
const MAX_VERSIONS: usize = 2_000_000;

/// Reads a registry. What is registered meanwhile may be in it or not; what is in it is whole: everything that a version refers to is
/// there too.
pub(super) async fn fetch(client: &Client, source: &str) -> Result<Archive> {
    let subjects = client.subjects_with("", true).await.context("the subjects cannot be listed")?;
    if !may_read_everything(client).await {
        complain!("warning: you may read only a part of {}; what else it holds is left out", shown(source));
    }
    let documents = kept::fetch(client).await?;
    let names = subjects.iter().chain(documents.iter().map(|kept| &kept.name));
    let settings = scopes::fetch(client, names).await?;
    let progress = Progress::new("reading subjects", subjects.len());
    let (progress, settings) = (&progress, &settings);
    let read = stream::iter(&subjects).map(|subject| async move {
        let found = versions(client, subject, settings.alias(subject).is_some()).await;
        progress.step();
        found.with_context(|| format!("{subject} cannot be read"))
    });
    let mut versions: Vec<SchemaObject> = read.buffer_unordered(REQUESTS).try_collect::<Vec<_>>().await?.concat();
    if versions.len() > MAX_VERSIONS {
        bail!("{source} has more than {MAX_VERSIONS} versions");
    }
    complete(client, &mut versions).await?;
    let Settings { configs, modes } = settings.clone();
    let mut archive = Archive { source: shown(source), taken: today()?.to_string(), configs, modes, versions, documents };
    archive.sort();
    Ok(archive)
}

/// May the caller read all that there is or could be? Lists leave out the rest in silence, and a backup that looks whole and is not would
/// be noticed too late. Rights are looked at before what is there, so asking for a name that nobody uses tells.
async fn may_read_everything(client: &Client) -> bool {
    let asked = client.versions(":.eventpact-nobody-uses-this:nor-this").await;
    !matches!(asked, Err(eventpact_registry_client::Error::Refused { status: 403, .. }))
}

/// An address without its credentials.
fn shown(url: &str) -> String {
    let one = |url: &str| match url.split_once("://") {
        Some((scheme, rest)) => format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host)),
        None => url.to_owned(),
    };
    url.split(',').map(|url| one(url.trim())).collect::<Vec<_>>().join(",")
}

/// Every version of a subject, and which of them are soft-deleted: servers before 8 do not tell with the version. Asking for the
/// subject of an alias gives what the alias stands for, so there the list of all schemas is read.
async fn versions(client: &Client, subject: &str, aliased: bool) -> Result<Vec<SchemaObject>> {
    if aliased {
        let listed = client.listed_versions(subject).await?;
        return Ok(listed.into_iter().map(|v| SchemaObject { deleted: Some(v.deleted == Some(true)), ts: None, ..v }).collect());
    }
    let live: BTreeSet<i32> = match client.versions(subject).await {
        Ok(live) => live.into_iter().collect(),
        Err(eventpact_registry_client::Error::NotFound { .. }) => BTreeSet::new(),
        Err(error) => return Err(error.into()),
    };
    let mut found = Vec::new();
    for version in client.all_versions(subject).await? {
        let mut object = client.version(subject, version).await?;
        object.deleted = Some(!live.contains(&version));
        object.ts = None;
        found.push(object);
    }
    Ok(found)
}

/// Reads what is referred to and was registered after the subjects were listed.
async fn complete(client: &Client, versions: &mut Vec<SchemaObject>) -> Result<()> {
    let mut known: BTreeSet<(String, i32)> = versions.iter().map(|v| (v.subject.clone(), v.version)).collect();
    let mut missing: Vec<(String, i32)> = versions.iter().flat_map(references).filter(|key| !known.contains(key)).collect();
    while let Some((subject, version)) = missing.pop() {
        if !known.insert((subject.clone(), version)) {
            continue;
        }
        let mut object = client
            .version(&subject, version)
            .await
            .with_context(|| format!("{subject} version {version}, which is referred to"))?;
        object.deleted = Some(object.deleted.unwrap_or(false));
        object.ts = None;
        missing.extend(references(&object));
        versions.push(object);
    }
    Ok(())
}

/// What a registry would have to change.
struct Plan<'a> {
    missing: Vec<&'a SchemaObject>,
    present: usize,
}

/// Compares with what is there. Nothing is overwritten: one version or id with another schema stops it all.
fn plan<'a>(archive: &'a Archive, there: &Archive, merge: bool) -> Result<Plan<'a>> {
    let holds_something = !there.versions.is_empty() || !there.documents.is_empty();
    if !merge && holds_something {
        bail!("the registry holds {} already; --merge adds what is missing and changes nothing that is there", there.counted());
    }
    let by_version: HashMap<(&str, i32), &SchemaObject> =
        there.versions.iter().map(|v| ((v.subject.as_str(), v.version), v)).collect();
    let by_id: HashMap<(&str, u32), &SchemaObject> = there.versions.iter().map(|v| ((context(&v.subject), v.id), v)).collect();
    let mut plan = Plan { missing: Vec::new(), present: 0 };
    for version in &archive.versions {
        match by_version.get(&(version.subject.as_str(), version.version)) {
            Some(found) if found.id == version.id && same_schema(found, version) => plan.present += 1,
            Some(found) => bail!(
                "{} version {} is there already with {} (id {}, here {}); nothing was changed",
                version.subject,
                version.version,
                if found.id == version.id { "another schema" } else { "another id" },
                found.id,
                version.id
            ),
            None => plan.missing.push(version),
        }
        let alias = there.configs.get(&Some(version.subject.clone())).and_then(scopes::alias_of);
        if let Some(alias) = alias.filter(|_| !by_version.contains_key(&(version.subject.as_str(), version.version))) {
            bail!(
                "{} stands for {alias} there, so its versions cannot be written; take the alias away first (registry set {} --unset \
                 alias); nothing was changed",
                version.subject,
                version.subject
            );
        }
        if let Some(other) = by_id.get(&(context(&version.subject), version.id)).filter(|other| !same_schema(other, version)) {
            bail!(
                "the id {} of {} version {} belongs to another schema there ({} version {}); nothing was changed",
                version.id,
                version.subject,
                version.version,
                other.subject,
                other.version
            );
        }
    }
    Ok(plan)
}

fn context(subject: &str) -> &str {
    subject.strip_prefix(":.").and_then(|rest| rest.split_once(':')).map_or("", |(context, _)| context)
}

fn same_schema(a: &SchemaObject, b: &SchemaObject) -> bool {
    a.schema == b.schema && a.format() == b.format() && a.references == b.references && a.metadata == b.metadata
}

/// Writes an archive into a registry and compares what is there afterwards. The subjects concerned are in mode IMPORT meanwhile; run it
/// again with `merge` when it was interrupted.
pub(super) async fn restore(client: &Client, archive: &Archive, merge: bool, settings: bool) -> Result<String> {
    let there = fetch(client, "the target").await?;
    let plan = plan(archive, &there, merge)?;
    let documents = kept::missing(&archive.documents, &there.documents)?;
    let mut subjects: BTreeSet<&str> = plan.missing.iter().map(|v| v.subject.as_str()).collect();
    subjects.extend(kept::names(&documents));
    let import = stream::iter(&subjects).map(|subject| client.set_mode(Some(subject), "IMPORT", true));
    import.buffer_unordered(REQUESTS).try_collect::<Vec<()>>().await.context("the mode IMPORT cannot be set")?;
    let progress = Progress::new("writing versions", plan.missing.len());
    for wave in waves(&plan.missing) {
        let progress = &progress;
        let put = stream::iter(wave).map(|version| async move {
            let done = put(client, version).await;
            progress.step();
            done
        });
        put.buffer_unordered(REQUESTS).try_collect::<Vec<()>>().await?;
    }
    // Whoever refers goes first: a version that is referred to cannot be deleted.
    for version in plan.missing.iter().rev().filter(|v| v.deleted == Some(true)) {
        let deleted = client.delete_version(&version.subject, version.version, false).await;
        deleted.with_context(|| format!("{} version {} cannot be soft-deleted", version.subject, version.version))?;
    }
    kept::put(client, &documents).await?;
    for subject in &subjects {
        client.delete_mode(Some(subject)).await?;
        // A merge leaves the mode that was there.
        if let Some(mode) = there.modes.get(&Some((*subject).to_owned())) {
            client.set_mode(Some(subject), mode, true).await?;
        }
    }
    if settings {
        scopes::put(client, archive, &there, merge).await?;
    }
    let wrong = compare(archive, &fetch(client, "the target").await?);
    if let Some(first) = wrong.first() {
        bail!(
            "the registry does not hold what was written: {first} ({} in all)",
            crate::output::count(wrong.len(), "difference")
        );
    }
    let present = if plan.present > 0 { format!(", {} were there already", plan.present) } else { String::new() };
    Ok(format!(
        "{} written{present}; every one was read back and is the same",
        crate::output::count(plan.missing.len() + documents.len(), "version")
    ))
}

/// Groups of versions that do not refer to each other: those of a group can be written at once.
fn waves<'a>(versions: &[&'a SchemaObject]) -> Vec<Vec<&'a SchemaObject>> {
    let mut level: HashMap<(&str, i32), usize> = HashMap::new();
    let mut waves: Vec<Vec<&SchemaObject>> = Vec::new();
    for version in versions {
        let needs =
            references(version).filter_map(|(subject, number)| level.get(&(subject.as_str(), number)).map(|l| l + 1)).max();
        let at = needs.unwrap_or(0);
        level.insert((version.subject.as_str(), version.version), at);
        while waves.len() <= at {
            waves.push(Vec::new());
        }
        if let Some(wave) = waves.get_mut(at) {
            wave.push(version);
        }
    }
    waves
}

async fn put(client: &Client, version: &SchemaObject) -> Result<()> {
    let request = RegisterRequest {
        version: Some(version.version),
        id: Some(i32::try_from(version.id).context("an id has at most 31 bits")?),
        schema_type: Some(version.format()),
        references: version.references.clone(),
        metadata: version.metadata.clone(),
        rule_set: version.rule_set.clone(),
        schema: Some(version.schema.clone()),
        ..RegisterRequest::default()
    };
    let written = client.register(&version.subject, &request).await;
    written.with_context(|| format!("{} version {} cannot be written", version.subject, version.version)).map(drop)
}

/// What an archive holds and a registry does not, or differently.
pub(super) fn compare(archive: &Archive, there: &Archive) -> Vec<String> {
    let found: HashMap<(&str, i32), &SchemaObject> =
        there.versions.iter().map(|v| ((v.subject.as_str(), v.version), v)).collect();
    let mut wrong = Vec::new();
    for version in &archive.versions {
        let what = match found.get(&(version.subject.as_str(), version.version)) {
            None => "is missing".to_owned(),
            Some(found) if found.id != version.id => format!("has the id {}, not {}", found.id, version.id),
            Some(found) if !same_schema(found, version) => "has another schema".to_owned(),
            Some(found) if found.deleted != version.deleted => "is soft-deleted in one of them only".to_owned(),
            Some(_) => continue,
        };
        wrong.push(format!("{} version {} {what}", version.subject, version.version));
    }
    wrong.extend(kept::compare(&archive.documents, &there.documents));
    wrong
}
