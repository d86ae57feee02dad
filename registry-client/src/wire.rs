//! The JSON objects of the schema-registry REST API, with the field names, the order and the omissions of the original.
//!
//! One definition serves both ends: the client writes what the server reads. Requests are read leniently, as the original's
//! JSON library does (a number where a text is expected, digits in quotes where a number is expected); unknown fields are
//! ignored; null and empty values are not written.

mod association;
pub mod audit;
mod config;
mod conflict;
pub mod documents;
mod lenient;
#[cfg(feature = "openapi")]
mod openapi;
pub mod plan;
mod rules;
pub mod usage;
pub mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use association::{
    Association, AssociationBatch, AssociationBatchGet, AssociationBatchResponse, AssociationEntry, AssociationInfo,
    AssociationOp, AssociationQuery, AssociationRequest, AssociationResponse, AssociationResult, Lifecycle,
};
pub use config::{Config, ConfigUpdate, ScopeSettings, Update};
pub use conflict::Conflict;
use lenient::{
    lenient_flag_or_false, lenient_number, lenient_number_or_zero, lenient_set, lenient_sets, lenient_text,
    lenient_text_or_empty, lenient_texts, null_as_default,
};
pub use rules::{ExecutionEnvironment, Rule, RuleKind, RuleMode, RuleSet};

/// The content type of every answer unless the client asks for another.
pub const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// The header in which our server says in its own words, with the place, why a text is no schema: the body has the words of Confluent's.
/// In ASCII, other characters as `\u{…}`.
pub const EXPLANATION: &str = "eventpact-explanation";

/// The format of a schema. Absent means Avro.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum SchemaType {
    /// `AVRO`
    #[default]
    Avro,
    /// `PROTOBUF`
    Protobuf,
    /// `JSON`
    Json,
    /// A name that this version of the crate does not know, as it was written.
    Other(String),
}

impl SchemaType {
    /// The name on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Avro => "AVRO",
            Self::Protobuf => "PROTOBUF",
            Self::Json => "JSON",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for SchemaType {
    fn from(name: &str) -> Self {
        match name {
            "AVRO" => Self::Avro,
            "PROTOBUF" => Self::Protobuf,
            "JSON" => Self::Json,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for SchemaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for SchemaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SchemaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(lenient_text(deserializer)?.map_or_else(Self::default, |name| Self::from(name.as_str())))
    }
}

/// A schema that another one uses: `name` is what the text calls it (Avro: full name; Protobuf: import path; JSON Schema: the
/// `$ref`), `subject` and `version` are where it is registered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reference {
    /// What the text calls it.
    #[serde(default, deserialize_with = "lenient_text_or_empty")]
    pub name: String,
    /// The subject under which it is registered.
    #[serde(default, deserialize_with = "lenient_text_or_empty")]
    pub subject: String,
    /// The version there; −1 is the latest.
    #[serde(default, deserialize_with = "lenient_number_or_zero")]
    pub version: i32,
}

impl Reference {
    /// A reference by name to a version of a subject.
    pub fn new(name: impl Into<String>, subject: impl Into<String>, version: i32) -> Self {
        Self { name: name.into(), subject: subject.into(), version }
    }
}

/// Tags, properties and the names of the sensitive ones. Part of a schema's identity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Metadata {
    /// Path in the schema → tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "lenient_sets")]
    pub tags: BTreeMap<String, BTreeSet<String>>,
    /// Free text by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "lenient_texts")]
    pub properties: BTreeMap<String, String>,
    /// Names of properties that are secret.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", deserialize_with = "lenient_set")]
    pub sensitive: BTreeSet<String>,
}

/// Body of register, look-up and compatibility requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegisterRequest {
    /// The version that this must become; absent or 0 for the next one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient_number")]
    pub version: Option<i32>,
    /// The id that this must get; only in IMPORT mode.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient_number")]
    pub id: Option<i32>,
    /// The format; absent means Avro.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<SchemaType>,
    /// What the text refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub references: Vec<Reference>,
    /// Tags and properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Rules that clients run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<RuleSet>,
    /// The schema text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient_text")]
    pub schema: Option<String>,
    /// Tags to write into the text before it is registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub schema_tags_to_add: Vec<SchemaTags>,
    /// Tags to take out of the text before it is registered.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub schema_tags_to_remove: Vec<SchemaTags>,
    /// Also write the tags of the latest version into the text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "lenient_flag_or_false")]
    pub propagate_schema_tags: bool,
}

/// The kind of an entity that carries tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EntityType {
    /// A record, message or object.
    #[serde(rename = "sr_record")]
    Record,
    /// A field of one.
    #[serde(rename = "sr_field")]
    Field,
}

impl EntityType {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "sr_record",
            Self::Field => "sr_field",
        }
    }
}

/// A record or a field in a schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SchemaEntity {
    /// `namespace.Record` or `namespace.Record.field`.
    pub entity_path: String,
    /// What the path names.
    pub entity_type: EntityType,
}

/// The tags of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SchemaTags {
    /// Where.
    pub schema_entity: SchemaEntity,
    /// Which.
    #[serde(default, deserialize_with = "null_as_default")]
    pub tags: Vec<String>,
}

/// Body of a request that registers a version again with other tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct TagRequest {
    /// The version that this must become; absent, 0 or negative for the next one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient_number")]
    pub new_version: Option<i32>,
    /// Metadata instead of that of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Rules instead of those of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<RuleSet>,
    /// Rules over those of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules_to_merge: Option<RuleSet>,
    /// Names of rules of the version to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub rules_to_remove: Vec<String>,
    /// Tags to write into the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tags_to_add: Vec<SchemaTags>,
    /// Tags to take out of the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub tags_to_remove: Vec<SchemaTags>,
}

