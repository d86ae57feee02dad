//! Findings as JUnit XML: one suite for each document, one case for each finding, one that passes for a document without any.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::clean::{clean_line, shorten};
use super::project::Project;
use super::{Diagnostic, Label};
use crate::source::Sources;

/// The longest name and message, in characters.
const TEXT_WIDTH: usize = 300;

/// The report. What makes the run fail is a `failure`; what is accepted is `skipped` with the reason; other
/// findings are cases that pass, with their text as output.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, project: &Project<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<&Diagnostic>> = BTreeMap::new();
    for document in project.documents {
        suites.entry(project.file(document).path).or_default();
    }
    for found in diagnostics {
        let file = project.file(sources.file(found.primary.span.file).name());
        suites.entry(file.path).or_default().push(found);
    }
    let failures = diagnostics.iter().filter(|found| fails(found, project)).count();
    let passed = suites.values().filter(|found| found.is_empty()).count();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"eventpact\" tests=\"{}\" failures=\"{failures}\" \
         errors=\"0\">\n",
        diagnostics.len() + passed,
    );
    for (file, found) in &suites {
        suite(&mut out, file, found, sources, project);
    }
    out.push_str("</testsuites>\n");
    out
}

fn fails(found: &Diagnostic, project: &Project<'_>) -> bool {
    found.severity <= project.fails && found.accepted.is_none()
}

fn suite(out: &mut String, file: &str, found: &[&Diagnostic], sources: &Sources, project: &Project<'_>) {
    let failures = found.iter().filter(|found| fails(found, project)).count();
    let name = escape(&clean_line(file));
    let tests = found.len().max(1);
    let skipped = found.iter().filter(|found| found.accepted.is_some()).count();
    let _ = writeln!(
        out,
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" file=\"{name}\">"
    );
    if found.is_empty() {
        let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"no findings\"/>");
    }
    for found in found {
        // No line numbers in a name: CI systems follow a case by it from run to run.
        let title = escape(&shorten(&clean_line(&format!("{}: {}", found.id, found.message)), TEXT_WIDTH));
        let text = escape(&details(found, sources, project));
        let _ = writeln!(out, "    <testcase classname=\"{name}\" name=\"{title}\">");
        if fails(found, project) {
            let message = escape(&shorten(&clean_line(&found.message), TEXT_WIDTH));
            let _ = writeln!(out, "      <failure type=\"{}\" message=\"{message}\">{text}</failure>", escape(&found.id));
        } else if let Some(accepted) = &found.accepted {
            let reason = escape(&shorten(&clean_line(&format!("accepted: {}", accepted.reason)), TEXT_WIDTH));
            let _ = writeln!(out, "      <skipped message=\"{reason}\"/>\n      <system-out>{text}</system-out>");
        } else {
            let _ = writeln!(out, "      <system-out>{text}</system-out>");
        }
        let _ = writeln!(out, "    </testcase>");
    }
    let _ = writeln!(out, "  </testsuite>");
}

/// The places, the proof and the remedy, each on a line of its own.
fn details(found: &Diagnostic, sources: &Sources, project: &Project<'_>) -> String {
    let place = |label: &Label| {
        let file = sources.file(label.span.file);
        let shown = project.file(file.name());
        let origin = shown.origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
        clean_line(format!("{}:{}{origin} {}", shown.path, file.line_column(label.span.start), label.text).trim_end())
    };
    let mut text = format!("{}: {}\nat {}", found.severity.as_str(), clean_line(&found.message), place(&found.primary));
    for label in &found.related {
        let _ = write!(text, "\nsee {}", place(label));
    }
    if let Some(witness) = &found.witness {
        let _ = write!(text, "\nwitness: {}", clean_line(&witness.json));
        if let Some(hex) = &witness.hex {
            let _ = write!(text, "\nbytes: {}", clean_line(hex));
        }
        let _ = write!(text, "\nreader: {}", clean_line(&witness.reader_error));
    }
    if let Some(help) = &found.help {
        let _ = write!(text, "\nhelp: {}", clean_line(help));
    }
    text
}

/// Text for an attribute or an element. Characters that XML cannot hold become `�`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
