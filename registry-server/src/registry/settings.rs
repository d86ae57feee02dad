//! Configuration and modes: what is set where, and what holds for a subject.

use std::collections::BTreeMap;
use std::sync::Arc;

use eventpact_compat::mode::Mode as Level;
use eventpact_registry_client::wire::{Config, ConfigUpdate, RuleSet, ScopeSettings, Update};

use super::Registry;
use super::delete::{purge, subjects_of};
use crate::error::ApiError;
use crate::rules::{self, Rulesets};
use crate::state::State;
use crate::store::Change;
use crate::subject::{ABOVE_ALL, DEFAULT_CONTEXT, GLOBAL_CONTEXT, SubjectName, scope, scopes_of};

/// The mode where nothing is set.
pub(crate) const DEFAULT_MODE: &str = "READWRITE";

impl Registry {
    /// What is set at a scope; with `fall_back`, what holds there.
    pub(crate) fn config(&self, at: &str, fall_back: bool) -> Result<Config, ApiError> {
        let state = self.snapshot();
        let key = scope(at);
        let found = if fall_back { nearest(&key, |s| state.config(s)) } else { state.config(&key) };
        match found {
            Some(config) => Ok(shown(&state, config)),
            None if fall_back || always_has_a_value(&key) => Ok(shown(&state, &Config::default())),
            None => Err(ApiError::no_config(at)),
        }
    }

    /// What is set at every scope that may be seen, by scope: also where no schema is, as at a name that is only an alias.
    pub(crate) fn settings(&self, visible: impl Fn(&str) -> bool) -> Vec<ScopeSettings> {
        let state = self.snapshot();
        let mut all: BTreeMap<&str, ScopeSettings> = BTreeMap::new();
        for (scope, config) in state.configs() {
            all.entry(scope).or_default().config = Some((**config).clone());
        }
        for (scope, mode) in state.modes() {
            all.entry(scope).or_default().mode = Some(mode.to_string());
        }
        let named = |(scope, found)| ScopeSettings { scope: str::to_owned(scope), ..found };
        all.into_iter().filter(|(scope, _)| visible(scope)).map(named).collect()
    }

    /// Changes what is set at a scope and gives all that is set there now.
    pub(crate) async fn set_config(&self, at: &str, update: ConfigUpdate) -> Result<Config, ApiError> {
        let update = checked_config(at, update, self.dialect.rulesets)?;
        let (key, subject): (Arc<str>, _) = (scope(at).into(), SubjectName::parse(at));
        self.writer
            .submit(move |state| {
                let config = config_with(state, &subject, &key, &update)?;
                Ok((vec![Change::Config { scope: Arc::clone(&key), config: Some(Arc::new(config.clone())) }], config))
            })
            .await
    }

    /// Removes what is set at a scope and gives it back.
    pub(crate) async fn delete_config(&self, at: &str) -> Result<Config, ApiError> {
        let (key, at): (Arc<str>, String) = (scope(at).into(), at.to_owned());
        self.writer
            .submit(move |state| {
                let before = match state.config(&key) {
                    Some(config) => shown(state, config),
                    None if always_has_a_value(&key) => shown(state, &Config::default()),
                    None => return Err(ApiError::subject_not_found(&at)),
                };
                refuse_read_only(state, &SubjectName::parse(&at))?;
                let set = state.config(&key).is_some();
                let change = Change::Config { scope: Arc::clone(&key), config: None };
                Ok((set.then_some(change).into_iter().collect(), before))
            })
            .await
    }

    /// The mode of a scope; with `fall_back`, the one that holds there.
    pub(crate) fn mode(&self, at: &str, fall_back: bool) -> Result<String, ApiError> {
        let state = self.snapshot();
        let key = scope(at);
        if fall_back || always_has_a_value(&key) {
            return Ok(mode_of(&state, &key).to_owned());
        }
        state.mode(&key).map(ToString::to_string).ok_or_else(|| ApiError::no_mode(at))
    }

    /// Sets the mode of a scope; `None` removes it. IMPORT needs an empty scope, from which it removes what is softly deleted, unless
    /// `force`.
    pub(crate) async fn set_mode(&self, at: &str, mode: Option<&str>, force: bool) -> Result<(), ApiError> {
        let wanted = checked_mode(at, mode)?;
        let key: Arc<str> = scope(at).into();
        self.writer.submit(move |state| Ok((mode_changes(state, &key, wanted.as_deref(), force)?, ()))).await
    }

    /// Removes the mode of a scope, with `recursive` also those of the subjects of a context, and gives back what the scope had.
    pub(crate) async fn delete_mode(&self, at: &str, recursive: bool) -> Result<Option<String>, ApiError> {
        let (key, at): (Arc<str>, String) = (scope(at).into(), at.to_owned());
        self.writer
            .submit(move |state| {
                let before = match state.mode(&key) {
                    Some(mode) => Some(mode.to_string()),
                    None if always_has_a_value(&key) => Some(DEFAULT_MODE.to_owned()),
                    None if recursive => None,
                    None => return Err(ApiError::subject_not_found(&at)),
                };
                let context = SubjectName::parse(&key);
                let below = |scope: &str| {
                    let scope = SubjectName::parse(scope);
                    recursive && context.name.is_empty() && scope.context == context.context
                };
                let gone = state.modes().filter(|(scope, _)| **scope == key || below(scope));
                let changes = gone.map(|(scope, _)| Change::Mode { scope: Arc::clone(scope), mode: None }).collect();
                Ok((changes, before))
            })
            .await
    }
}

/// Rules of a configuration, as this server takes them.
fn admitted(rules: Update<RuleSet>, how: Rulesets) -> Result<Update<RuleSet>, ApiError> {
    let Update::Set(rules) = rules else { return Ok(rules) };
    Ok(rules::admit(Some(rules), how)?.map_or(Update::Keep, Update::Set))
}

