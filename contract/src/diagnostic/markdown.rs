//! Findings as Markdown, for a comment on a pull request or the summary of a job: the verdict, a table, and behind it the details.
//!
//! Everything from the input is escaped: it makes no link, no image, no mention and no row of its own.

use std::fmt::Write as _;

use super::clean::{clean, clean_line, shorten};
use super::project::Project;
use super::{Diagnostic, Label, Options, Severity, fingerprints, summary};
use crate::source::Sources;

/// Comments on GitHub hold 65,536 characters; what does not fit is counted.
const MAX_BYTES: usize = 60_000;
/// The longest cell and the longest block of code, in characters.
const CELL: usize = 400;
const CODE: usize = 2000;
/// How many accepted findings are listed.
const MAX_ACCEPTED: usize = 50;
/// The first line: by it a program finds the comment that it wrote before, and writes it anew.
const MARKER: &str = "<!-- eventpact -->";

/// A heading with the verdict, a table of all findings with what to do, the worst first, and a section to unfold for each that
/// has more to say. What is accepted stands in one section at the end.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>, project: &Project<'_>) -> String {
    let sign = if super::has_errors(diagnostics) { "❌" } else { "✅" };
    let mut out = format!("{MARKER}\n### {sign} Eventpact: {}\n\n{}\n", escape(options.verdict), summary(diagnostics));
    let all = diagnostics.iter().zip(fingerprints(diagnostics));
    let (accepted, mut open): (Vec<_>, Vec<_>) = all.partition(|(found, _)| found.accepted.is_some());
    open.sort_by_key(|(found, _)| found.severity);
    if !open.is_empty() {
        table(&mut out, &open, sources, project);
    }
    open.retain(|(found, _)| !found.related.is_empty() || found.witness.is_some() || found.help.is_some());
    for (n, (found, fingerprint)) in open.iter().enumerate() {
        let section = details(found, fingerprint, sources, project);
        if out.len() + section.len() > MAX_BYTES {
            let left = open.len() - n;
            let _ =
                writeln!(out, "\n---\n**Cut here:** the details of {left} more findings do not fit. `--format text` shows them.");
            break;
        }
        out.push_str(&section);
    }
    if !accepted.is_empty() {
        let section = accepted_section(&accepted, sources, project);
        if out.len() + section.len() <= MAX_BYTES {
            out.push_str(&section);
        }
    }
    out
}

fn table(out: &mut String, open: &[(&Diagnostic, String)], sources: &Sources, project: &Project<'_>) {
    out.push_str("\n| | rule | place | finding | what to do |\n|---|---|---|---|---|\n");
    let mut rows = 0;
    for (found, _) in open {
        let row = format!(
            "| {} | {} | {} | {} | {} |\n",
            sign_of(found.severity),
            code(&found.id),
            code(&place(&found.primary, sources, project)),
            words(&found.message),
            words(found.help.as_deref().unwrap_or("")),
        );
        if out.len() + row.len() > MAX_BYTES / 2 {
            break;
        }
        out.push_str(&row);
        rows += 1;
    }
    if rows < open.len() {
        let left = open.len() - rows;
        let _ = writeln!(out, "\n**Cut here:** {left} more findings do not fit in this table. `--format text` shows them.");
    }
}

/// What the team lives with, and why.
fn accepted_section(accepted: &[(&Diagnostic, String)], sources: &Sources, project: &Project<'_>) -> String {
    let count = accepted.len();
    let mut out = format!("\n<details><summary>{count} accepted finding{}</summary>\n\n", if count == 1 { "" } else { "s" });
    for (found, _) in accepted.iter().take(MAX_ACCEPTED) {
        let Some(why) = &found.accepted else { continue };
        let until = why.expires.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
        let place = code(&place(&found.primary, sources, project));
        let _ = writeln!(out, "- {} {place}: {}{}", code(&found.id), words(&why.reason), escape(&until));
    }
    if count > MAX_ACCEPTED {
        let _ = writeln!(out, "- … and {} more", count - MAX_ACCEPTED);
    }
    out.push_str("\n</details>\n");
    out
}

fn sign_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Info => "ℹ️",
    }
}

fn place(label: &Label, sources: &Sources, project: &Project<'_>) -> String {
    let file = sources.file(label.span.file);
    let shown = project.file(file.name());
    let origin = shown.origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
    format!("{}:{}{origin}", shown.path, file.line_column(label.span.start))
}

fn details(found: &Diagnostic, fingerprint: &str, sources: &Sources, project: &Project<'_>) -> String {
    let mut out = String::new();
    let (sign, id) = (sign_of(found.severity), code(&found.id));
    let _ = writeln!(out, "\n<details><summary>{sign} {id}: {}</summary>\n", words(&found.message));
    for (word, label) in std::iter::once(("at", &found.primary)).chain(found.related.iter().map(|label| ("see", label))) {
        let line = format!("- {word} {} {}", code(&place(label, sources, project)), words(&label.text));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if let Some(witness) = &found.witness {
        let _ = writeln!(out, "\nA message that proves it:\n\n{}", code_block(&witness.json, "json"));
        if let Some(hex) = &witness.hex {
            let _ = writeln!(out, "\nAs bytes:\n\n{}", code_block(hex, "text"));
        }
        let _ = writeln!(out, "\nThe reader says:\n\n{}", code_block(&witness.reader_error, "text"));
    }
    if let Some(affected) = super::affected(found) {
        let _ = writeln!(out, "\n**Affects:** {}", words(&affected));
    }
    if let Some(help) = &found.help {
        let _ = writeln!(out, "\n**What to do:** {}", words(help));
    }
    if (project.rule)(&found.id).is_some() {
        let _ = writeln!(out, "\n{} tells more.", code(&format!("eventpact explain {}", found.id)));
    }
    let _ = writeln!(out, "\nFingerprint: {}", code(fingerprint));
    out.push_str("\n</details>\n");
    out
}

/// Words of a finding: what stands between two backticks is code.
pub fn words(text: &str) -> String {
    let text = shorten(&clean_line(text), CELL);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escape(&text);
    }
    let code = |(n, part): (usize, &&str)| {
        if n % 2 == 1 && !part.is_empty() { format!("<code>{}</code>", escape(part)) } else { escape(part) }
    };
    parts.iter().enumerate().map(code).collect()
}

/// Text that reads as it is: what Markdown or HTML would understand is written as an entity, and what makes GitHub link
/// (`@name`, `#12`, `https://`, `www.`) is broken by a character without width.
pub fn escape(text: &str) -> String {
    let text = clean_line(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '@' | '#' => {
                let _ = write!(out, "&#{};&#8203;", u32::from(c));
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '!' | '$' | '"' => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.replace("://", ":&#8203;//").replace("www.", "www&#8203;.")
}

/// Code within a line or a cell of a table; a long text is cut.
pub fn code(text: &str) -> String {
    // Within a table, a bar ends the cell even in code; HTML says what Markdown cannot.
    format!("<code>{}</code>", escape(&shorten(&clean_line(text), CELL)))
}

/// A fenced block whose fence is longer than any within it.
fn code_block(text: &str, language: &str) -> String {
    let text = shorten(&clean(text), CODE);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}
