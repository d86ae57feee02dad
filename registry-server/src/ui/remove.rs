//! Deleting, softly and for good, and recovering: first a page that says what will happen and whom it concerns.

use askama::Template;

use super::graph;
use super::shell::{Shell, encode, subject_link, version_link};
use super::subject::subject_of;
use super::{Asked, Reply};
use crate::auth::Verb;
use crate::error::ApiError;
use crate::registry::lookup::VersionRef;
use crate::state::State;
use crate::subject::SubjectName;

/// Rows of a list on the page.
const MOST: usize = 100;

struct UseRow {
    subject: String,
    version: i32,
    href: String,
    deleted: bool,
    /// It prevents the deletion.
    blocks: bool,
}

#[derive(Template)]
#[template(path = "delete.html")]
struct Page {
    shell: Shell,
    subject: String,
    href: String,
    /// `None` for the whole subject.
    version: Option<i32>,
    permanent: bool,
    /// The versions that go.
    versions: Vec<i32>,
    referrers: Vec<UseRow>,
    twins: Vec<UseRow>,
    blocked: bool,
    /// Others that the visitor may not see.
    hidden: usize,
    error: Option<ApiError>,
    cancel: String,
}

/// What a form is about: a subject, or one version of it.
struct Target {
    subject: SubjectName,
    version: Option<i32>,
}

impl Target {
    fn of(asked: &Asked) -> Result<Self, ApiError> {
        let subject = subject_of(asked, "name")?;
        let text = asked.form.get("version").or_else(|| asked.query.get("version")).filter(|text| !text.is_empty());
        let version = match text.map(VersionRef::parse).transpose()? {
            Some(VersionRef::Latest) => return Err(ApiError::invalid_version("latest")),
            Some(VersionRef::Number(number)) => Some(number),
            None => None,
        };
        Ok(Self { subject, version })
    }

    fn link(&self) -> String {
        self.version.map_or_else(|| subject_link(&self.subject), |version| version_link(&self.subject, version))
    }

    /// The versions that are deleted, and whether for good: what is deleted already can only go for good.
    fn versions(&self, state: &State) -> Result<(Vec<i32>, bool), ApiError> {
        let known = state.subject(&self.subject).ok_or_else(|| ApiError::subject_not_found(&self.subject))?;
        if let Some(number) = self.version {
            let version = known.get(number).ok_or_else(|| ApiError::version_not_found(number))?;
            return Ok((vec![number], version.deleted));
        }
        let permanent = known.latest().is_none();
        let versions = known.versions().filter(|(_, version)| version.deleted == permanent);
        Ok((versions.map(|(number, _)| number).collect(), permanent))
    }
}

/// `GET /ui/delete?name=…&version=…`
pub(super) fn ask(asked: &Asked) -> Result<Reply, ApiError> {
    page(asked, &Target::of(asked)?, None)
}

fn page(asked: &Asked, target: &Target, error: Option<ApiError>) -> Result<Reply, ApiError> {
    asked.caller.require_read(&target.subject)?;
    asked.caller.require(Verb::Delete, &target.subject)?;
    let state = asked.registry.snapshot();
    let (versions, permanent) = target.versions(&state)?;
    let mut referrers = referrers(&state, target, &versions, permanent);
    let blocked = referrers.iter().any(|row| row.blocks);
    let mut twins = twins(&state, target, &versions);
    let all = referrers.len() + twins.len();
    for rows in [&mut referrers, &mut twins] {
        rows.retain(|row| asked.caller.may_read(&SubjectName::parse(&row.subject)));
    }
    let hidden = all - referrers.len() - twins.len();
    let title = if permanent { "Delete permanently" } else { "Delete" };
    Reply::page(&Page {
        shell: asked.shell(format!("{title}: {}", target.subject), "subjects"),
        subject: target.subject.to_string(),
        href: subject_link(&target.subject),
        version: target.version,
        permanent,
        twins,
        blocked,
        hidden,
        referrers,
        versions,
        error,
        cancel: target.link(),
    })
}

