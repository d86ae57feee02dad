//! Configuration and modes: what is set where, and what holds for a subject.

use std::sync::Arc;

use eventpact_compat::mode::Mode as Level;
use eventpact_registry_client::wire::{Config, ConfigUpdate, Update};

use super::Registry;
use crate::error::ApiError;
use crate::state::State;
use crate::store::Change;
use crate::subject::{ABOVE_ALL, SubjectName, scope, scopes_of, split};

/// The level where nothing is set.
pub(crate) const DEFAULT_LEVEL: &str = "BACKWARD";

/// The mode where nothing is set.
pub(crate) const DEFAULT_MODE: &str = "READWRITE";

impl Registry {
    /// What is set at a scope; with `fall_back`, what holds there.
    pub(crate) fn config(&self, at: &str, fall_back: bool) -> Result<Config, ApiError> {
        let state = self.snapshot();
        let key = scope(at);
        let found = if fall_back { nearest(&key, |s| state.config(s)) } else { state.config(&key) };
        match found {
            Some(config) => Ok(shown(config)),
            None if fall_back || key.is_empty() => Ok(shown(&Config::default())),
            None => Err(ApiError::no_config(at)),
        }
    }

    /// Changes what is set at a scope and gives all that is set there now.
    pub(crate) async fn set_config(&self, at: &str, mut update: ConfigUpdate) -> Result<Config, ApiError> {
        check_scope(at)?;
        if let Update::Set(level) = &mut update.compatibility {
            let known: Level = level.parse().map_err(|_| ApiError::invalid_level())?;
            known.as_str().clone_into(level);
        }
        if let Update::Set(policy) = &update.compatibility_policy
            && !matches!(policy.as_str(), "STRICT" | "LENIENT")
        {
            update.compatibility_policy = Update::Clear;
        }
        let key: Arc<str> = scope(at).into();
        let subject = SubjectName::parse(at);
        self.writer
            .submit(move |state| {
                if mode_of(state, &key) == "READONLY" {
                    return Err(read_only(&subject));
                }
                let mut config = state.config(&key).map(|c| (**c).clone()).unwrap_or_default();
                merge(&mut config, update.clone());
                Ok((vec![Change::Config { scope: Arc::clone(&key), config: Some(Arc::new(config.clone())) }], config))
            })
            .await
    }

    /// Removes what is set at a scope and gives it back.
    pub(crate) async fn delete_config(&self, at: &str) -> Result<Config, ApiError> {
        let (key, at): (Arc<str>, String) = (scope(at).into(), at.to_owned());
        self.writer
            .submit(move |state| match state.config(&key) {
                Some(config) => {
                    let before = shown(config);
                    Ok((vec![Change::Config { scope: Arc::clone(&key), config: None }], before))
                }
                None if key.is_empty() => Ok((Vec::new(), shown(&Config::default()))),
                None => Err(ApiError::subject_not_found(&at)),
            })
            .await
    }

    /// The mode of a scope; with `fall_back`, the one that holds there.
    pub(crate) fn mode(&self, at: &str, fall_back: bool) -> Result<String, ApiError> {
        let state = self.snapshot();
        let key = scope(at);
        if fall_back || key.is_empty() {
            return Ok(mode_of(&state, &key).to_owned());
        }
        state.mode(&key).map(ToString::to_string).ok_or_else(|| ApiError::no_mode(at))
    }

    /// Sets the mode of a scope; `None` removes it. IMPORT needs an empty scope unless `force`.
    pub(crate) async fn set_mode(&self, at: &str, mode: Option<&str>, force: bool) -> Result<(), ApiError> {
        check_scope(at)?;
        let wanted = mode.map(str::to_ascii_uppercase);
        match wanted.as_deref() {
            None | Some("READWRITE" | "READONLY" | "READONLY_OVERRIDE" | "IMPORT") => {}
            Some("FORWARD") if at == ABOVE_ALL => {}
            Some("FORWARD") => return Err(ApiError::forward_mode()),
            Some(_) => return Err(ApiError::invalid_mode()),
        }
        let key: Arc<str> = scope(at).into();
        self.writer
            .submit(move |state| {
                let import = wanted.as_deref() == Some("IMPORT");
                if import && !force && has_live_subject(state, &key) {
                    return Err(ApiError::not_permitted("Cannot import since found existing subjects"));
                }
                Ok((vec![Change::Mode { scope: Arc::clone(&key), mode: wanted.as_deref().map(Into::into) }], ()))
            })
            .await
    }