/// The update as it is stored. Refuses what cannot be set there.
pub(super) fn checked_config(at: &str, mut update: ConfigUpdate, how: Rulesets) -> Result<ConfigUpdate, ApiError> {
    check_scope(at)?;
    if let Update::Set(level) = &mut update.compatibility {
        let known: Level = level.parse().map_err(|_| ApiError::invalid_level())?;
        known.as_str().clone_into(level);
    }
    update.default_rule_set = admitted(update.default_rule_set, how)?;
    update.override_rule_set = admitted(update.override_rule_set, how)?;
    if let Update::Set(policy) = &update.compatibility_policy {
        let known = ["STRICT", "LENIENT"].into_iter().find(|known| known.eq_ignore_ascii_case(policy));
        update.compatibility_policy = known.map_or(Update::Clear, |known| Update::Set(known.to_owned()));
    }
    Ok(update)
}

/// All that is set at a scope once an update is merged in.
pub(super) fn config_with(state: &State, subject: &SubjectName, key: &str, update: &ConfigUpdate) -> Result<Config, ApiError> {
    refuse_read_only(state, subject)?;
    Ok(merged_config(state, key, update))
}

/// The same, wherever it is.
pub(super) fn merged_config(state: &State, key: &str, update: &ConfigUpdate) -> Config {
    let mut config = state.config(key).map(|c| (**c).clone()).unwrap_or_default();
    merge(&mut config, update.clone());
    config
}

/// The mode as it is stored. Refuses what cannot be set there.
pub(super) fn checked_mode(at: &str, mode: Option<&str>) -> Result<Option<String>, ApiError> {
    check_scope(at)?;
    let wanted = mode.map(str::to_ascii_uppercase);
    match wanted.as_deref() {
        None | Some("READWRITE" | "READONLY" | "READONLY_OVERRIDE" | "IMPORT") => Ok(wanted),
        Some("FORWARD") if scope(at) == ABOVE_ALL => Ok(wanted),
        Some("FORWARD") => Err(ApiError::forward_mode()),
        Some(_) => Err(ApiError::invalid_mode()),
    }
}

/// The changes that set a mode. IMPORT needs an empty scope, from which it removes what is softly deleted, unless `force`.
pub(super) fn mode_changes(state: &State, key: &Arc<str>, wanted: Option<&str>, force: bool) -> Result<Vec<Change>, ApiError> {
    let mut changes = Vec::new();
    if wanted == Some("IMPORT") && !force && mode_of(state, key) != "IMPORT" {
        let subjects = subjects_of(state, key);
        if subjects.iter().any(|s| state.subject(s).is_some_and(|s| s.latest().is_some())) {
            return Err(ApiError::not_permitted("Cannot import since found existing subjects"));
        }
        changes = purge(state, &subjects)?;
    }
    changes.push(Change::Mode { scope: Arc::clone(key), mode: wanted.map(Into::into) });
    Ok(changes)
}

/// The level of a configuration; where it sets none, the one that the server was started with.
pub(crate) fn level_in(state: &State, config: &Config) -> Level {
    config.compatibility_level.as_deref().and_then(|level| level.parse().ok()).unwrap_or(state.default_level)
}

/// What holds for a subject: the configuration of the nearest scope that has one, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effective {
    pub(super) level: Level,
    pub(super) normalize: bool,
    /// Checks names of fields and reserved fields.
    pub(super) validate_fields: bool,
    /// Parses new schemas strictly.
    pub(super) validate_new: bool,
    /// The policy LENIENT: JSON Schema may add and remove optional properties.
    pub(super) lenient: bool,
    /// As it is set.
    pub(super) config: Config,
}

impl Effective {
    pub(super) fn of(state: &State, subject: &SubjectName) -> Self {
        let config = scopes_of(subject).iter().find_map(|s| state.config(s)).map(|c| (**c).clone()).unwrap_or_default();
        Self {
            level: level_in(state, &config),
            normalize: config.normalize.unwrap_or(false),
            validate_fields: config.validate_fields.unwrap_or(false),
            validate_new: config.validate_new_schemas.unwrap_or(true),
            lenient: config.compatibility_policy.as_deref() == Some("LENIENT"),
            config,
        }
    }

    /// Metadata or rules are put under or over those of every registration.
    pub(super) fn has_defaults_or_overrides(&self) -> bool {
        let Config { default_metadata, override_metadata, default_rule_set, override_rule_set, .. } = &self.config;
        default_metadata.is_some() || override_metadata.is_some() || default_rule_set.is_some() || override_rule_set.is_some()
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

/// The whole registry and what is above all contexts answer with a default where nothing is set.
fn always_has_a_value(key: &str) -> bool {
    key.is_empty() || key.starts_with(ABOVE_ALL)
}

/// A scope that can be written to: the whole registry, a context, or a subject with a valid name.
fn check_scope(at: &str) -> Result<(), ApiError> {
    let subject = SubjectName::parse(at);
    let above_all = &*subject.context == GLOBAL_CONTEXT && SubjectName::new(DEFAULT_CONTEXT, &*subject.name).is_valid();
    if at.is_empty() || above_all || subject.is_valid() { Ok(()) } else { Err(ApiError::invalid_subject(at)) }
}

/// As it is answered: with a level, and without an empty alias.
fn shown(state: &State, config: &Config) -> Config {
    let alias = config.alias.clone().filter(|alias| !alias.is_empty());
    Config { compatibility_level: Some(level_in(state, config).to_string()), alias, ..config.clone() }
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
    update.default_rule_set.apply(&mut config.default_rule_set);
    update.override_rule_set.apply(&mut config.override_rule_set);
}
