//! Which subject belongs to which topic.

use serde::{Deserialize, Serialize};

use super::lenient::null_as_default;
use super::{ErrorBody, RegisterRequest, SchemaObject};

/// Whether the subject lives and dies with the topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Lifecycle {
    /// The subject is the topic's alone.
    Strong,
    /// The topic only uses the subject.
    Weak,
}

/// A subject that is bound to a resource, as it is stored and answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Association {
    /// The subject, qualified with its context unless that is the default one.
    pub subject: String,
    /// Random, for life.
    pub guid: String,
    /// The name of the topic.
    pub resource_name: String,
    /// The cluster of the topic.
    pub resource_namespace: String,
    /// Names the topic for ever, whatever it is called.
    pub resource_id: String,
    /// `topic`
    pub resource_type: String,
    /// `key` or `value`
    pub association_type: String,
    /// Whether the subject lives and dies with the topic.
    pub lifecycle: Lifecycle,
    /// May not be changed.
    pub frozen: bool,
    /// Milliseconds since 1970.
    pub create_ts: i64,
    /// Milliseconds since 1970.
    pub update_ts: i64,
}

/// Body of `POST /associations`, of `PUT /associations/resources/{id}`, and of a part of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AssociationRequest {
    /// The name of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// The cluster of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_namespace: Option<String>,
    /// Names the topic for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// `topic`, also when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// What is to be bound.
    #[serde(deserialize_with = "null_as_default")]
    pub associations: Vec<AssociationEntry>,
}

/// What a part of a batch does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum AssociationOp {
    /// Binds what is not bound.
    #[default]
    Create,
    /// Binds, or changes the binding.
    Upsert,
    /// Parts the two.
    Delete,
}

/// One subject that is to be bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AssociationEntry {
    /// In batches: what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_type: Option<AssociationOp>,
    /// The subject; absent for the one that is named after the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `key` or `value`; absent means `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub association_type: Option<String>,
    /// Absent means weak, or strong when there is a schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// May not be changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<bool>,
    /// A schema to register under the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<RegisterRequest>,
    /// Registers the normalised text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalize: Option<bool>,
    /// In batches that delete: strong subjects go too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cascade_lifecycle: Option<bool>,
}

/// What was bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AssociationResponse {
    /// The name of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// The cluster of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_namespace: Option<String>,
    /// Names the topic for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
    /// `topic`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// What is bound now and was not before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub associations: Vec<AssociationInfo>,
}

/// One subject of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssociationInfo {
    /// The subject.
    pub subject: String,
    /// `key` or `value`
    pub association_type: String,
    /// Whether the subject lives and dies with the topic.
    pub lifecycle: Lifecycle,
    /// May not be changed.
    pub frozen: bool,
    /// The schema that was registered, or was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SchemaObject>,
}

/// Body of `POST /associations:batchGet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AssociationBatchGet {
    /// What is asked for.
    #[serde(deserialize_with = "null_as_default")]
    pub requests: Vec<AssociationQuery>,
}

/// One question of a batch: by id, else by name and namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AssociationQuery {
    /// The name of the topic.
    pub resource_name: Option<String>,
    /// The cluster of the topic.
    pub resource_namespace: Option<String>,
    /// Names the topic for ever.
    pub resource_id: Option<String>,
    /// `topic`, also when absent.
    pub resource_type: Option<String>,
    /// Empty for both.
    #[serde(deserialize_with = "null_as_default")]
    pub association_types: Vec<String>,
    /// Absent for both.
    pub lifecycle: Option<Lifecycle>,
}

/// Body of `POST /associations:batchMutate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct AssociationBatch {
    /// One topic each.
    #[serde(deserialize_with = "null_as_default")]
    pub requests: Vec<AssociationRequest>,
}

/// The answers of a batch, in the order of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssociationBatchResponse {
    /// One each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<AssociationResult>,
}

/// The answer of a part of a batch: what went wrong, or what is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AssociationResult {
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBody>,
    /// What is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<AssociationResponse>,
}
