//! Findings as SARIF 2.1.0, which code scanning services read.
//!
//! Addresses of files have no scheme: GitHub refuses a whole report in which one has. What is not in the working folder, such as
//! a baseline from git, is named in words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::clean::clean;
use super::project::{Project, end_of};
use super::{Diagnostic, Label, Severity, fingerprints};
use crate::source::Sources;

/// The schema that the report follows.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
const HOME: &str = "https://github.com/eventpact/eventpact";
/// Stands for the root of the project in addresses.
const ROOT: &str = "%SRCROOT%";

/// One run with the rules that have findings, their pages, and the findings.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, project: &Project<'_>) -> String {
    let mut rules: BTreeMap<&str, Severity> = BTreeMap::new();
    for found in diagnostics {
        let level = rules.entry(&found.id).or_insert(found.severity);
        *level = (*level).min(found.severity);
    }
    let described: Vec<Value> = rules.iter().map(|(id, worst)| rule(id, *worst, project)).collect();
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(n, id)| (*id, n)).collect();
    let fingerprints = fingerprints(diagnostics);
    let results: Vec<Value> = diagnostics
        .iter()
        .zip(fingerprints)
        .map(|(found, fingerprint)| result(found, index.get(found.id.as_str()).copied(), &fingerprint, sources, project))
        .collect();
    let report = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "eventpact",
                "informationUri": HOME,
                "semanticVersion": project.version,
                "rules": described,
            } },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { ROOT: { "description": { "text": "The root of the project." } } },
            "invocations": [{ "executionSuccessful": project.exit_code < 2, "exitCode": project.exit_code }],
            "results": results,
        }],
    });
    // A value of texts and numbers always prints.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn rule(id: &str, worst: Severity, project: &Project<'_>) -> Value {
    let Some(page) = (project.rule)(id) else {
        return json!({ "id": id, "defaultConfiguration": { "level": level(worst) } });
    };
    json!({
        "id": id,
        "shortDescription": { "text": page.summary },
        "fullDescription": { "text": page.summary },
        "help": { "text": page.page, "markdown": page.page },
        "defaultConfiguration": { "level": level(page.severity.unwrap_or(worst)) },
    })
}

fn result(found: &Diagnostic, rule: Option<usize>, fingerprint: &str, sources: &Sources, project: &Project<'_>) -> Value {
    let mut result = Map::new();
    let mut add = |key: &str, value: Value| {
        result.insert(key.to_owned(), value);
    };
    add("ruleId", json!(found.id));
    if let Some(rule) = rule {
        add("ruleIndex", json!(rule));
    }
    add("level", json!(level(found.severity)));
    add("message", json!({ "text": message(found, sources, project) }));
    let mut primary = location(&found.primary, sources, project);
    let subject = found.subject();
    if !subject.is_empty() {
        primary.insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": clean(&subject) }]));
    }
    add("locations", json!([primary]));
    if !found.related.is_empty() {
        let related = found.related.iter().enumerate().map(|(n, label)| {
            let mut place = location(label, sources, project);
            place.insert("id".to_owned(), json!(n + 1));
            Value::Object(place)
        });
        add("relatedLocations", Value::Array(related.collect()));
    }
    add("partialFingerprints", json!({ "eventpact/v1": fingerprint }));
    if let Some(accepted) = &found.accepted {
        let until = accepted.expires.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
        let justification = clean(&format!("{}{until}", accepted.reason));
        add("suppressions", json!([{ "kind": "external", "status": "accepted", "justification": justification }]));
    }
    let mut properties = Map::new();
    if let Some(help) = &found.help {
        properties.insert("help".to_owned(), json!(help));
    }
    if let Some(witness) = &found.witness {
        let witness = json!({ "json": &*witness.json, "hex": witness.hex.as_deref(), "reader_error": witness.reader_error });
        properties.insert("witness".to_owned(), witness);
    }
    if !properties.is_empty() {
        add("properties", Value::Object(properties));
    }
    Value::Object(result)
}

/// What is wrong, links to the other places, the proof and the remedy: viewers show no more than this text.
fn message(found: &Diagnostic, sources: &Sources, project: &Project<'_>) -> String {
    let mut text = plain(&found.message);
    for (n, label) in found.related.iter().enumerate() {
        let file = sources.file(label.span.file);
        let shown = project.file(file.name());
        let origin = shown.origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
        let place = format!("{}:{}{origin}", shown.path, file.line_column(label.span.start));
        let place = clean(&place).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
        let _ = write!(text, "\nSee [{place}]({}) {}", n + 1, plain(&label.text));
    }
    if let Some(witness) = &found.witness {
        let _ = write!(text, "\nWitness: {}\nReader: {}", plain(&witness.json), plain(&witness.reader_error));
    }
    if let Some(help) = &found.help {
        let _ = write!(text, "\nHelp: {}", plain(help));
    }
    text
}

/// Text in which nothing reads as a link of SARIF, `[…](…)`.
fn plain(text: &str) -> String {
    clean(text).replace("](", "] (")
}

fn location(label: &Label, sources: &Sources, project: &Project<'_>) -> Map<String, Value> {
    let file = sources.file(label.span.file);
    let shown = project.file(file.name());
    let mut artifact = Map::new();
    match shown.path.strip_prefix('/') {
        Some(path) => artifact.insert("uri".to_owned(), json!(format!("file:///{}", encode(path)))),
        None => {
            artifact.insert("uriBaseId".to_owned(), json!(ROOT));
            artifact.insert("uri".to_owned(), json!(encode(&shown.path)))
        }
    };
    if let Some(origin) = &shown.origin {
        artifact.insert("description".to_owned(), json!({ "text": format!("As it is in {}.", clean(origin)) }));
    }
    let start = file.utf16_line_column(label.span.start);
    let end = file.utf16_line_column(end_of(sources, label.span));
    let region = json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    });
    let mut location = Map::new();
    location.insert("physicalLocation".to_owned(), json!({ "artifactLocation": artifact, "region": region }));
    if !label.text.is_empty() {
        location.insert("message".to_owned(), json!({ "text": plain(&label.text) }));
    }
    location
}

/// A path as a relative URI.
fn encode(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
