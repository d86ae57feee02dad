//! Who fetched which schema: what `/eventpact/v1/usage` answers.

use serde::{Deserialize, Serialize};

use super::SubjectVersion;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct UsageReport {
    /// Who fetched what, the last one first.
    pub usage: Vec<Usage>,
    /// Where it is kept: `database` (shared by all servers), `file` (survives a restart), `process` (since this process began), or
    /// `nowhere` (it is switched off).
    pub kept: String,
    /// Fetches that this process could not note, because too many different clients came at once.
    pub dropped: u64,
}

/// A client and a schema that it fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The context of the id; `.` is the default one.
    pub context: String,
    /// The schema id.
    pub id: u32,
    /// The subject that the client named; absent when it asked by id alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The subjects and versions that have the id now.
    pub versions: Vec<SubjectVersion>,
    /// How it was fetched: `id` (by id or guid, as consumers do), `version`, `lookup` or `register` (as producers do).
    pub by: String,
    /// The name under which the client was let in, or `anonymous`.
    pub principal: String,
    /// The program that the client says it is, as `name/version`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Where an anonymous client came from, or its proxy. Only shown to those with the right `admin` on the whole registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// How often.
    pub count: u64,
    /// Milliseconds since 1970.
    pub first_seen: i64,
    /// Milliseconds since 1970.
    pub last_seen: i64,
}
