//! The configuration of a subject, a context or the whole registry.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::lenient::{lenient_flag, lenient_text};
use super::{Metadata, RuleSet};

/// A field of a [`ConfigUpdate`]: an absent key keeps what is stored, JSON `null` clears it, a value sets it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Update<T> {
    /// The key is absent.
    #[default]
    Keep,
    /// `null`
    Clear,
    /// The new value.
    Set(T),
}

impl<T> Update<T> {
    /// `true` when the key is absent.
    pub fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// Changes a stored value.
    pub fn apply(self, stored: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *stored = None,
            Self::Set(value) => *stored = Some(value),
        }
    }
}

impl<T: Serialize> Serialize for Update<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.serialize(serializer),
            Self::Keep | Self::Clear => serializer.serialize_none(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Update<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

fn lenient_update<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Update<String>, D::Error> {
    Ok(lenient_text(deserializer)?.map_or(Update::Clear, Update::Set))
}

fn lenient_flag_update<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Update<bool>, D::Error> {
    Ok(lenient_flag(deserializer)?.map_or(Update::Clear, Update::Set))
}

/// Body of `PUT /config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigUpdate {
    /// Another name of the subject.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub alias: Update<String>,
    /// Another name of the subject for encryption keys.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub alias_for_deks: Update<String>,
    /// Registers the normalised text.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_flag_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub normalize: Update<bool>,
    /// Checks reserved fields.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_flag_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub validate_fields: Update<bool>,
    /// Parses new schemas strictly.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_flag_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub validate_new_schemas: Update<bool>,
    /// Checks rules.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_flag_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub validate_rules: Update<bool>,
    /// The level, in any case: `none`, `backward`, `forward`, `full` and their `_transitive` forms.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub compatibility: Update<String>,
    /// `STRICT` or `LENIENT`.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub compatibility_policy: Update<String>,
    /// Only versions with the same value of this metadata property are compared.
    #[serde(skip_serializing_if = "Update::is_keep", deserialize_with = "lenient_update")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub compatibility_group: Update<String>,
    /// Metadata under what a registration gives.
    #[serde(skip_serializing_if = "Update::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Metadata>))]
    pub default_metadata: Update<Metadata>,
    /// Metadata over what a registration gives.
    #[serde(skip_serializing_if = "Update::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Metadata>))]
    pub override_metadata: Update<Metadata>,
    /// Rules under what a registration gives.
    #[serde(skip_serializing_if = "Update::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<RuleSet>))]
    pub default_rule_set: Update<RuleSet>,
    /// Rules over what a registration gives.
    #[serde(skip_serializing_if = "Update::is_keep")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<RuleSet>))]
    pub override_rule_set: Update<RuleSet>,
}

impl ConfigUpdate {
    /// Sets the level and nothing else.
    pub fn level(level: impl Into<String>) -> Self {
        Self { compatibility: Update::Set(level.into()), ..Self::default() }
    }
}

/// What is set at one scope, as `/eventpact/v1/settings` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScopeSettings {
    /// A subject or document, a context as `:.name:`, `:.__GLOBAL:` above all contexts, or empty for the whole registry.
    pub scope: String,
    /// What is configured there, without defaults; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Config>,
    /// The mode; absent when none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// Answer of `GET /config` and `DELETE /config`; the stored form. `PUT` echoes it with `compatibility` for `compatibilityLevel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// Another name of the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Another name of the subject for encryption keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias_for_deks: Option<String>,
    /// Registers the normalised text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalize: Option<bool>,
    /// Checks reserved fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate_fields: Option<bool>,
    /// Parses new schemas strictly.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate_new_schemas: Option<bool>,
    /// Checks rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validate_rules: Option<bool>,
    /// The level in upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility_level: Option<String>,
    /// `STRICT` or `LENIENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility_policy: Option<String>,
    /// Only versions with the same value of this metadata property are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compatibility_group: Option<String>,
    /// Metadata under what a registration gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_metadata: Option<Metadata>,
    /// Metadata over what a registration gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_metadata: Option<Metadata>,
    /// Rules under what a registration gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_rule_set: Option<RuleSet>,
    /// Rules over what a registration gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_rule_set: Option<RuleSet>,
}
