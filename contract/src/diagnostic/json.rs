//! Findings as one JSON object, for programs. The shape is a promise: fields are added, never renamed.

use serde_json::{Map, Value, json};

use super::project::Project;
use super::{Diagnostic, Options, fingerprints};
use crate::source::{Sources, Span};

/// `{"verdict", "findings": [{"rule", "severity", "message", "file", "line", "column",
/// "end_line", "end_column", "path": ["channels", "orders"] | null, "pointer": "/channels/orders" | null, "related": [{"file", "line", "column",
/// "message"}], "help", "witness": {"json", "hex", "reader_error"} | null, "fingerprint"}]}`, indented, with a line break at
/// the end. Where the checker of a schema registry has words for the same, there is also `"peers": [{"direction", "type", "location",
/// "message"}]`; a finding that is accepted also has `"accepted": true, "reason", "expires": "2026-12-31" | null`; where profiles
/// differ, `"profiles": {"sound": "incompatible", …}`. Lines and columns count from 1, columns in characters; the end is behind the last one; `message` of the labels is what stands there.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>) -> String {
    render_with(diagnostics, sources, options, &Map::new())
}

/// The same, with further fields behind `findings`.
pub fn render_with(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>, further: &Map<String, Value>) -> String {
    let findings = diagnostics.iter().zip(fingerprints(diagnostics));
    let findings: Vec<Value> = findings.map(|(found, fingerprint)| finding(found, &fingerprint, sources)).collect();
    let mut report = json!({ "verdict": options.verdict, "findings": findings });
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
        .map(|witness| json!({ "json": witness.json, "hex": witness.hex, "reader_error": witness.reader_error }));
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

fn place(span: Span, sources: &Sources) -> (&str, usize, usize) {
    let at = sources.line_column(span);
    (sources.file(span.file).name(), at.line, at.column)
}
