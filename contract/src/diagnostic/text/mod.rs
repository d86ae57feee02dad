//! Findings for people, in the manner of rustc: what, where with the line itself, the other end, the proof, what to do.
//!
//! Source lines and messages are untrusted: control characters are shown as pictures, so no text can steer the terminal.

mod excerpt;

use std::collections::BTreeMap;

use super::clean::{clean, clean_line, shorten};
use super::{Diagnostic, Label, Options, Severity, summary};
use crate::source::Sources;
use excerpt::Row;

/// The longest witness and message, in characters.
const TEXT_WIDTH: usize = 600;
/// How many other places are shown; further ones are counted.
const MAX_RELATED: usize = 5;

/// With more findings than this, those of one rule are cut and counted.
const MANY: usize = 1000;
/// How many accepted findings are listed; further ones are counted.
const MAX_ACCEPTED: usize = 20;
/// How many findings of one rule are shown then.
const OF_ONE_RULE: usize = 10;

/// One block for each finding, and one line that counts them.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>) -> String {
    render_with_count(diagnostics, sources, options, 0)
}

/// The same, and the last line also says in how many documents; 0 leaves that out. Of more than a thousand findings, the first
/// ten of each rule are shown and the others counted. What is accepted has one line each.
pub fn render_with_count(diagnostics: &[Diagnostic], sources: &Sources, options: &Options<'_>, documents: usize) -> String {
    let mut text = Text { out: String::new(), paint: Paint { on: options.color } };
    let mut of_rule: BTreeMap<(&str, Severity), usize> = BTreeMap::new();
    for found in diagnostics.iter().filter(|found| found.accepted.is_none()) {
        let seen = of_rule.entry((&found.id, found.severity)).or_default();
        *seen += 1;
        if diagnostics.len() <= MANY || *seen <= OF_ONE_RULE {
            text.finding(found, sources, options);
        }
    }
    if diagnostics.len() > MANY {
        for ((id, severity), seen) in of_rule.iter().filter(|(_, seen)| **seen > OF_ONE_RULE) {
            text.line(&format!("… and {} more of {}[{id}]", seen - OF_ONE_RULE, severity.as_str()));
        }
        text.line("(all of them: --format json)\n");
    }
    text.accepted(diagnostics, sources);
    let style = if super::has_errors(diagnostics) { RED } else { GREEN };
    let verdict = text.paint.wrap(options.verdict, style);
    let count = match documents {
        0 => String::new(),
        1 => " in 1 document".to_owned(),
        n => format!(" in {n} documents"),
    };
    text.line(&format!("{verdict}: {}{count}", summary(diagnostics)));
    text.out
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
        self.out.push_str(line.trim_end_matches(' '));
        self.out.push('\n');
    }

    fn finding(&mut self, found: &Diagnostic, sources: &Sources, options: &Options<'_>) {
        let style = match found.severity {
            Severity::Error => RED,
            Severity::Warning => YELLOW,
            Severity::Info => BLUE,
        };
        let head = self.paint.wrap(&format!("{}[{}]", found.severity.as_str(), found.id), style);
        let message = self.paint.wrap(&shorten(&clean_line(&found.message), TEXT_WIDTH), BOLD);
        self.line(&format!("{head}: {message}"));

        let related = found.related.get(..MAX_RELATED).unwrap_or(&found.related);
        let labels = std::iter::once(&found.primary).chain(related);
        let last_line = labels.map(|label| excerpt::last_line(sources.file(label.span.file), label.span)).max().unwrap_or(1);
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
        if let Some(affected) = super::affected(found) {
            self.note(width, "affects", &affected);
        }
        if let Some(help) = &found.help {
            self.note(width, "help", help);
        }
        if (options.explained)(&found.id) {
            self.note(width, "explain", &format!("eventpact explain {}", found.id));
        }
        self.out.push('\n');
    }

    /// One line for each finding that is accepted.
    fn accepted(&mut self, diagnostics: &[Diagnostic], sources: &Sources) {
        let accepted: Vec<_> = diagnostics.iter().filter_map(|found| Some((found, found.accepted.as_ref()?))).collect();
        for (found, accepted) in accepted.iter().take(MAX_ACCEPTED) {
            let file = sources.file(found.primary.span.file);
            let place = format!("{}:{}", file.name(), file.line_column(found.primary.span.start));
            let until = accepted.expires.as_ref().map(|day| format!(" (until {day})")).unwrap_or_default();
            let head = self.paint.wrap(&format!("accepted[{}]", found.id), BLUE);
            let words = shorten(&clean_line(&format!("{place}: {}{until}", accepted.reason)), TEXT_WIDTH);
            self.line(&format!("{head}: {words}"));
        }
        if accepted.len() > MAX_ACCEPTED {
            self.line(&format!("… and {} more accepted findings", accepted.len() - MAX_ACCEPTED));
        }
        if !accepted.is_empty() {
            self.out.push('\n');
        }
    }

    /// `= help: …`
    fn note(&mut self, width: usize, name: &str, text: &str) {
        // The bar keeps the start of a line ours: no text can pass as a command to a CI system that reads the log.
        let text = shorten(&clean(text), TEXT_WIDTH).replace('\n', &format!("\n{:1$}| ", "", width + 3 + name.len()));
        let sign = self.paint.wrap("=", BLUE);
        let name = self.paint.wrap(&format!("{name}:"), BOLD);
        self.line(&format!("{:width$} {sign} {name} {text}", ""));
    }

    /// The place, its lines and the marks at them.
    fn label(&mut self, label: &Label, sources: &Sources, width: usize, (arrow, mark, style): (&str, char, &str)) {
        let file = sources.file(label.span.file);
        let at = file.line_column(label.span.start);
        let arrow = self.paint.wrap(arrow, BLUE);
        self.line(&format!("{:width$}{arrow} {}:{at}", "", clean_line(file.name())));
        let bar = self.paint.wrap("|", BLUE);
        self.line(&format!("{:width$} {bar}", ""));
        for row in excerpt::rows(file, label.span, mark) {
            match row {
                Row::Source(number, bracket, text) => {
                    let number = self.paint.wrap(&format!("{number:width$}"), BLUE);
                    let bracket = self.paint.wrap(bracket, style);
                    self.line(&format!("{number} {bar} {bracket}{text}"));
                }
                Row::Open(marks) => {
                    let marks = self.paint.wrap(&marks, style);
                    self.line(&format!("{:width$} {bar} {marks}", ""));
                }
                Row::Marks(before, marks) => {
                    let marks = self.paint.wrap(&format!("{before}{marks}"), style);
                    let words = self.paint.wrap(&shorten(&clean_line(&label.text), TEXT_WIDTH), style);
                    self.line(&format!("{:width$} {bar} {marks} {words}", ""));
                }
                Row::Gap => self.line("..."),
            }
        }
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
