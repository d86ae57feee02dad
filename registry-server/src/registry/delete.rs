//! Deleting: softly first, so that it can be read by id and brought back, then for good. Never what others refer to.

use std::collections::HashSet;
use std::sync::Arc;

use super::lookup::VersionRef;
use super::settings::refuse_read_only;
use super::{Registry, now};
use crate::associations::Owner;
use crate::error::ApiError;
use crate::state::{State, Subject, Version};
use crate::store::Change;
use crate::subject::{DEFAULT_CONTEXT, SubjectName};

impl Registry {
    /// Deletes a subject: softly, or for good what was softly deleted before. Gives the versions concerned.
    pub(crate) async fn delete_subject(&self, subject: &SubjectName, permanent: bool) -> Result<Vec<i32>, ApiError> {
        let subject = subject.clone();
        self.writer
            .submit(move |state| {
                let known = state.subject(&subject).ok_or_else(|| ApiError::subject_not_found(&subject))?;
                if !permanent && known.latest().is_none() {
                    return Err(ApiError::subject_soft_deleted(&subject));
                }
                refuse_read_only(state, &subject)?;
                refuse_associated(state, &subject)?;
                let versions: Vec<(i32, Version)> = known.versions().filter(|(_, v)| permanent || !v.deleted).collect();
                for (number, version) in &versions {
                    refuse_referenced(state, &subject, *number, permanent, true)?;
                    if permanent && !version.deleted {
                        return Err(ApiError::subject_not_soft_deleted(&subject));
                    }
                }
                let changes = if permanent {
                    remove(state, &subject, &versions)
                } else {
                    versions.iter().map(|(number, version)| soften(&subject, *number, *version)).collect()
                };
                Ok((changes, versions.into_iter().map(|(number, _)| number).collect()))
            })
            .await
    }

    /// Deletes one version: softly, or for good what was softly deleted before. Gives its number.
    pub(crate) async fn delete_version(
        &self,
        subject: &SubjectName,
        wanted: VersionRef,
        permanent: bool,
    ) -> Result<i32, ApiError> {
        let subject = subject.clone();
        self.writer
            .submit(move |state| {
                let known = state.subject(&subject).ok_or_else(|| ApiError::subject_not_found(&subject))?;
                let number = match wanted {
                    VersionRef::Number(number) => number,
                    VersionRef::Latest => known.latest().ok_or_else(|| ApiError::version_not_found(-1))?.0,
                };
                let version = known.get(number).ok_or_else(|| ApiError::version_not_found(number))?;
                if !permanent && version.deleted {
                    return Err(ApiError::version_soft_deleted(&subject, number));
                }
                refuse_read_only(state, &subject)?;
                if !permanent && known.live().all(|(other, _)| other == number) {
                    refuse_last_of_associated(state, &subject)?;
                }
                refuse_referenced(state, &subject, number, permanent, false)?;
                if permanent && !version.deleted {
                    return Err(ApiError::version_not_soft_deleted(&subject, number));
                }
                let changes = if permanent {
                    remove(state, &subject, &[(number, version)])
                } else {
                    vec![soften(&subject, number, version)]
                };
                Ok((changes, number))
            })
            .await
    }

    /// Takes an empty context off the list. Its ids go on where they were, should it come back.
    pub(crate) async fn delete_context(&self, context: &str) -> Result<(), ApiError> {
        let context: Arc<str> = context.into();
        self.writer
            .submit(move |state| {
                let Some(known) = state.context(&context) else {
                    return Ok((Vec::new(), ()));
                };
                if known.subjects().next().is_some() {
                    return Err(ApiError::context_not_empty(&context));
                }
                let next_id = known.next_id;
                Ok((vec![Change::PutContext { context: Arc::clone(&context), next_id, listed: false }], ()))
            })
            .await
    }
}

pub(super) fn soften(subject: &SubjectName, number: i32, version: Version) -> Change {
    Change::PutVersion { subject: subject.clone(), number, version: Version { deleted: true, ts: now(), ..version } }
}

/// A subject that belongs to a topic is deleted with it, or after the two were parted.
fn refuse_associated(state: &State, subject: &SubjectName) -> Result<(), ApiError> {
    if is_associated(state, subject) { Err(ApiError::subject_is_associated(subject)) } else { Ok(()) }
}

/// A subject that belongs to a topic keeps one version.
fn refuse_last_of_associated(state: &State, subject: &SubjectName) -> Result<(), ApiError> {
    if is_associated(state, subject) { Err(ApiError::no_active_version(subject)) } else { Ok(()) }
}

fn is_associated(state: &State, subject: &SubjectName) -> bool {
    !state.associations.of(Owner::Subject(&subject.to_string())).is_empty()
}

