//! Many schemas and settings at once: what `/eventpact/v1/plan` and `/eventpact/v1/apply` take and answer.

use serde::{Deserialize, Serialize};

use super::{Config, ConfigUpdate, ErrorBody, Metadata, Reference, RuleSet, SchemaType};

/// Body of both routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The schemas, in any order.
    #[serde(default)]
    pub files: Vec<PlanFile>,
    /// Configurations and modes.
    #[serde(default)]
    pub settings: Vec<PlanSetting>,
    /// Store the normalised texts.
    #[serde(default)]
    pub normalize: bool,
    /// `apply`: tell what would be done and do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// `apply`: the digest of the plan that was agreed to. When what would be done has changed since, nothing is done (409).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanFile {
    /// Where it lies, with `/` between folders: what Protobuf imports and `$ref`s of JSON Schema name. Unique in the plan.
    pub path: String,
    /// The subject; absent for the full name of an Avro type, and the path of everything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The format; absent for what the path ends with: `.proto` is Protobuf, `.avsc` Avro, `.json` JSON Schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<SchemaType>,
    /// The text.
    pub schema: String,
    /// References that are not to be inferred. All others are: to files of the plan, else to a subject that has the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
    /// Tags and properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Rules that clients run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<RuleSet>,
}

/// Settings of a subject, a context (`:.eu:`) or the whole registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlanSetting {
    /// The subject or context; empty for the whole registry.
    #[serde(default)]
    pub subject: String,
    /// What is to be configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<ConfigUpdate>,
    /// `READWRITE`, `READONLY`, `READONLY_OVERRIDE` or `IMPORT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
}

/// Answer of both routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanReport {
    /// Changes with what would be done, and with nothing else: neither with ids, nor with what others do elsewhere.
    pub digest: String,
    /// It was done.
    pub applied: bool,
    /// How many schemas and settings are to be changed; 0 when all is as it should be.
    pub changes: usize,
    /// How many are refused; then nothing can be applied.
    pub refused: usize,
    /// The schemas, each after those that it refers to.
    pub schemas: Vec<PlannedSchema>,
    /// The settings, in the order of the request.
    pub settings: Vec<PlannedSetting>,
}

/// What becomes of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedSchema {
    /// The path of the file.
    pub path: String,
    /// The subject, qualified with its context unless that is the default one.
    pub subject: String,
    /// `register`, `unchanged` or `refuse`.
    pub action: String,
    /// The version that it has, or will have.
    pub version: Option<i32>,
    /// The schema id; of a schema that is yet to be registered `null` until it is applied.
    pub id: Option<u32>,
    /// The guid.
    pub guid: Option<String>,
    /// What it refers to, those that were found included.
    pub references: Vec<Reference>,
    /// Why it is refused.
    pub error: Option<ErrorBody>,
}

/// What becomes of a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlannedSetting {
    /// The subject or context; empty for the whole registry.
    pub subject: String,
    /// `set`, `unchanged` or `refuse`.
    pub action: String,
    /// What is configured before.
    pub config_before: Option<Config>,
    /// What is configured after.
    pub config_after: Option<Config>,
    /// The mode before.
    pub mode_before: Option<String>,
    /// The mode after.
    pub mode_after: Option<String>,
    /// Why it is refused.
    pub error: Option<ErrorBody>,
}
