//! A version of a subject, with everything that is known of it.

use askama::Template;

use super::code::{self, Piece};
use super::graph::{self, Graph};
use super::guard::Rights;
use super::settings::{Held, level_of, mode_of};
use super::shell::{Shell, encode, format_name, scope_link, subject_link, time, version_link};
use super::used::Used;
use super::{Asked, Reply};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::lookup::VersionRef;
use crate::state::{Schema, State, Subject, Version};
use crate::subject::SubjectName;

/// Rows of a list on the page; the rest is counted.
const MOST: usize = 100;

struct VersionRow {
    number: i32,
    id: u32,
    changed: String,
    deleted: bool,
    current: bool,
    href: String,
}

struct ReferenceRow {
    name: String,
    subject: String,
    version: i32,
    href: String,
    state: &'static str,
}

struct UseRow {
    subject: String,
    version: i32,
    href: String,
    deleted: bool,
}

struct Alias {
    subject: String,
    href: String,
}

struct MetadataRow {
    what: &'static str,
    key: String,
    value: String,
}

/// A list that may be too long to show.
struct Rows<T> {
    shown: Vec<T>,
    more: usize,
}

impl<T> Rows<T> {
    fn of(all: impl IntoIterator<Item = T>) -> Self {
        let mut all = all.into_iter();
        let shown = all.by_ref().take(MOST).collect();
        Self { shown, more: all.count() }
    }
}

#[derive(Template)]
#[template(path = "subject.html")]
struct Page {
    shell: Shell,
    subject: String,
    /// Empty for the default context.
    context: String,
    name: String,
    /// What the name stands for, when it is an alias.
    alias: Option<Alias>,
    /// In a query.
    encoded: String,
    number: i32,
    id: u32,
    guid: String,
    format: String,
    changed: String,
    deleted: bool,
    subject_deleted: bool,
    is_latest: bool,
    versions: Rows<VersionRow>,
    compare_with: Vec<i32>,
    lines: Vec<Vec<Piece>>,
    raw: String,
    references: Vec<ReferenceRow>,
    referrers: Rows<UseRow>,
    twins: Rows<UseRow>,
    metadata: Vec<MetadataRow>,
    graph: Option<Graph>,
    used: Used,
    level: Held,
    mode: Held,
    settings: String,
    rights: Rights,
}

/// The subject that a page or form is about.
pub(super) fn subject_of(asked: &Asked, name: &str) -> Result<SubjectName, ApiError> {
    let text = asked.form.get(name).or_else(|| asked.query.get(name));
    text.map(SubjectName::parse).ok_or_else(|| ApiError::bad_request(format!("the parameter '{name}' is missing")))
}

/// A version of a subject, live or deleted; without a number the latest, or of a deleted subject the last.
pub(super) fn version_of<'s>(
    state: &'s State,
    subject: &SubjectName,
    wanted: Option<&str>,
) -> Result<(&'s Subject, i32, Version, &'s Schema), ApiError> {
    let known = state.subject(subject).ok_or_else(|| ApiError::subject_not_found(subject))?;
    let wanted = wanted.filter(|text| !text.is_empty()).map_or(Ok(VersionRef::Latest), VersionRef::parse)?;
    let number = match wanted {
        VersionRef::Number(number) => number,
        VersionRef::Latest => {
            let newest = known.latest().or_else(|| known.versions().next_back());
            newest.ok_or_else(|| ApiError::subject_not_found(subject))?.0
        }
    };
    let (version, schema) = state.version(subject, number).ok_or_else(|| ApiError::version_not_found(number))?;
    Ok((known, number, version, schema))
}

