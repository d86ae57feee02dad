//! What is configured in a registry, scope by scope, out of it and into another one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use eventpact_registry_client::Client;
use eventpact_registry_client::wire::ScopeSettings;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::archive::Archive;
use super::transfer::REQUESTS;

/// Configurations and modes by scope; `None` is the whole registry.
#[derive(Debug, Clone, Default)]
pub(super) struct Settings {
    pub(super) configs: BTreeMap<Option<String>, Value>,
    pub(super) modes: BTreeMap<Option<String>, String>,
}

impl Settings {
    /// The subject that a name stands for.
    pub(super) fn alias(&self, subject: &str) -> Option<&str> {
        self.configs.get(&Some(subject.to_owned())).and_then(alias_of)
    }

    fn add(&mut self, scope: Option<String>, config: Option<Value>, mode: Option<String>) {
        if let Some(config) = config {
            self.configs.insert(scope.clone(), config);
        }
        if let Some(mode) = mode {
            self.modes.insert(scope, mode);
        }
    }
}

/// The alias in a configuration; an empty one is none.
pub(super) fn alias_of(config: &Value) -> Option<&str> {
    config.get("alias")?.as_str().filter(|alias| !alias.is_empty())
}

/// Reads all settings of a registry that lists them; of others those of the registry, its contexts, these names, and the names that are
/// aliases of subjects.
pub(super) async fn fetch(client: &Client, names: impl Iterator<Item = &String>) -> Result<Settings> {
    let mut all = Settings::default();
    if let Some(listed) = client.settings().await? {
        for ScopeSettings { scope, config, mode } in listed {
            let config = config.map(serde_json::to_value).transpose()?;
            all.add(Some(scope).filter(|scope| !scope.is_empty()), config, mode);
        }
        return Ok(all);
    }
    let contexts: Vec<String> = client.contexts().await.unwrap_or_default();
    let contexts: Vec<String> = contexts.into_iter().filter(|name| name != ".").map(|name| format!(":{name}:")).collect();
    let aliases = aliases(client, &contexts).await;
    let scopes: BTreeSet<Option<String>> =
        contexts.into_iter().chain(aliases).chain(names.cloned()).map(Some).chain([None]).collect();
    let found = stream::iter(scopes).map(|scope| async move {
        let config = client.own_config(scope.as_deref()).await?;
        let mode = client.own_mode(scope.as_deref()).await?;
        Ok::<_, anyhow::Error>((scope, config, mode))
    });
    let found: Vec<_> = found.buffer_unordered(REQUESTS).try_collect().await?;
    for (scope, config, mode) in found {
        all.add(scope, config, mode);
    }
    Ok(all)
}

/// Names that stand for subjects and need have no schemas of their own. Servers before 8 and of other makers know none.
async fn aliases(client: &Client, contexts: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for context in contexts.iter().map(String::as_str).chain([""]) {
        found.extend(client.aliases(context).await.unwrap_or_default());
    }
    found
}

/// Writes the settings that differ, with `keep` only those that are missing. A scope that is READONLY takes none, so it is open
/// meanwhile.
pub(super) async fn put(client: &Client, archive: &Archive, there: &Archive, keep: bool) -> Result<()> {
    let mut modes = archive.modes.clone();
    if keep {
        modes.retain(|scope, _| !there.modes.contains_key(scope));
    }
    let differs = |scope: &Option<String>, config: &Value| match there.configs.get(scope) {
        Some(found) => !keep && found != config,
        None => true,
    };
    for (scope, config) in archive.configs.iter().filter(|(scope, config)| differs(scope, config)) {
        let mut fields = config.clone();
        // Reading and writing name the level differently.
        if let Some(fields) = fields.as_object_mut()
            && let Some(level) = fields.shift_remove("compatibilityLevel")
        {
            fields.insert("compatibility".to_owned(), level);
        }
        if let Some(mode) = there.modes.get(scope) {
            client.set_mode(scope.as_deref(), "READWRITE", true).await?;
            modes.entry(scope.clone()).or_insert_with(|| mode.clone());
        }
        let name = scope.as_deref().unwrap_or("the registry");
        client.put_config(scope.as_deref(), &fields).await.with_context(|| format!("the settings of {name}"))?;
    }
    for (scope, mode) in &modes {
        let name = scope.as_deref().unwrap_or("the registry");
        client.set_mode(scope.as_deref(), mode, true).await.with_context(|| format!("the mode of {name}"))?;
    }
    Ok(())
}