    /// Removes the mode of a scope and gives it back.
    pub(crate) async fn delete_mode(&self, at: &str) -> Result<String, ApiError> {
        let (key, at): (Arc<str>, String) = (scope(at).into(), at.to_owned());
        self.writer
            .submit(move |state| match state.mode(&key) {
                Some(mode) => {
                    let before = mode.to_string();
                    Ok((vec![Change::Mode { scope: Arc::clone(&key), mode: None }], before))
                }
                None if key.is_empty() => Ok((Vec::new(), DEFAULT_MODE.to_owned())),
                None => Err(ApiError::subject_not_found(&at)),
            })
            .await
    }
}

/// What holds for a subject: the level comes from the nearest scope that has any configuration, the switches from the nearest
/// scope that sets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effective {
    pub(super) level: Level,
    pub(super) normalize: bool,
    pub(super) validate_fields: bool,
    /// The policy LENIENT: JSON Schema may add and remove optional properties.
    pub(super) lenient: bool,
    pub(super) group: Option<String>,
    /// Of the subject alone: metadata under and over what a registration gives.
    pub(super) own: Config,
}

impl Effective {
    pub(super) fn of(state: &State, subject: &SubjectName) -> Self {
        let configs: Vec<&Arc<Config>> = scopes_of(subject).iter().filter_map(|s| state.config(s)).collect();
        let level = configs.first().and_then(|c| c.compatibility_level.as_deref());
        let switch = |pick: fn(&Config) -> Option<bool>| configs.iter().find_map(|c| pick(c)).unwrap_or(false);
        Self {
            level: level.and_then(|l| l.parse().ok()).unwrap_or_default(),
            normalize: switch(|c| c.normalize),
            validate_fields: switch(|c| c.validate_fields),
            lenient: configs.iter().find_map(|c| c.compatibility_policy.as_deref()) == Some("LENIENT"),
            group: configs.iter().find_map(|c| c.compatibility_group.clone()),
            own: configs.first().map(|c| (***c).clone()).unwrap_or_default(),
        }
    }
}

/// The mode that holds at a scope.
pub(super) fn mode_of<'s>(state: &'s State, key: &str) -> &'s str {
    nearest(key, |s| state.mode(s)).map_or(DEFAULT_MODE, |mode| mode)
}

/// Refuses writes where they are switched off. `READONLY_OVERRIDE` does what `READONLY` does.
pub(super) fn refuse_read_only(state: &State, subject: &SubjectName) -> Result<(), ApiError> {
    match mode_of(state, &subject.to_string()) {
        "READONLY" | "READONLY_OVERRIDE" => Err(read_only(subject)),
        _ => Ok(()),
    }
}

fn read_only(subject: &SubjectName) -> ApiError {
    let context = subject.context_prefix();
    ApiError::not_permitted(format!("Subject {subject} in context {context} is in read-only mode"))
}

/// The value of the nearest scope that has one.
fn nearest<'s, T>(key: &str, at: impl Fn(&str) -> Option<&'s T>) -> Option<&'s T> {
    if key == ABOVE_ALL {
        return at(key);
    }
    scopes_of(&SubjectName::parse(key)).iter().find_map(|s| at(s))
}

/// A scope that can be written to: the whole registry, a context, or a subject with a valid name.
fn check_scope(at: &str) -> Result<(), ApiError> {
    let subject = SubjectName::parse(at);
    if at.is_empty() || at == ABOVE_ALL || subject.is_valid() { Ok(()) } else { Err(ApiError::invalid_subject(at)) }
}

fn has_live_subject(state: &State, key: &str) -> bool {
    let subject = SubjectName::parse(key);
    let is_context = key.is_empty() || key == ABOVE_ALL || split(key).is_some_and(|(_, name)| name.is_empty());
    if !is_context {
        return state.subject(&subject).is_some_and(|s| s.latest().is_some());
    }
    state.context(&subject.context).is_some_and(|c| c.subjects().any(|(_, s)| s.latest().is_some()))
}

/// As it is answered: with a level, and without an empty alias.
fn shown(config: &Config) -> Config {
    let mut config = config.clone();
    config.compatibility_level.get_or_insert_with(|| DEFAULT_LEVEL.to_owned());
    config.alias = config.alias.filter(|alias| !alias.is_empty());
    config
}

fn merge(config: &mut Config, update: ConfigUpdate) {
    update.alias.apply(&mut config.alias);
    update.alias_for_deks.apply(&mut config.alias_for_deks);
    update.normalize.apply(&mut config.normalize);
    update.validate_fields.apply(&mut config.validate_fields);
    update.validate_new_schemas.apply(&mut config.validate_new_schemas);
    update.validate_rules.apply(&mut config.validate_rules);
    update.compatibility.apply(&mut config.compatibility_level);
    update.compatibility_policy.apply(&mut config.compatibility_policy);
    update.compatibility_group.apply(&mut config.compatibility_group);
    update.default_metadata.apply(&mut config.default_metadata);
    update.override_metadata.apply(&mut config.override_metadata);
}