/// Soft deletion asks for referrers that are live, the final one for any. A whole subject may refer to itself.
pub(super) fn refuse_referenced(
    state: &State,
    subject: &SubjectName,
    number: i32,
    permanent: bool,
    whole_subject: bool,
) -> Result<(), ApiError> {
    let counts = |context: &Arc<str>, id: u32| {
        let uses = state.context(context).into_iter().flat_map(|c| c.uses(id));
        let own = |name: &str| whole_subject && *context == subject.context && *name == *subject.name;
        uses.filter(|(name, ..)| !own(name)).any(|(_, _, version)| permanent || !version.deleted)
    };
    if state.referrers(subject, number).any(|(context, id)| counts(context, id)) {
        return Err(ApiError::referenced(subject, number));
    }
    Ok(())
}

/// The subjects of a scope: all of the registry, all of a context, or one.
pub(super) fn subjects_of(state: &State, scope: &str) -> Vec<SubjectName> {
    let at = SubjectName::parse(scope);
    if !at.name.is_empty() {
        return vec![at];
    }
    let contexts = state.contexts().filter(|(name, _)| scope.is_empty() || **name == at.context);
    let subjects = contexts.flat_map(|(context, content)| content.subjects().map(move |(name, _)| (context, name)));
    subjects.map(|(context, name)| SubjectName::new(Arc::clone(context), Arc::clone(name))).collect()
}

/// Removes all versions of subjects that have no live one, so that ids can be imported; their settings stay.
pub(super) fn purge(state: &State, subjects: &[SubjectName]) -> Result<Vec<Change>, ApiError> {
    let mut changes = Vec::new();
    let mut ids: Vec<(Arc<str>, u32)> = Vec::new();
    for subject in subjects {
        for (number, version) in state.subject(subject).into_iter().flat_map(Subject::versions) {
            if state.referrers(subject, number).next().is_some() {
                return Err(ApiError::referenced(subject, number));
            }
            changes.push(Change::DropVersion { subject: subject.clone(), number });
            ids.push((Arc::clone(&subject.context), version.id));
        }
    }
    ids.sort_unstable();
    ids.dedup();
    let gone: HashSet<&SubjectName> = subjects.iter().collect();
    let goes = |context: &Arc<str>, name: &Arc<str>| gone.contains(&SubjectName::new(Arc::clone(context), Arc::clone(name)));
    let unused = ids.into_iter().filter(|(context, id)| {
        state.context(context).is_none_or(|content| content.uses(*id).all(|(name, ..)| goes(context, name)))
    });
    changes.extend(unused.map(|(context, id)| Change::DropSchema { context, id }));
    Ok(changes)
}

/// Removes versions for good, with the schemas that nobody uses any more, and with the last one the settings of the subject.
pub(super) fn remove(state: &State, subject: &SubjectName, versions: &[(i32, Version)]) -> Vec<Change> {
    let drop_version = |(number, _): &(i32, Version)| Change::DropVersion { subject: subject.clone(), number: *number };
    let mut changes: Vec<Change> = versions.iter().rev().map(drop_version).collect();
    let mut ids: Vec<u32> = versions.iter().map(|(_, version)| version.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let goes = |name: &str, number: i32| *name == *subject.name && versions.iter().any(|(gone, _)| *gone == number);
    if let Some(context) = state.context(&subject.context) {
        let unused = ids.into_iter().filter(|id| context.uses(*id).all(|(name, number, _)| goes(name, number)));
        changes.extend(unused.map(|id| Change::DropSchema { context: Arc::clone(&subject.context), id }));
    }
    if state.subject(subject).is_some_and(|s| s.versions().count() == versions.len()) {
        let scope: Arc<str> = subject.to_string().into();
        if state.config(&scope).is_some() {
            changes.push(Change::Config { scope: Arc::clone(&scope), config: None });
        }
        if state.mode(&scope).is_some() {
            changes.push(Change::Mode { scope, mode: None });
        }
    }
    changes
}

/// The name of a context in a path: the leading dot and the colons around it may be left out.
pub(crate) fn context_name(text: &str) -> Result<String, ApiError> {
    let bare = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')).unwrap_or(text);
    if bare.contains(':') {
        return Err(ApiError::bad_context(format!("Context name '{text}' cannot contain a colon")));
    }
    Ok(match bare.strip_prefix('.') {
        Some("") | None if bare.is_empty() || bare == DEFAULT_CONTEXT => DEFAULT_CONTEXT.to_owned(),
        Some(_) => bare.to_owned(),
        None => format!(".{bare}"),
    })
}
