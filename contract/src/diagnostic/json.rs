//! Findings as one JSON object, for programs. The shape is a promise: fields are added, never renamed.

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
    let findings: Vec<Value> = findings.map(|(found, fingerprint)| finding(found, &fingerprint, sources)).collect();
    let mut report = json!({ "verdict": options.verdict, "findings": findings });
    let groups: Vec<Value> = super::group::groups(diagnostics).iter().map(Group::to_json).collect();
    if !groups.is_empty() {
        report["groups"] = groups.into();
    }
    for (field, value) in further {
        report[field] = value.clone();
    }
    // A value of texts and numbers always prints.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn finding(found: &Diagnostic, fingerprint: &str, sources: &Sources) -> Value {
    let (file, line, column) = place(found.primary.span, sources);
    let (_, end) = Project::range(sources, found.primary.span);
    let related: Vec<Value> = found
        .related
        .iter()
        .map(|label| {
            let (file, line, column) = place(label.span, sources);
            json!({ "file": file, "line": line, "column": column, "message": label.text })
        })
        .collect();
    let witness = found
        .witness
        .as_ref()
        .map(|witness| json!({ "json": &*witness.json, "hex": witness.hex.as_deref(), "reader_error": witness.reader_error }));
    let mut finding = json!({
        "rule": found.id,
        "severity": found.severity.as_str(),
        "message": found.message,
        "file": file,
        "line": line,
        "column": column,
        "end_line": end.line,
        "end_column": end.column,
        "path": found.path,
        "pointer": found.pointer(),
        "related": related,
        "help": found.help,
        "witness": witness,
        "fingerprint": fingerprint,
    });
    if !found.affects.is_empty() {
        finding["affects"] = found.affects.clone().into();
    }
    let peers = found
        .peers
        .iter()
        .map(|peer| json!({ "direction": peer.direction, "type": peer.kind, "location": peer.location, "message": peer.detail }));
    let peers: Vec<Value> = peers.collect();
    if !peers.is_empty() {
        finding["peers"] = Value::Array(peers);
    }
    if let Some(accepted) = &found.accepted {
        finding["accepted"] = json!(true);
        finding["reason"] = json!(accepted.reason);
        finding["expires"] = json!(accepted.expires);
    }
    if !found.profiles.is_empty() {
        finding["profiles"] = found.profiles.iter().map(|(profile, verdict)| (profile.clone(), json!(verdict))).collect();
    }
    finding
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
