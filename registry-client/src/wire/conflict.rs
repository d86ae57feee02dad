//! What `/eventpact/v1/conflicts` answers.

use serde::{Deserialize, Serialize};

use super::SchemaType;

/// A version that the store holds and that contradicts what it held before, as when one id was given to two schemas. It is left out,
/// and the record stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The subject, qualified with its context.
    pub subject: String,
    /// Its version.
    pub version: i32,
    /// The id that the record gives it, as it is written there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The format.
    #[serde(default)]
    pub schema_type: SchemaType,
    /// The text.
    #[serde(default)]
    pub schema: String,
    /// Where the record stands: its offset in the topic.
    pub offset: i64,
    /// What it contradicts, for people.
    pub why: String,
}
