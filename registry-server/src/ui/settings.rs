//! Compatibility levels and modes: what is set where, and what holds.

use askama::Template;
use axum::http::Method;
use eventpact_compat::mode::Mode as Level;
use eventpact_registry_client::wire::{ConfigUpdate, Update};

use super::shell::{Shell, scope_link, scope_name, subject_link};
use super::{Asked, Reply};
use crate::auth::{Caller, Verb};
use crate::error::ApiError;
use crate::registry::settings::{DEFAULT_MODE, level_in};
use crate::routes::Endpoint;
use crate::state::State;
use crate::subject::{ABOVE_ALL, DEFAULT_CONTEXT, SubjectName, context_prefix, scope, scopes_of, split};

/// Subjects with settings of their own that are listed.
const MOST: usize = 500;

/// Levels with what each promises, in the order of the form.
const LEVELS: [(Level, &str); 7] = [
    (Level::Backward, "the new version reads what the latest one wrote"),
    (Level::BackwardTransitive, "the new version reads what every earlier one wrote"),
    (Level::Forward, "the latest version reads what the new one writes"),
    (Level::ForwardTransitive, "every earlier version reads what the new one writes"),
    (Level::Full, "both ways with the latest version"),
    (Level::FullTransitive, "both ways with every earlier version"),
    (Level::None, "nothing is checked"),
];

const MODES: [(&str, &str); 5] = [
    ("READWRITE", "schemas can be registered and deleted"),
    ("READONLY", "nothing can be registered, deleted or configured"),
    ("READONLY_OVERRIDE", "as READONLY"),
    ("IMPORT", "schemas come with ids of their own, unchecked; what was deleted before goes for good"),
    ("FORWARD", "as IMPORT, for the whole registry"),
];

/// A value that holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) value: String,
    /// For people; empty for the value that was never set.
    pub(super) from: String,
    /// It is set right here.
    pub(super) own: bool,
}

/// The scopes that hold at a scope, nearest first.
fn scopes(at: &str) -> Vec<String> {
    if at == ABOVE_ALL { vec![at.to_owned()] } else { scopes_of(&SubjectName::parse(at)).to_vec() }
}

fn held(at: &str, default: &str, find: impl Fn(&str) -> Option<String>) -> Held {
    let found = scopes(at).into_iter().find_map(|scope| find(&scope).map(|value| (scope, value)));
    match found {
        Some((scope, value)) => Held { value, own: scope == at, from: scope_name(&scope) },
        None => Held { value: default.to_owned(), from: String::new(), own: false },
    }
}

/// The level that holds for a subject: that of the nearest scope with any configuration.
pub(super) fn level_of(state: &State, subject: &SubjectName) -> Held {
    level_at(state, &subject.to_string())
}

pub(super) fn level_at(state: &State, at: &str) -> Held {
    held(at, state.default_level.as_str(), |scope| state.config(scope).map(|config| level_in(state, config).to_string()))
}

/// The mode that holds for a subject.
pub(super) fn mode_of(state: &State, subject: &SubjectName) -> Held {
    mode_at(state, &subject.to_string())
}

fn mode_at(state: &State, at: &str) -> Held {
    held(at, DEFAULT_MODE, |scope| state.mode(scope).map(ToString::to_string))
}

/// A scope in the overview.
struct ScopeRow {
    name: String,
    href: String,
    level: Held,
    mode: Held,
}

#[derive(Template)]
#[template(path = "settings.html")]
struct Overview {
    shell: Shell,
    wide: Vec<ScopeRow>,
    subjects: Vec<ScopeRow>,
    cut: bool,
}

