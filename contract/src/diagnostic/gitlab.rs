//! Findings as a Code Quality report of GitLab: a list that merge requests show.

use serde_json::{Value, json};

use super::clean::{clean_line, shorten};
use super::project::Project;
use super::{Diagnostic, Severity, fingerprints};
use crate::source::Sources;

/// The longest description, in characters.
const TEXT_WIDTH: usize = 1000;

/// `[{"description", "check_name", "fingerprint", "severity", "location": {"path", "lines": {"begin", "end"}}}]`. Paths start at
/// the root of the project, and no fingerprint is there twice: GitLab shows only the first of equal ones.
/// What is accepted is left out.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, project: &Project<'_>) -> String {
    let fingerprints = fingerprints(diagnostics);
    let report: Vec<Value> = diagnostics
        .iter()
        .zip(fingerprints)
        .filter(|(found, _)| found.accepted.is_none())
        .map(|(found, fingerprint)| {
            let (start, end) = Project::range(sources, found.primary.span);
            json!({
                "description": description(found),
                "check_name": found.id,
                "fingerprint": fingerprint,
                "severity": severity(found.severity),
                "location": {
                    "path": project.file(sources.file(found.primary.span.file).name()).path,
                    "lines": { "begin": start.line, "end": end.line },
                },
            })
        })
        .collect();
    // A value of texts and numbers always prints.
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

/// GitLab shows the description only, so the rule and the remedy stand in it.
fn description(found: &Diagnostic) -> String {
    let help = found.help.as_ref().map(|help| format!(" (help: {help})")).unwrap_or_default();
    shorten(&clean_line(&format!("{}: {}{help}", found.id, found.message)), TEXT_WIDTH)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
        Severity::Info => "info",
    }
}
