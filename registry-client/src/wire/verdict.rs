//! What `/eventpact/v1` says of two versions: a check with every finding, a difference with every change.
//!
//! The fields are those of `eventpact check --format json` and `eventpact diff --format json`, with what only a registry knows (which
//! version, at which levels) added. Lines and columns count from 1, columns in characters; an end is behind the last one.

use serde::{Deserialize, Serialize};

/// Answer of `POST /eventpact/v1/subjects/{s}/check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckReport {
    /// The subject, qualified with its context unless that is the default one.
    pub subject: String,
    /// Whose verdict it is: `sound` or `confluent`.
    pub profile: String,
    /// The level that `verdict` is of: the one that was asked for, else the one that holds for the subject.
    pub level: String,
    /// `compatible`, `incompatible`, or `unknown` when something could not be compared.
    pub verdict: String,
    /// Would a registration be taken as things are? Always by the rules of the profile `confluent`, at the level of the subject.
    pub accepted: bool,
    /// The verdict at each level.
    pub levels: Vec<LevelVerdict>,
    /// The versions that were compared with, newest first.
    pub versions: Vec<i32>,
    /// What was found, in the order of the new text.
    pub findings: Vec<VersionFinding>,
    /// What could not be compared.
    pub unknown: Vec<Undecided>,
    /// Who can move first from the latest version to this one; `null` without an earlier version.
    pub deploy: Option<Deploy>,
}

/// The verdict at one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LevelVerdict {
    /// `BACKWARD`, `FULL_TRANSITIVE`, …
    pub level: String,
    /// `compatible`, `incompatible`, `unknown`.
    pub verdict: String,
    /// How many of the findings are errors at this level.
    pub errors: usize,
    /// How many of the findings are warnings at this level.
    pub warnings: usize,
}

/// One thing that a reader cannot do with what a writer sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionFinding {
    /// The rule; `eventpact explain RULE` shows its page.
    pub rule: String,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// `BACKWARD`: the new version reads what the old one wrote. `FORWARD`: the old version reads what the new one writes.
    pub direction: String,
    /// Against which versions, newest first; `related` has the place in each of them.
    pub versions: Vec<i32>,
    /// The levels at which it counts.
    pub levels: Vec<String>,
    /// Why, in one sentence that speaks of the reader and the writer.
    pub message: String,
    /// What holds the new place: the subject, or the name of a reference.
    pub file: String,
    /// Of the place in the new schema, as it was sent.
    pub line: usize,
    /// Of the place in the new schema.
    pub column: usize,
    /// Of the end of that place.
    pub end_line: usize,
    /// Of the end of that place.
    pub end_column: usize,
    /// What stands there, in a few words.
    pub label: String,
    /// The way to the place without line numbers, in the notation of the format: `/fields/2/type`.
    pub element: String,
    /// The places in the old versions, as they are stored.
    pub related: Vec<Place>,
    /// What to do instead.
    pub help: Option<String>,
    /// A message that proves it.
    pub witness: Option<Witness>,
    /// Stays the same while the finding does: made of rule, names and message, never of lines.
    pub fingerprint: String,
    /// How the checker of a Confluent registry says it; empty where it does not know it.
    pub peers: Vec<PeerFinding>,
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Place {
    /// Which text: `orders-value version 3`, or the name of a reference.
    pub file: String,
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column of the end.
    pub end_column: usize,
    /// What stands there, in a few words; may be empty.
    pub message: String,
}

/// A message that the writer can send and the reader cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Witness {
    /// The message as JSON.
    pub json: String,
    /// Its bytes in lower-case hexadecimal; `null` for formats that are text.
    pub hex: Option<String>,
    /// What the reader said to it, or what it read instead.
    pub reader_error: String,
}

/// How the checker of a schema registry words a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeerFinding {
    /// `BACKWARD` or `FORWARD`.
    pub direction: String,
    /// `TYPE_MISMATCH`, `REQUIRED_ATTRIBUTE_ADDED`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Where, in its own notation.
    pub location: String,
    /// Its text; may be empty.
    pub message: String,
}

/// A pair of versions on which there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Undecided {
    /// The old version.
    pub version: i32,
    /// `BACKWARD` or `FORWARD`; `null` when the old version could not even be read.
    pub direction: Option<String>,
    /// Why.
    pub message: String,
}

/// Who can move first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deploy {
    /// `consumers-first`, `producers-first`, `either`, `no-safe-order` or `unknown`.
    pub order: String,
    /// The same for people.
    pub text: String,
}

/// Answer of `GET /eventpact/v1/subjects/{s}/versions/{a}/diff/{b}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffReport {
    /// The subject, qualified with its context unless that is the default one.
    pub subject: String,
    /// Whose verdict it is: `sound` or `confluent`.
    pub profile: String,
    /// The level that says which directions count.
    pub level: String,
    /// `unchanged`, `changed`, or `written in another format`.
    pub state: String,
    /// How a version number should change (semver.org): `none`, `patch`, `minor`, `major`.
    pub semver: String,
    /// The version before.
    pub old: DiffSide,
    /// The version after.
    pub new: DiffSide,
    /// The changes, in the order of the new text.
    pub changes: Vec<SchemaChange>,
    /// What could not be decided.
    pub unknown: Vec<String>,
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DiffSide {
    /// The version.
    pub version: i32,
    /// The schema id.
    pub id: u32,
    /// `AVRO`, `JSON`, `PROTOBUF`.
    pub format: String,
    /// The text that places are told in: as it is stored, or with `pretty=true` indented.
    pub text: String,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchemaChange {
    /// `removed`, `changed`, `added`.
    pub kind: String,
    /// Where, by names.
    pub path: Vec<String>,
    /// What: `field total`, `type of field total`.
    pub what: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
    /// Only people read it.
    pub metadata: bool,
    /// It breaks in a direction that the level asks for.
    pub breaks: bool,
    /// When the new version reads what the old one wrote: `safe`, `warning`, `breaks`.
    pub backward: String,
    /// When the old version reads what the new one writes: `safe`, `warning`, `breaks`.
    pub forward: String,
    /// What the rules say of it.
    pub effects: Vec<ChangeEffect>,
    /// The place in the old text.
    pub old: Option<Place>,
    /// The place in the new text.
    pub new: Option<Place>,
}

/// What a rule says of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeEffect {
    /// `BACKWARD` or `FORWARD`.
    pub direction: String,
    /// The rule.
    pub rule: String,
    /// `error`, `warning`, `info`.
    pub severity: String,
    /// Why.
    pub message: String,
    /// The level asks for this direction.
    pub counts: bool,
}
