//! Recovering what was softly deleted: the same version with the same id is live again, as if it had never been deleted.

use std::sync::Arc;

use super::check::compatibility;
use super::settings::{Effective, mode_of, refuse_read_only};
use super::{Incoming, Registry, now, parse_stored};
use crate::deadline;
use crate::error::ApiError;
use crate::parsed::ParsedCache;
use crate::state::{State, Subject, Version};
use crate::store::Change;
use crate::subject::SubjectName;

/// How often it is tried again because the subject or its settings changed meanwhile.
const ATTEMPTS: usize = 4;

/// Versions with their numbers.
type Versions = Vec<(i32, Version)>;

impl Registry {
    /// Recovers one version, or all that can be recovered of a subject. Gives the versions concerned.
    ///
    /// The versions that are live afterwards must go along as the level asks: what was registered meanwhile was not checked
    /// against what was deleted.
    pub(crate) async fn recover(&self, subject: &SubjectName, wanted: Option<i32>) -> Result<Vec<i32>, ApiError> {
        for _ in 0..ATTEMPTS {
            let (state, cache, name) = (self.snapshot(), Arc::clone(&self.parsed), subject.clone());
            let revisions = revisions(&state, subject);
            let versions = self.work(0, move || recoverable(&cache, &state, &name, wanted)).await?;
            let name = subject.clone();
            let done = self.writer.submit(move |state| {
                if self::revisions(state, &name) != revisions {
                    return Ok((Vec::new(), None));
                }
                refuse_read_only(state, &name)?;
                require_references(state, &name, &versions)?;
                let change = |(number, version): &(i32, Version)| Change::PutVersion {
                    subject: name.clone(),
                    number: *number,
                    version: Version { deleted: false, ts: now(), ..*version },
                };
                let changes = versions.iter().map(change).collect();
                Ok((changes, Some(versions.iter().map(|(number, _)| *number).collect())))
            });
            if let Some(numbers) = done.await? {
                return Ok(numbers);
            }
        }
        Err(ApiError::contended())
    }
}

fn revisions(state: &State, subject: &SubjectName) -> (u64, u64) {
    (state.subject(subject).map_or(0, |s| s.revision), state.settings_revision)
}

/// The versions that come back, if the history with them is one that the level allows.
fn recoverable(cache: &ParsedCache, state: &State, subject: &SubjectName, wanted: Option<i32>) -> Result<Versions, ApiError> {
    let known = state.subject(subject).ok_or_else(|| ApiError::subject_not_found(subject))?;
    let live_twin = |id: u32| known.live().find(|(_, version)| version.id == id).map(|(number, _)| number);
    let versions: Versions = match wanted {
        Some(number) => {
            let version = known.get(number).ok_or_else(|| ApiError::version_not_found(number))?;
            if !version.deleted {
                return Err(ApiError::not_permitted(format!("Version {number} of subject '{subject}' is not deleted")));
            }
            if let Some(twin) = live_twin(version.id) {
                let text = format!("Version {twin} of subject '{subject}' has the same schema as version {number} already");
                return Err(ApiError::not_permitted(text));
            }
            vec![(number, version)]
        }
        None => {
            // Of several versions with one schema the last comes back.
            let mut versions: Versions = Vec::new();
            for (number, version) in known.versions().rev().filter(|(_, version)| version.deleted) {
                if live_twin(version.id).is_none() && versions.iter().all(|(_, other)| other.id != version.id) {
                    versions.push((number, version));
                }
            }
            versions.reverse();
            versions
        }
    };
    if versions.is_empty() {
        return Err(ApiError::not_permitted(format!("Subject '{subject}' has no version that can be recovered")));
    }
    require_references(state, subject, &versions)?;
    if !matches!(mode_of(state, &subject.to_string()), "IMPORT" | "FORWARD") {
        require_compatible(cache, state, subject, &versions)?;
    }
    Ok(versions)
}

/// What comes back may refer only to what is live, or comes back with it.
fn require_references(state: &State, subject: &SubjectName, versions: &[(i32, Version)]) -> Result<(), ApiError> {
    for (number, _) in versions {
        let Some((_, schema)) = state.version(subject, *number) else { continue };
        for reference in &schema.references {
            let target = SubjectName::parse_in(&reference.subject, subject);
            let is_live = state.version(&target, reference.version).is_some_and(|(version, _)| !version.deleted);
            let comes_back = target == *subject && versions.iter().any(|(other, _)| *other == reference.version);
            if !is_live && !comes_back {
                let text = format!(
                    "Version {number} of subject '{subject}' refers to version {} of '{target}', which is deleted: recover that first",
                    reference.version
                );
                return Err(ApiError::not_permitted(text));
            }
        }
    }
    Ok(())
}

/// Every version must go along with those before it that the level asks for; pairs that were live before are known to.
fn require_compatible(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    back: &[(i32, Version)],
) -> Result<(), ApiError> {
    let effective = Effective::of(state, subject);
    let comes_back = |number: i32| back.iter().any(|(other, _)| *other == number);
    let mut history: Versions = state.subject(subject).into_iter().flat_map(Subject::live).collect();
    history.extend(back);
    history.sort_by_key(|(number, _)| *number);
    for (index, (number, version)) in history.iter().enumerate() {
        if deadline::is_over() {
            return Err(ApiError::too_much());
        }
        let earlier = history.get(..index).unwrap_or_default();
        let first = if effective.level.is_transitive() { 0 } else { index.saturating_sub(1) };
        let earlier = earlier.get(first..).unwrap_or_default();
        let changed: Versions = earlier.iter().filter(|(other, _)| comes_back(*number) || comes_back(*other)).copied().collect();
        let Some(schema) = state.context(&subject.context).and_then(|c| c.schema(version.id)).filter(|_| !changed.is_empty())
        else {
            continue;
        };
        let parsed = parse_stored(cache, state, &subject.context, version.id, schema).map_err(ApiError::invalid_schema)?;
        let incoming = Incoming { format: schema.format.clone(), parsed, references: schema.references.clone() };
        let messages = compatibility(cache, state, subject, &incoming, schema.metadata.as_ref(), &changed, &effective);
        if !messages.is_empty() {
            return Err(ApiError::incompatible(subject, &messages));
        }
    }
    Ok(())
}
