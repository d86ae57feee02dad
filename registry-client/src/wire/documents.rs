//! AsyncAPI documents in the registry: what `/eventpact/v1/documents` takes and answers.

use serde::{Deserialize, Serialize};

use super::verdict::{Undecided, VersionFinding};

/// Body of `PUT` and `POST`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentRequest {
    /// The document, in YAML or JSON, with all that it refers to inside it.
    pub document: String,
    /// The number that it gets; only in mode IMPORT, in which nothing is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
}

/// What became of a document, or would become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentReport {
    /// Why it was refused; absent when it was not. For clients that know errors of the registry only.
    #[serde(default, rename = "error_code", skip_serializing_if = "Option::is_none")]
    pub error_code: Option<i32>,
    /// The same for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The name.
    pub name: String,
    /// The version that has the document; absent when none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    /// It is a new version, or would be one.
    pub created: bool,
    /// Nothing was stored, because that was asked for.
    pub dry_run: bool,
    /// It is, or would be, accepted.
    pub accepted: bool,
    /// The compatibility level that holds for the name.
    pub level: String,
    /// `compatible`, `incompatible`, `unknown` when something could not be compared, or `invalid`.
    pub verdict: String,
    /// The versions that it was compared with, newest first.
    pub versions: Vec<i32>,
    /// What is wrong with the document itself, or worth a look.
    pub problems: Vec<DocumentProblem>,
    /// What breaks, and what else changed, against the versions.
    pub findings: Vec<VersionFinding>,
    /// What could not be compared.
    pub unknown: Vec<Undecided>,
}

/// Something about a document, whatever was there before. Lines and columns count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentProblem {
    /// The rule; `eventpact explain RULE` shows its page.
    pub rule: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// One sentence.
    pub message: String,
    /// Of the place.
    pub line: usize,
    /// Of the place.
    pub column: usize,
    /// Of the end of the place.
    pub end_line: usize,
    /// Of the end of the place.
    pub end_column: usize,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentObject {
    /// The name.
    pub name: String,
    /// The version, from 1.
    pub version: i32,
    /// The text, as it was sent.
    pub document: String,
    /// The version of AsyncAPI that it is written in.
    pub asyncapi: String,
    /// The title of the application.
    pub title: String,
    /// SHA-256 of the text, in hexadecimal.
    pub sha256: String,
    /// Milliseconds since 1970 of the last change.
    pub ts: i64,
    /// It is softly deleted.
    pub deleted: bool,
    /// Its channels, in the order of the text.
    pub channels: Vec<DocumentChannel>,
}

/// A channel of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentChannel {
    /// The key in the document.
    pub key: String,
    /// The address on the broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the application does there: `send`, `receive`.
    pub actions: Vec<String>,
    /// The names of the messages.
    pub messages: Vec<String>,
}

/// A name in the list of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DocumentSummary {
    /// The name.
    pub name: String,
    /// The latest version; of a deleted document the last one.
    pub version: i32,
    /// How many versions there are, deleted ones too.
    pub versions: usize,
    /// Milliseconds since 1970 of the last change.
    pub ts: i64,
    /// All versions are softly deleted.
    pub deleted: bool,
}
