//! A difference as Markdown, for a comment on a pull request.

use std::fmt::Write as _;

use eventpact_compat::diff::{Bump, Change};
use eventpact_compat::mode::Direction;
use eventpact_contract::diagnostic::Severity;
use eventpact_contract::diagnostic::markdown::{code, escape};
use eventpact_contract::source::Sources;

use super::report::{Compared, State, shown, sign, told};

/// Comments on GitHub hold 65,536 characters.
const MAX_BYTES: usize = 60_000;
/// The first line: by it a program finds the comment that it wrote before, and writes it anew.
const MARKER: &str = "<!-- eventpact-diff -->";

/// The hint for the version, then a table for each document.
pub(super) fn render(documents: &[Compared], sources: &Sources) -> String {
    let bump = documents.iter().map(Compared::bump).max().unwrap_or(Bump::None);
    let head = if bump == Bump::Major { "❌" } else { "✅" };
    let mut out = format!("{MARKER}\n### {head} Eventpact: {bump} change\n");
    if bump == Bump::None {
        out = format!("{MARKER}\n### ✅ Eventpact: no change\n");
    }
    let told = told(documents);
    let told: Vec<_> = told.iter().filter(|(_, document)| document.state != State::Same).collect();
    for (n, (name, document)) in told.iter().enumerate() {
        let head = format!("\n#### {}: {}\n\n", code(name), escape(&document.headline()));
        if out.len() + head.len() > MAX_BYTES {
            let _ =
                writeln!(out, "\n---\n**Cut here:** {} more documents do not fit. `eventpact diff` shows them.", told.len() - n);
            return out;
        }
        out.push_str(&head);
        if let Some(advice) = document.advice() {
            let _ = writeln!(out, "⚠️ {}\n", escape(&advice));
        }
        if !document.difference.changes.is_empty() {
            out.push_str("| | change | was | is | new reads old | old reads new |\n|---|---|---|---|---|---|\n");
        }
        for (n, change) in document.difference.changes.iter().enumerate() {
            let row = row(change, sources);
            if out.len() + row.len() > MAX_BYTES {
                let left = document.difference.changes.len() - n;
                let _ = writeln!(out, "\n---\n**Cut here:** {left} more changes do not fit. `eventpact diff` shows them.");
                return out;
            }
            out.push_str(&row);
        }
        for why in document.difference.unknown.iter().take(20) {
            let _ = writeln!(out, "\n❔ not decided: {}", escape(why));
        }
    }
    out
}

fn row(change: &Change, sources: &Sources) -> String {
    let path = shown(&change.path);
    let path = if path.is_empty() { path } else { format!(" in {}", code(&path)) };
    let at = change.new.or(change.old).map(|at| {
        let file = sources.file(at.file);
        format!(" ({})", code(&format!("{}:{}", file.name(), file.line_column(at.start))))
    });
    let value = |value: &Option<String>| value.as_deref().map(code).unwrap_or_default();
    let effect = |direction| match change.worst(direction) {
        _ if change.metadata => String::new(),
        Some(effect) if effect.severity == Severity::Error => format!("❌ {}", code(effect.rule)),
        Some(effect) if effect.severity == Severity::Warning => format!("⚠️ {}", code(effect.rule)),
        _ => "✅".to_owned(),
    };
    format!(
        "| {} | {}{path}{} | {} | {} | {} | {} |\n",
        code(&sign(change).to_string()),
        escape(&change.what),
        at.unwrap_or_default(),
        value(&change.before),
        value(&change.after),
        effect(Direction::Backward),
        effect(Direction::Forward),
    )
}
