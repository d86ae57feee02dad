//! Who changed what: what `/eventpact/v1/audit` answers.

use serde::{Deserialize, Serialize};

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditPage {
    /// The newest first.
    pub records: Vec<AuditRecord>,
    /// The parameter `before` of the next page; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
    /// The number of the newest record of all; 0 when there is none.
    pub newest: u64,
    /// The hash of the newest record of all, in hexadecimal; zeros when there is none.
    pub newest_hash: String,
    /// Where it is kept: `store` (with the changes themselves) or `process` (the last ones, until this process ends).
    pub kept: String,
}

/// A link of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// From 1, without gaps.
    pub number: u64,
    /// The hash of the record before, in hexadecimal; zeros before the first.
    pub previous: String,
    /// SHA-256 over the 32 bytes of `previous` and the bytes of `text`, in hexadecimal.
    pub hash: String,
    /// The entry as it was hashed.
    pub text: String,
    /// The entry, read from `text`; absent when that is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<AuditEntry>,
}

/// What one request changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The number of the record.
    pub number: u64,
    /// When it was decided, in milliseconds since 1970.
    pub time: i64,
    /// The name under which the client was let in, or `anonymous`.
    pub principal: String,
    /// How it was recognised: `basic`, `bearer`, `certificate`, or `none`.
    pub authentication: String,
    /// Where the request came from, or its proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What program it says it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The method and the route, as `PUT /config/{subject}`.
    pub request: String,
    /// The request id, as the answer had it.
    pub request_id: String,
    /// What changed, in the order in which it was done.
    pub changes: Vec<AuditChange>,
    /// Changes that are left out because there are too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

/// What [`AuditChange::after`] begins with where records were let go; the hash of the last one of them follows, in hexadecimal.
pub const PRUNED: &str = "let go up to here, hash ";

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditChange {
    /// `schema`, `version`, `config`, `mode`, `context`, `association` or `document`; `audit` where old records were let go.
    pub what: String,
    /// The subject; for a setting also a context or, if empty, the whole registry; for a schema its context.
    pub name: String,
    /// The number of the version, the id of the schema, or the last record that was let go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// What was there; absent for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What is there now; absent for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