/// `GET /ui/subject?name=…&version=…`
pub(super) async fn show(asked: &Asked) -> Result<Reply, ApiError> {
    let subject = subject_of(asked, "name")?;
    asked.caller.require_read(&subject)?;
    let state = asked.registry.snapshot();
    let real = state.real_name(subject.clone());
    let is_alias = real != subject;
    if is_alias && state.subject(&subject).is_none() && state.subject(&real).is_some() {
        // A name that only stands for another one has no page of its own.
        return Ok(Reply::SeeOther(subject_link(&real)));
    }
    let (known, number, version, schema) = version_of(&state, &subject, asked.query.get("version"))?;
    let latest = known.latest().map(|(number, _)| number);
    let row = |(other, version): (i32, Version)| VersionRow {
        number: other,
        id: version.id,
        changed: time(version.ts),
        deleted: version.deleted,
        current: other == number,
        href: version_link(&subject, other),
    };
    let key = (subject.clone(), number);
    let mut referrers = graph::referrers(&state, &key);
    referrers.retain(|(name, _)| asked.caller.may_read(name));
    let twins = state.context(&subject.context).into_iter().flat_map(|c| c.uses(version.id));
    let twins = twins.filter(|(name, other, _)| (&***name, *other) != (&*subject.name, number));
    let twins = twins.filter(|(name, ..)| asked.caller.may(Verb::Read, &subject.context, name));
    let text = code::shown(&schema.format, &schema.text);
    let used = Used::of(asked, &subject, version.id).await;
    Reply::page(&Page {
        shell: asked.shell(subject.to_string(), "subjects"),
        context: if subject.is_in_default_context() { String::new() } else { subject.context.to_string() },
        name: subject.name.to_string(),
        alias: is_alias.then(|| Alias { subject: real.to_string(), href: subject_link(&real) }),
        encoded: encode(&subject.to_string()),
        number,
        id: version.id,
        guid: schema.identity.to_string(),
        format: format_name(&schema.format).to_owned(),
        changed: time(version.ts),
        deleted: version.deleted,
        subject_deleted: latest.is_none(),
        is_latest: latest == Some(number),
        versions: Rows::of(known.versions().rev().map(row)),
        compare_with: known.versions().rev().map(|(other, _)| other).filter(|other| *other != number).take(MOST).collect(),
        lines: code::lines(&schema.format, &text),
        raw: raw_link(&subject, number, version.deleted),
        references: references(&state, &subject, schema),
        referrers: Rows::of(referrers.into_iter().map(|(name, number)| use_row(&state, &name, number))),
        twins: Rows::of(
            twins.map(|(name, number, _)| use_row(&state, &SubjectName::new(subject.context.clone(), name.clone()), number)),
        ),
        metadata: metadata(schema),
        used,
        graph: graph::around(&state, &asked.caller, &subject, number),
        level: level_of(&state, &subject),
        mode: mode_of(&state, &subject),
        settings: scope_link(&subject.to_string()),
        rights: Rights::of(&asked.caller, &subject),
        subject: subject.to_string(),
    })
}

fn use_row(state: &State, subject: &SubjectName, version: i32) -> UseRow {
    let deleted = state.version(subject, version).is_none_or(|(version, _)| version.deleted);
    UseRow { href: version_link(subject, version), subject: subject.to_string(), version, deleted }
}

fn references(state: &State, subject: &SubjectName, schema: &Schema) -> Vec<ReferenceRow> {
    let row = |reference: &eventpact_registry_client::Reference| {
        let target = SubjectName::parse_in(&reference.subject, subject);
        let found = state.version(&target, reference.version);
        ReferenceRow {
            name: reference.name.clone(),
            subject: target.to_string(),
            version: reference.version,
            href: version_link(&target, reference.version),
            state: match found {
                None => "missing",
                Some((version, _)) if version.deleted => "deleted",
                Some(_) => "",
            },
        }
    };
    schema.references.iter().map(row).collect()
}

fn metadata(schema: &Schema) -> Vec<MetadataRow> {
    let Some(metadata) = &schema.metadata else { return Vec::new() };
    let property = |(key, value): (&String, &String)| {
        let secret = metadata.sensitive.contains(key);
        let value = if secret { "(sensitive, not shown)".to_owned() } else { value.clone() };
        MetadataRow { what: "property", key: key.clone(), value }
    };
    let properties = metadata.properties.iter().map(property);
    let tags = metadata.tags.iter().map(|(path, tags)| MetadataRow {
        what: "tags",
        key: path.clone(),
        value: tags.iter().cloned().collect::<Vec<_>>().join(", "),
    });
    properties.chain(tags).collect()
}

/// The text as the API gives it. Only names that a path can hold have such a link.
fn raw_link(subject: &SubjectName, number: i32, deleted: bool) -> String {
    let name = subject.to_string();
    let reachable = !name.is_empty() && name != "." && name != ".." && !name.contains('\\');
    let deleted = if deleted { "?deleted=true" } else { "" };
    if reachable { format!("../subjects/{}/versions/{number}/schema{deleted}", encode(&name)) } else { String::new() }
}