impl RegisterRequest {
    /// A schema without references.
    pub fn new(schema_type: SchemaType, schema: impl Into<String>) -> Self {
        Self { schema_type: Some(schema_type), schema: Some(schema.into()), ..Self::default() }
    }

    /// Adds what the text refers to.
    #[must_use]
    pub fn with_references(mut self, references: Vec<Reference>) -> Self {
        self.references = references;
        self
    }

    /// The format, with the default applied.
    pub fn format(&self) -> SchemaType {
        self.schema_type.clone().unwrap_or_default()
    }
}

/// Answer of a registration. Older servers send `id` only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct RegisterResponse {
    /// The schema id that messages carry.
    pub id: u32,
    /// The version under the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The same schema has the same guid in every registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// The format; absent means Avro.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<SchemaType>,
    /// What the text refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub references: Vec<Reference>,
    /// Tags and properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Rules that clients run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<RuleSet>,
    /// The canonical schema text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// When it was stored, milliseconds since 1970. Only of a version that was there already and was found by comparing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// Soft-deleted. Only of a version that was there already and was found by comparing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

/// A version of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SchemaObject {
    /// The subject, qualified with its context unless that is the default one.
    pub subject: String,
    /// The version.
    pub version: i32,
    /// The schema id that messages carry.
    pub id: u32,
    /// The same schema has the same guid in every registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// The format; absent means Avro.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<SchemaType>,
    /// What the text refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub references: Vec<Reference>,
    /// Tags and properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Rules that clients run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<RuleSet>,
    /// The canonical schema text.
    pub schema: String,
    /// The tags in the text, when they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub schema_tags: Vec<SchemaTags>,
    /// When it was stored or last changed, milliseconds since 1970. Absent in answers to a look-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// Soft-deleted. Absent in answers to a look-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    /// Other names of the subject, in a list of schemas that asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub aliases: Vec<String>,
    /// The topics that the subject belongs to, in a list of schemas that asks for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub associations: Vec<Association>,
}

impl SchemaObject {
    /// The format, with the default applied.
    pub fn format(&self) -> SchemaType {
        self.schema_type.clone().unwrap_or_default()
    }
}

/// A schema by id or guid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SchemaString {
    /// The first subject that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its version there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// The same schema has the same guid in every registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// The format; absent means Avro.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<SchemaType>,
    /// The canonical schema text.
    pub schema: String,
    /// What the text refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub references: Vec<Reference>,
    /// Tags and properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Rules that clients run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_set: Option<RuleSet>,
    /// The tags in the text, when they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "null_as_default")]
    pub schema_tags: Vec<SchemaTags>,
    /// The highest id of the context, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_id: Option<u32>,
    /// When it was stored or last changed, milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<i64>,
    /// Soft-deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
}

impl SchemaString {
    /// The format, with the default applied.
    pub fn format(&self) -> SchemaType {
        self.schema_type.clone().unwrap_or_default()
    }
}

/// A subject and one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubjectVersion {
    /// The subject.
    pub subject: String,
    /// The version.
    pub version: i32,
}

/// A schema id and the context in which it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContextId {
    /// The context; `.` is the default one.
    pub context: String,
    /// The schema id.
    pub id: u32,
}

/// Body and answer of the mode routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModeBody {
    /// `READWRITE`, `READONLY`, `READONLY_OVERRIDE`, `IMPORT` or `FORWARD`.
    #[serde(default, deserialize_with = "lenient_text")]
    pub mode: Option<String>,
}

/// Answer of the compatibility routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CompatibilityAnswer {
    /// The verdict.
    pub is_compatible: bool,
    /// Why not, when `verbose` was asked for. For people: not to be parsed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<String>>,
}

/// Body of every refusal: exactly these two fields (more crash old Java clients).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorBody {
    /// The HTTP status and two more digits, or the bare status.
    pub error_code: i32,
    /// For people.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_leniently() {
        let text = r#"{"version":"3","id":null,"schema":5,"references":null,"unknown":{},"schemaType":null}"#;
        let request: RegisterRequest = serde_json::from_str(text).unwrap();
        assert_eq!(request.version, Some(3));
        assert_eq!(request.schema.as_deref(), Some("5"));
        assert_eq!(request.format(), SchemaType::Avro);
        assert!(serde_json::from_str::<RegisterRequest>(r#"{"schema":{}}"#).is_err());
        assert!(serde_json::from_str::<RegisterRequest>(r#"{"version":4294967296}"#).is_err());
    }

    #[test]
    fn fields_keep_the_order_and_empty_ones_are_left_out() {
        let answer = RegisterResponse {
            id: 1,
            version: Some(2),
            guid: Some("g".into()),
            schema_type: Some(SchemaType::Avro),
            schema: Some("\"int\"".into()),
            ..RegisterResponse::default()
        };
        let text = serde_json::to_string(&answer).unwrap();
        assert_eq!(text, r#"{"id":1,"version":2,"guid":"g","schemaType":"AVRO","schema":"\"int\""}"#);
        let bare: RegisterResponse = serde_json::from_str(r#"{"id":7}"#).unwrap();
        assert_eq!((bare.id, bare.version), (7, None));
    }

    #[test]
    fn config_update_tells_absent_from_null() {
        let update: ConfigUpdate = serde_json::from_str(r#"{"normalize":null,"compatibility":"FULL"}"#).unwrap();
        assert_eq!(update.normalize, Update::Clear);
        assert_eq!(update.compatibility, Update::Set("FULL".into()));
        assert_eq!(update.alias, Update::Keep);
        assert_eq!(serde_json::to_string(&update).unwrap(), r#"{"normalize":null,"compatibility":"FULL"}"#);
    }
}
