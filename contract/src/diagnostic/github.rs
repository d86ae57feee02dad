//! Findings as workflow commands of GitHub Actions: each one becomes an annotation at its line.
//!
//! GitHub shows ten errors and ten warnings of a step, so the worst come first.

use std::fmt::Write as _;

use super::clean::{clean, clean_line, shorten};
use super::project::Project;
use super::{Diagnostic, Severity};
use crate::source::Sources;

/// The longest message, in characters.
const TEXT_WIDTH: usize = 2000;

/// One line `::error file=…,line=…,endLine=…,col=…,endColumn=…,title=…::message` for each finding that is not
/// accepted.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, project: &Project<'_>) -> String {
    let mut order: Vec<&Diagnostic> = diagnostics.iter().filter(|found| found.accepted.is_none()).collect();
    order.sort_by_key(|found| found.severity);
    order.into_iter().map(|found| command(found, sources, project)).collect()
}

fn command(found: &Diagnostic, sources: &Sources, project: &Project<'_>) -> String {
    let word = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let span = found.primary.span;
    let file = project.file(sources.file(span.file).name());
    let (start, end) = Project::range(sources, span);
    let mut properties = format!("file={},line={}", property(&file.path), start.line);
    // GitHub takes columns only when the range is within one line.
    if end.line == start.line {
        let _ = write!(properties, ",endLine={},col={},endColumn={}", end.line, start.column, end.column);
    } else {
        let _ = write!(properties, ",endLine={}", end.line);
    }
    format!(
        "::{word} {properties},title={}::{}\n",
        property(&found.id),
        data(&message(found, file.origin.as_deref(), sources, project))
    )
}

fn message(found: &Diagnostic, origin: Option<&str>, sources: &Sources, project: &Project<'_>) -> String {
    let mut text = found.message.clone();
    if let Some(origin) = origin {
        let _ = write!(text, "\nin: {origin}");
    }
    for label in &found.related {
        let file = sources.file(label.span.file);
        let shown = project.file(file.name());
        let origin = shown.origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
        let at = file.line_column(label.span.start);
        let _ = write!(text, "\nsee: {}:{at}{origin} {}", shown.path, label.text);
    }
    if let Some(witness) = &found.witness {
        let _ = write!(text, "\nwitness: {}\nreader: {}", witness.json, witness.reader_error);
    }
    if let Some(help) = &found.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    shorten(&clean(&text), TEXT_WIDTH)
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(&clean_line(text)).replace(':', "%3A").replace(',', "%2C")
}
