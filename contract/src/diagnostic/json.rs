//! Findings as one JSON object, for programs. The shape is a promise: fields are added, never renamed.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::group::Group;
use super::project::Project;
use super::{Diagnostic, Options, fingerprints};
use crate::source::{Sources, Span};

/// The most names of a group: each is in a finding of its own too.
const MAX_NAMES: usize = 100;

/// `{"verdict", "findings": [{"rule", "severity", "message", "file", "line", "column",
/// "end_line", "end_column", "path": ["channels", "orders"] | null, "pointer": "/channels/orders" | null, "related": [{"file", "line", "column",
/// "message"}], "help", "witness": {"json", "hex", "reader_error"} | null, "fingerprint"}]}`, indented, with a line break at
/// the end. Where the checker of a schema registry has words for the same, there is also `"peers": [{"direction", "type", "location",
/// "message"}]`; where it is known what it breaks, `"affects": ["orders.avsc"]`; a finding that is accepted also has `"accepted": true,
/// "reason", "expires": "2026-12-31" | null`; where profiles differ, `"profiles": {"sound": "incompatible", …}`. Lines and columns
/// count from 1, columns in characters; the end is behind the last one; `message` of the labels is what stands there. Beside the
/// findings, `"groups": [{"rule", "severity", "message", "count", "names"}]` counts those with one cause (a folder that went away
/// with all its files), if there are any.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>) -> String {
    render_with(diagnostics, sources, options, &Map::new())
}

/// The same, with further fields behind `findings`.
pub fn render_with(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>, further: &Map<String, Value>) -> String {
    let findings = diagnostics.iter().zip(fingerprints(diagnostics));
    let report = Report {
        verdict: options.verdict,
        findings: findings.map(|(found, fingerprint)| Finding::new(found, fingerprint, sources)).collect(),
        groups: super::group::groups(diagnostics).iter().map(Group::to_json).collect(),
        further,
    };
    // Texts and numbers always print.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: &'a str,
    findings: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    groups: Vec<Value>,
    #[serde(flatten)]
    further: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Finding<'a> {
    rule: &'a str,
    severity: &'a str,
    message: &'a str,
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    path: Option<&'a [String]>,
    pointer: Option<String>,
    related: Vec<Value>,
    help: Option<&'a str>,
    witness: Option<Value>,
    fingerprint: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    affects: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    peers: Vec<Value>,
    #[serde(flatten)]
    accepted: Option<LivedWith<'a>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    profiles: Map<String, Value>,
}

#[derive(Serialize)]
struct LivedWith<'a> {
    accepted: bool,
    reason: &'a str,
    expires: Option<&'a str>,
}

impl<'a> Finding<'a> {
    fn new(found: &'a Diagnostic, fingerprint: String, sources: &'a Sources) -> Self {
        let (file, line, column) = place(found.primary.span, sources);
        let (_, end) = Project::range(sources, found.primary.span);
        let related = found.related.iter().map(|label| {
            let (file, line, column) = place(label.span, sources);
            json!({ "file": file, "line": line, "column": column, "message": label.text })
        });
        let witness = found.witness.as_ref().map(
            |witness| json!({ "json": &*witness.json, "hex": witness.hex.as_deref(), "reader_error": witness.reader_error }),
        );
        let peers = found.peers.iter().map(
            |peer| json!({ "direction": peer.direction, "type": peer.kind, "location": peer.location, "message": peer.detail }),
        );
        let accepted = found.accepted.as_ref();
        Self {
            rule: &found.id,
            severity: found.severity.as_str(),
            message: &found.message,
            file,
            line,
            column,
            end_line: end.line,
            end_column: end.column,
            path: found.path.as_deref(),
            pointer: found.pointer(),
            related: related.collect(),
            help: found.help.as_deref(),
            witness,
            fingerprint,
            affects: &found.affects,
            peers: peers.collect(),
            accepted: accepted.map(|a| LivedWith { accepted: true, reason: &a.reason, expires: a.expires.as_deref() }),
            profiles: found.profiles.iter().map(|(profile, verdict)| (profile.clone(), json!(verdict))).collect(),
        }
    }
}

impl Group<'_> {
    fn to_json(&self) -> Value {
        json!({
            "rule": self.first.id,
            "severity": self.first.severity.as_str(),
            "message": self.message(),
            "count": self.names.len(),
            "names": self.names.iter().take(MAX_NAMES).collect::<Vec<_>>(),
        })
    }
}

fn place(span: Span, sources: &Sources) -> (&str, usize, usize) {
    let at = sources.line_column(span);
    (sources.file(span.file).name(), at.line, at.column)
}