/// Who refers to what goes. A whole subject may refer to itself.
fn referrers(state: &State, target: &Target, versions: &[i32], permanent: bool) -> Vec<UseRow> {
    let found = versions.iter().flat_map(|number| graph::referrers(state, &(target.subject.clone(), *number)));
    let own = |subject: &SubjectName| target.version.is_none() && *subject == target.subject;
    let mut found: Vec<(SubjectName, i32)> = found.filter(|(subject, _)| !own(subject)).collect();
    found.sort();
    found.dedup();
    let rows = found.into_iter().map(|(subject, version)| {
        let deleted = state.version(&subject, version).is_none_or(|(version, _)| version.deleted);
        UseRow {
            href: version_link(&subject, version),
            subject: subject.to_string(),
            version,
            deleted,
            blocks: permanent || !deleted,
        }
    });
    let mut rows: Vec<UseRow> = rows.collect();
    rows.sort_by_key(|row| !row.blocks);
    rows.truncate(MOST);
    rows
}

/// Who else has the same schemas, so that their ids stay.
fn twins(state: &State, target: &Target, versions: &[i32]) -> Vec<UseRow> {
    let context = state.context(&target.subject.context);
    let ids = versions.iter().filter_map(|number| Some(state.version(&target.subject, *number)?.0.id));
    let uses = ids.flat_map(|id| context.into_iter().flat_map(move |context| context.uses(id)));
    let goes = |name: &str, number: i32| *name == *target.subject.name && versions.contains(&number);
    let rows = uses.filter(|(name, number, _)| !goes(name, *number)).map(|(name, number, version)| {
        let subject = SubjectName::new(target.subject.context.clone(), name.clone());
        let href = version_link(&subject, number);
        UseRow { subject: subject.to_string(), version: number, href, deleted: version.deleted, blocks: false }
    });
    rows.take(MOST).collect()
}

/// `POST /ui/delete`
pub(super) async fn delete(asked: &Asked) -> Result<Reply, ApiError> {
    let target = Target::of(asked)?;
    asked.caller.require(Verb::Delete, &target.subject)?;
    let (_, permanent) = target.versions(&asked.registry.snapshot())?;
    // The form says what was on the page: meanwhile somebody else may have deleted it.
    let seen_permanent = asked.form.get("permanent") == Some("yes");
    let confirmed = asked.form.get("confirm").is_some_and(|typed| typed.trim() == target.subject.to_string());
    if seen_permanent != permanent {
        return page(asked, &target, Some(ApiError::bad_request("Somebody else has changed it meanwhile: look again.")));
    }
    if permanent && !confirmed {
        let error = ApiError::bad_request("Type the name of the subject, exactly as it is, to delete permanently.");
        return page(asked, &target, Some(error));
    }
    let deleted = match target.version {
        Some(number) => asked.registry.delete_version(&target.subject, VersionRef::Number(number), permanent).await.map(|_| ()),
        None => asked.registry.delete_subject(&target.subject, permanent).await.map(|_| ()),
    };
    match deleted {
        Ok(()) => {
            let is_left = asked.registry.snapshot().subject(&target.subject).is_some();
            let to = match (permanent, is_left) {
                (false, _) => format!("{}&done=deleted", target.link()),
                (true, true) => format!("{}&done=erased", subject_link(&target.subject)),
                (true, false) => format!("./?q={}&done=erased", encode("")),
            };
            Ok(Reply::SeeOther(to))
        }
        Err(error) if error.status < 500 => page(asked, &target, Some(error)),
        Err(error) => Err(error),
    }
}

/// `POST /ui/recover`
pub(super) async fn recover(asked: &Asked) -> Result<Reply, ApiError> {
    let target = Target::of(asked)?;
    asked.caller.require(Verb::Write, &target.subject)?;
    asked.registry.recover(&target.subject, target.version).await?;
    Ok(Reply::SeeOther(format!("{}&done=recovered", target.link())))
}
