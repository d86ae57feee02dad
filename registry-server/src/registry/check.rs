//! Is a schema compatible with what a subject has? The pairs come from the level, the rules from `eventpact-compat`, the words
//! from [`crate::wording`].

use std::sync::Arc;

use eventpact_compat::check::compare;
use eventpact_compat::mode::{Direction, Mode as Level};
use eventpact_compat::options::{Options, Policy};
use eventpact_compat::pair::Pair;
use eventpact_compat::rule::Profile;
use eventpact_contract::diagnostic::Severity;
use eventpact_registry_client::{Metadata, RegisterRequest};

use super::reserved;
use super::settings::{Effective, mode_of};
use super::{Incoming, Registry, parse_stored, read};
use crate::deadline;
use crate::error::ApiError;
use crate::parsed::ParsedCache;
use crate::schema::Reading;
use crate::state::{State, Subject, Version};
use crate::subject::SubjectName;
use crate::wording;

/// The verdict: why not, in the peer's words; empty for compatible.
pub(crate) type Checked = Vec<String>;

/// Against what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Against {
    /// The versions that the level asks for.
    Level,
    /// The latest version, whatever the level; compatible when there is none.
    Latest,
    /// This version.
    Version(i32),
}

impl Registry {
    /// Would this schema be accepted?
    pub(crate) async fn check(
        &self,
        subject: &SubjectName,
        against: Against,
        request: RegisterRequest,
        normalize: bool,
    ) -> Result<Checked, ApiError> {
        let (snapshot, cache, name) = (self.snapshot(), Arc::clone(&self.parsed), subject.clone());
        let (state, subject, asked) = (Arc::clone(&snapshot), name.clone(), Arc::new(request));
        let request = Arc::clone(&asked);
        self.work_on((&snapshot, &name), &asked, move || {
            let effective = Effective::of(&state, &subject);
            let history = history(&state, &subject, against, &effective)?;
            let text = request.schema.as_deref().unwrap_or("");
            if text.trim().is_empty() {
                return Err(ApiError::invalid_schema("Empty schema"));
            }
            let import = matches!(mode_of(&state, &subject.to_string()), "IMPORT" | "FORWARD");
            let how = Reading {
                strict: effective.validate_new,
                normalize: normalize || effective.normalize,
                check_fields: effective.validate_fields && !import,
            };
            let incoming = read(&cache, &state, &subject, &request.format(), text, &request.references, how)?;
            Ok(compatibility(&cache, &state, &subject, &incoming, request.metadata.as_ref(), &history, &effective))
        })
        .await
    }
}

fn history(
    state: &State,
    subject: &SubjectName,
    against: Against,
    effective: &Effective,
) -> Result<Vec<(i32, Version)>, ApiError> {
    let found = state.subject(subject);
    match against {
        Against::Level => Ok(asked_for(state, subject, effective)),
        Against::Latest => Ok(found.and_then(Subject::latest).into_iter().collect()),
        Against::Version(number) => {
            let version = found.and_then(|s| s.get(number)).filter(|v| !v.deleted);
            Ok(vec![(number, version.ok_or_else(|| ApiError::version_not_found(number))?)])
        }
    }
}

/// The live versions of a subject that a check at its level may look at, oldest first: the latest alone where that is enough, so that the
/// cost of a registration does not grow with them.
pub(super) fn asked_for(state: &State, subject: &SubjectName, effective: &Effective) -> Vec<(i32, Version)> {
    if effective.level.is_transitive() || effective.config.compatibility_group.is_some() {
        return live(state, subject);
    }
    state.subject(subject).and_then(Subject::latest).into_iter().collect()
}

/// The live versions of a subject, oldest first.
pub(super) fn live(state: &State, subject: &SubjectName) -> Vec<(i32, Version)> {
    state.subject(subject).map(|s| s.live().collect()).unwrap_or_default()
}

/// Compares with the versions of `history` (oldest first) that the level asks for, newest first, and stops at the first that
/// fails.
pub(super) fn compatibility(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    incoming: &Incoming,
    metadata: Option<&Metadata>,
    history: &[(i32, Version)],
    effective: &Effective,
) -> Checked {
    let level = effective.level;
    let mut messages = Vec::new();
    if effective.validate_fields {
        let latest = history.last().and_then(|(number, _)| state.version(subject, *number)).map(|(_, schema)| schema);
        messages = reserved::check(&incoming.parsed, metadata, latest.and_then(|schema| schema.metadata.as_ref()));
    }
    if level != Level::None {
        messages.extend(compare_with_history(cache, state, subject, incoming, metadata, history, effective));
    }
    if !messages.is_empty() {
        messages.push(wording::settings(effective.validate_fields, level.as_str()));
    }
    messages
}

/// What the first version says that fails, and which one it is.
fn compare_with_history(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    incoming: &Incoming,
    metadata: Option<&Metadata>,
    history: &[(i32, Version)],
    effective: &Effective,
) -> Checked {
    let Some(context) = state.context(&subject.context) else {
        return Vec::new();
    };
    let group = |metadata: Option<&Metadata>, name: &str| metadata.and_then(|m| m.properties.get(name)).cloned();
    let comparable = history.iter().rev().filter_map(|(number, version)| {
        let schema = context.schema(version.id)?;
        let same_group = effective
            .config
            .compatibility_group
            .as_deref()
            .is_none_or(|g| group(metadata, g) == group(schema.metadata.as_ref(), g));
        same_group.then_some((*number, version.id, schema))
    });
    for (number, id, old) in comparable.take(if effective.level.is_transitive() { usize::MAX } else { 1 }) {
        if deadline::is_over() {
            break;
        }
        let mut messages = Vec::new();
        if old.format == incoming.format {
            match parse_stored(cache, state, &subject.context, id, old) {
                Ok(parsed) => {
                    messages =
                        differences(incoming, &parsed.tree, effective, |m| m.extend(wording::old_schema(number, &old.text)));
                }
                Err(why) => messages.push(format!("version {number} of the subject cannot be read: {why}")),
            }
        } else {
            messages.push("Incompatible because of different schema type".to_owned());
        }
        if !messages.is_empty() {
            return messages;
        }
    }
    Vec::new()
}

/// Both halves of the level, forward first. The old schema is shown only when the last half fails.
fn differences(
    incoming: &Incoming,
    old: &eventpact_contract::schema::Schema,
    effective: &Effective,
    show_old: impl Fn(&mut Vec<String>),
) -> Vec<String> {
    let level = effective.level;
    let policy = if effective.lenient { Policy::Lenient } else { Policy::Strict };
    let options = Options { policy, bare: true, ..Options::from(Profile::Confluent) };
    let new = &incoming.parsed.tree;
    let mut messages = Vec::new();
    for (index, direction) in level.directions().iter().enumerate() {
        let pair = match direction {
            Direction::Backward => Pair::new(new, old),
            Direction::Forward => Pair::new(old, new),
        };
        let report = compare(pair, options);
        let before = messages.len();
        let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
        messages.extend(errors.map(|f| wording::message(&incoming.format, f, *direction)));
        messages.extend(report.unknown.into_iter().map(|why| format!("the schemas cannot be compared: {why}")));
        if messages.len() > before && index + 1 == level.directions().len() {
            show_old(&mut messages);
        }
    }
    messages
}