/// A choice of a form.
struct Choice {
    value: &'static str,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "scope.html")]
struct ScopePage {
    shell: Shell,
    /// As it is written in a query.
    scope: String,
    name: String,
    /// The page of the subject; empty for wider scopes.
    subject: String,
    error: Option<ApiError>,
    level: Held,
    mode: Held,
    levels: Vec<Choice>,
    modes: Vec<Choice>,
    normalize: Vec<Choice>,
    validate_fields: Vec<Choice>,
    policy: Vec<Choice>,
    group: String,
    alias: String,
    /// Something is set right here.
    has_config: bool,
    may_config: bool,
    may_mode: bool,
}

/// `GET /ui/settings?scope=…`; without a scope, where something is set.
pub(super) fn show(asked: &Asked) -> Result<Reply, ApiError> {
    match asked.query.get("scope") {
        Some(at) => scope_page(asked, &scope(at), None),
        None => overview(asked),
    }
}

fn overview(asked: &Asked) -> Result<Reply, ApiError> {
    let state = asked.registry.snapshot();
    let row = |at: String, name: String| ScopeRow {
        name,
        href: scope_link(&at),
        level: level_at(&state, &at),
        mode: mode_at(&state, &at),
    };
    let mut wide = vec![row(String::new(), "Default context".to_owned())];
    let others = state.contexts().filter(|(name, _)| &***name != DEFAULT_CONTEXT && asked.caller.may_enter(name));
    wide.extend(others.map(|(name, _)| row(context_prefix(name), format!("Context {name}"))));
    wide.push(row(ABOVE_ALL.to_owned(), "All contexts, where they set nothing".to_owned()));
    let mut subjects = Vec::new();
    let mut cut = false;
    for (context, content) in state.contexts() {
        for (name, _) in content.subjects().filter(|(name, _)| asked.caller.may(Verb::Read, context, name)) {
            let at = SubjectName::new(context.clone(), name.clone()).to_string();
            if state.config(&at).is_none() && state.mode(&at).is_none() {
                continue;
            }
            cut = subjects.len() >= MOST;
            if cut {
                break;
            }
            subjects.push(row(at.clone(), at));
        }
    }
    Reply::page(&Overview { shell: asked.shell("Settings", "settings"), wide, subjects, cut })
}

fn scope_page(asked: &Asked, at: &str, error: Option<ApiError>) -> Result<Reply, ApiError> {
    Endpoint::Config(at.to_owned()).need(&Method::GET).check(&asked.caller)?;
    let state = asked.registry.snapshot();
    let own = state.config(at).map(|config| (**config).clone()).unwrap_or_default();
    let (level, mode) = (level_at(&state, at), mode_at(&state, at));
    let is_subject = !at.is_empty() && split(at).is_none_or(|(_, name)| !name.is_empty());
    let levels = LEVELS.map(|(value, what)| Choice {
        value: value.as_str(),
        label: format!("{value}: {what}"),
        chosen: level.value == value.as_str(),
    });
    let modes = MODES.iter().filter(|(value, _)| *value != "FORWARD" || at == ABOVE_ALL);
    let modes = modes.map(|(value, what)| Choice { value, label: format!("{value}: {what}"), chosen: mode.value == *value });
    let subject = SubjectName::parse(at);
    let (may_config, may_mode) = may_set(&asked.caller, at);
    Reply::page(&ScopePage {
        shell: asked.shell(format!("Settings of {}", scope_name(at)), "settings"),
        scope: if at.is_empty() { format!(":{DEFAULT_CONTEXT}:") } else { at.to_owned() },
        name: scope_name(at),
        subject: if is_subject { subject_link(&subject) } else { String::new() },
        error,
        levels: levels.into(),
        modes: modes.collect(),
        normalize: switch(own.normalize),
        validate_fields: switch(own.validate_fields),
        policy: policy(own.compatibility_policy.as_deref()),
        group: own.compatibility_group.clone().unwrap_or_default(),
        alias: own.alias.clone().unwrap_or_default(),
        has_config: state.config(at).is_some(),
        may_config: may_config.is_ok(),
        may_mode: may_mode.is_ok(),
        level,
        mode,
    })
}

fn switch(own: Option<bool>) -> Vec<Choice> {
    let choice = |value, label: &str, is| Choice { value, label: label.to_owned(), chosen: own == is };
    vec![choice("", "not set: no", None), choice("true", "yes", Some(true)), choice("false", "no", Some(false))]
}

fn policy(own: Option<&str>) -> Vec<Choice> {
    let choice = |value, label: &str| Choice { value, label: label.to_owned(), chosen: own.unwrap_or("") == value };
    vec![
        choice("", "not set: STRICT"),
        choice("STRICT", "STRICT"),
        choice("LENIENT", "LENIENT: optional properties may come and go"),
    ]
}

/// `POST /ui/settings`
pub(super) async fn submit(asked: &Asked) -> Result<Reply, ApiError> {
    let text = |name: &str| asked.form.get(name).unwrap_or("").trim().to_owned();
    let at = scope(&text("scope"));
    let registry = &asked.registry;
    let (config, mode) = may_set(&asked.caller, &at);
    let changed = match text("action").as_str() {
        "save-config" | "reset-config" if config.is_err() => config.map(|()| ""),
        "save-mode" | "reset-mode" if mode.is_err() => mode.map(|()| ""),
        "save-config" => registry.set_config(&at, update(asked)).await.map(|_| "saved"),
        "reset-config" => registry.delete_config(&at).await.map(|_| "reset"),
        "save-mode" => registry.set_mode(&at, Some(&text("mode")), text("force") == "yes").await.map(|()| "saved"),
        "reset-mode" => registry.delete_mode(&at, false).await.map(|_| "reset"),
        _ => Err(ApiError::bad_request("the form asks for nothing that is known here")),
    };
    match changed {
        Ok(done) => Ok(Reply::SeeOther(format!("{}&done={done}", scope_link(&at)))),
        Err(error) if error.status < 500 => scope_page(asked, &at, Some(error)),
        Err(error) => Err(error),
    }
}

/// May they set the configuration, and the mode, of a scope?
fn may_set(caller: &Caller, at: &str) -> (Result<(), ApiError>, Result<(), ApiError>) {
    let may = |endpoint: Endpoint| endpoint.need(&Method::PUT).check(caller);
    (may(Endpoint::Config(at.to_owned())), may(Endpoint::Mode(at.to_owned())))
}

/// The fields of the form. Only what it shows is changed.
fn update(asked: &Asked) -> ConfigUpdate {
    let text = |name: &str| match asked.form.get(name).map(str::trim) {
        None => Update::Keep,
        Some("") => Update::Clear,
        Some(value) => Update::Set(value.to_owned()),
    };
    let yes_or_no = |name: &str| match asked.form.get(name) {
        None => Update::Keep,
        Some("true") => Update::Set(true),
        Some("false") => Update::Set(false),
        Some(_) => Update::Clear,
    };
    ConfigUpdate {
        compatibility: text("level"),
        normalize: yes_or_no("normalize"),
        validate_fields: yes_or_no("validate_fields"),
        compatibility_policy: text("policy"),
        compatibility_group: text("group"),
        alias: text("alias"),
        ..ConfigUpdate::default()
    }
}
