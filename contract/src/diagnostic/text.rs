//! Findings for people, in the manner of rustc: what, where with the line itself, the other end, the proof, what to do.
//!
//! Source lines and messages are untrusted: control characters are shown as `�`, so no text can steer the terminal.

use std::fmt::Write;

use super::{Diagnostic, Label, Options, Severity, count};
use crate::source::{SourceFile, Sources};

/// The longest part of a source line that is shown, in characters.
const LINE_WIDTH: usize = 120;
/// The longest witness and message, in characters.
const TEXT_WIDTH: usize = 600;
/// How many other places are shown; further ones are counted.
const MAX_RELATED: usize = 5;
const TAB: &str = "    ";

/// One block for each finding, and one line that counts them.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>) -> String {
    let mut text = Text { out: String::new(), paint: Paint { on: options.color } };
    for found in diagnostics {
        text.finding(found, sources, options);
    }
    let style = if super::has_errors(diagnostics) { RED } else { GREEN };
    let verdict = text.paint.wrap(options.verdict, style);
    text.line(&format!("{verdict}: {}", summary(diagnostics)));
    text.out
}

/// `2 errors, 1 warning`, or `no findings`.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let kinds = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let parts: Vec<String> = kinds
        .iter()
        .filter_map(|(severity, word)| {
            let found = count(diagnostics, *severity);
            (found > 0).then(|| format!("{found} {word}{}", if found == 1 { "" } else { "s" }))
        })
        .collect();
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}

const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const GREEN: &str = "1;32";
const BLUE: &str = "1;34";
const BOLD: &str = "1";

struct Paint {
    on: bool,
}

impl Paint {
    fn wrap(&self, text: &str, style: &str) -> String {
        if self.on && !text.is_empty() { format!("\u{1b}[{style}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

struct Text {
    out: String,
    paint: Paint,
}

impl Text {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn finding(&mut self, found: &Diagnostic, sources: &Sources, options: &Options<'_>) {
        let style = match found.severity {
            Severity::Error => RED,
            Severity::Warning => YELLOW,
            Severity::Info => BLUE,
        };
        let head = self.paint.wrap(&format!("{}[{}]", found.severity.as_str(), found.id), style);
        let message = self.paint.wrap(&shorten(&clean(&found.message)), BOLD);
        self.line(&format!("{head}: {message}"));

        let related = found.related.get(..MAX_RELATED).unwrap_or(&found.related);
        let labels = std::iter::once(&found.primary).chain(related);
        let last_line = labels.map(|label| sources.line_column(label.span).line).max().unwrap_or(1);
        let width = last_line.to_string().len();
        self.label(&found.primary, sources, width, ("-->", '^', style));
        for label in related {
            self.label(label, sources, width, (":::", '-', BLUE));
        }
        let more = found.related.len() - related.len();
        if more > 0 {
            self.note(width, "note", &format!("… and {more} more places"));
        }
        if let Some(witness) = &found.witness {
            self.note(width, "witness", &witness.json);
            if let Some(hex) = &witness.hex {
                self.note(width, "bytes", hex);
            }
            self.note(width, "reader", &witness.reader_error);
        }
        if let Some(help) = &found.help {
            self.note(width, "help", help);
        }
        if (options.explained)(&found.id) {
            self.note(width, "explain", &format!("eventpact explain {}", found.id));
        }
        self.out.push('\n');
    }

    /// `= help: …`
    fn note(&mut self, width: usize, name: &str, text: &str) {
        let text = shorten(&clean(text)).replace('\n', &format!("\n{:1$}", "", width + 5 + name.len()));
        let sign = self.paint.wrap("=", BLUE);
        let name = self.paint.wrap(&format!("{name}:"), BOLD);
        self.line(&format!("{:width$} {sign} {name} {text}", ""));
    }

    /// The place, its line and the marks under it.
    fn label(&mut self, label: &Label, sources: &Sources, width: usize, (arrow, mark, style): (&str, char, &str)) {
        let file = sources.file(label.span.file);
        let at = file.line_column(label.span.start);
        let arrow = self.paint.wrap(arrow, BLUE);
        self.line(&format!("{:width$}{arrow} {}:{at}", "", clean(file.name())));
        let (shown, before, length) = excerpt(file, label);
        let bar = self.paint.wrap("|", BLUE);
        self.line(&format!("{:width$} {bar}", ""));
        let number = self.paint.wrap(&format!("{:width$}", at.line), BLUE);
        self.line(&format!("{number} {bar} {shown}"));
        let marks = self.paint.wrap(&mark.to_string().repeat(length), style);
        let words = self.paint.wrap(&clean(&label.text), style);
        self.line(&format!("{:width$} {bar} {:before$}{marks} {words}", "", ""));
    }
}

/// The line of a label as it is shown, how many columns lie in front of the marks, and how many marks there are.
fn excerpt(file: &SourceFile, label: &Label) -> (String, usize, usize) {
    let at = file.line_column(label.span.start);
    let line: Vec<char> = file.line(at.line).chars().collect();
    let start = (at.column - 1).min(line.len());
    let end = file.line_column(label.span.end.max(label.span.start));
    let end = if end.line == at.line { (end.column - 1).clamp(start, line.len()) } else { line.len() };
    // A line that is too long is shown round the place.
    let from = if start > LINE_WIDTH * 2 / 3 && line.len() > LINE_WIDTH { start - LINE_WIDTH / 3 } else { 0 };
    let to = line.len().min(from + LINE_WIDTH);
    let part = |from: usize, to: usize| -> String {
        line.get(from..to)
            .unwrap_or(&[])
            .iter()
            .map(|c| if *c == '\t' { TAB.to_owned() } else { clean_char(*c).to_string() })
            .collect()
    };
    let mut shown = part(from, to);
    let mut before = part(from, start).chars().count();
    let length = part(start, end.clamp(start, to.max(start))).trim_end().chars().count().max(1);
    if from > 0 {
        shown.insert(0, '…');
        before += 1;
    }
    if to < line.len() {
        shown.push('…');
    }
    (shown, before, length)
}

fn clean_char(c: char) -> char {
    // Marks of direction can make a line read as another.
    let steers = c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if steers { '\u{fffd}' } else { c }
}

/// Line breaks stay, a tab becomes a space, all other control characters are shown as `�`.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '\n',
            '\t' => ' ',
            c => clean_char(c),
        })
        .collect()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(TEXT_WIDTH) {
        Some((cut, _)) => {
            let mut short = text.get(..cut).unwrap_or(text).to_owned();
            let _ = write!(short, "… ({} characters in all)", text.chars().count());
            short
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn hostile_text_stays_harmless() {
        let mut sources = Sources::new();
        let long = format!("{}\u{1b}[2Jkey\t: x{}", "ä".repeat(500), "b".repeat(500));
        let file = sources.add("a\u{1b}.yaml", long.clone());
        let start = long.find("key").unwrap();
        let found = Diagnostic::error("x/y", Span::new(file, start, start + 3), "bad \u{1b}[31m\u{202e}text").with_label("here");
        let options = Options { verdict: "invalid", color: false, explained: |_| false };
        let text = render(&[found], &sources, &options);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        let marked: Vec<&str> = text.lines().filter(|l| l.contains('|')).collect();
        let column = marked[2].chars().position(|c| c == '^').unwrap();
        let shown: String = marked[1].chars().skip(column).take(3).collect();
        assert_eq!(shown, "key");
        assert!(marked[1].chars().count() < 150);
    }
}
