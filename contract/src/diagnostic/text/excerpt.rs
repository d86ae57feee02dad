//! The source lines of a label: one line with marks under its words, or the lines of a longer range with a bracket at the left.
//!
//! Columns are those of a terminal: a tab is four, a wide character two, a combining mark none. A line that is too long is cut
//! round the place, without looking at the rest of it more than once.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::diagnostic::clean::clean_char;
use crate::source::{SourceFile, Span};

/// The longest part of a source line that is shown, in characters.
const LINE_WIDTH: usize = 120;
const TAB: &str = "    ";
/// Of a range of more lines than this, the first two and the last one are shown.
const MAX_LINES: usize = 5;

/// One row of an excerpt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// A source line: its number, the bracket at its left, its text.
    Source(usize, &'static str, String),
    /// The marks under a line: what stands in front of them, and they themselves; the words of the label come behind.
    Marks(String, String),
    /// Marks that only open a bracket.
    Open(String),
    /// Lines that are left out.
    Gap,
}

/// The rows that show a span, drawn with `mark`.
pub(super) fn rows(file: &SourceFile, span: Span, mark: char) -> Vec<Row> {
    let start = file.line_column(span.start);
    let end = last_of(file, span);
    if end.line <= start.line {
        return one_line(file, start.line, start.column, end.column, mark);
    }
    let mut rows = Vec::new();
    let first = file.line(start.line);
    let blank = first.chars().take(start.column - 1).all(char::is_whitespace);
    let first = window(first, start.column - 1, start.column);
    if blank {
        rows.push(Row::Source(start.line, "/ ", first.text));
    } else {
        rows.push(Row::Source(start.line, "  ", first.text));
        rows.push(Row::Open(format!(" {}{mark}", "_".repeat(first.before + 1))));
    }
    let all = end.line - start.line < MAX_LINES;
    for number in start.line + 1..end.line {
        if all || number == start.line + 1 {
            rows.push(Row::Source(number, "| ", window(file.line(number), 0, 0).text));
        } else {
            rows.push(Row::Gap);
            break;
        }
    }
    let last = window(file.line(end.line), end.column - 1, end.column);
    rows.push(Row::Source(end.line, "| ", last.text));
    rows.push(Row::Marks("|".to_owned(), format!("{}{mark}", "_".repeat(last.before + 1))));
    rows
}

fn one_line(file: &SourceFile, number: usize, start: usize, end: usize, mark: char) -> Vec<Row> {
    let shown = window(file.line(number), start - 1, end);
    let (before, length) = (shown.before, shown.length.max(1));
    vec![Row::Source(number, "", shown.text), Row::Marks(" ".repeat(before), mark.to_string().repeat(length))]
}

/// The last line that a span reaches.
pub(super) fn last_line(file: &SourceFile, span: Span) -> usize {
    last_of(file, span).line
}

/// Where the last character of a span is that is no white space; the start for an empty span.
fn last_of(file: &SourceFile, span: Span) -> crate::source::LineColumn {
    let text = file.text().get(span.start as usize..span.end.max(span.start) as usize).unwrap_or("");
    let trimmed = text.trim_end();
    let last = trimmed.char_indices().next_back().map_or(0, |(at, _)| at);
    file.line_column(span.start + u32::try_from(last).unwrap_or(0))
}

struct Window {
    /// The part of the line that is shown.
    text: String,
    /// Columns in front of the place.
    before: usize,
    /// Columns of the place.
    length: usize,
}

/// The part of a line round the characters `start..end`.
fn window(line: &str, start: usize, end: usize) -> Window {
    let long = line.chars().nth(LINE_WIDTH).is_some();
    // A line that is too long is shown round the place.
    let from = if long && start > LINE_WIDTH * 2 / 3 { start - LINE_WIDTH / 3 } else { 0 };
    let mut shown = Window { text: String::new(), before: 0, length: 0 };
    if from > 0 {
        shown.text.push('…');
        shown.before = 1;
    }
    let mut rest = line.chars().skip(from);
    for (n, c) in rest.by_ref().take(LINE_WIDTH).enumerate() {
        let width = push(&mut shown.text, c);
        match from + n {
            n if n < start => shown.before += width,
            n if n < end => shown.length += width,
            _ => {}
        }
    }
    if rest.next().is_some() {
        shown.text.push('…');
    }
    shown
}

/// Adds a character as it is shown, and says how many columns it takes.
fn push(text: &mut String, c: char) -> usize {
    if c == '\t' {
        text.push_str(TAB);
        return TAB.len();
    }
    let c = clean_char(c);
    let _ = write!(text, "{c}");
    c.width().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn drawn(text: &str, words: &str) -> String {
        let mut sources = Sources::new();
        let file = sources.add("a", text);
        let start = text.find(words).expect("the words");
        let span = Span::new(file, start, start + words.len());
        let mut out = String::new();
        for row in rows(sources.file(file), span, '^') {
            let _ = match row {
                Row::Source(number, bracket, text) => writeln!(out, "{number} {bracket}{text}"),
                Row::Marks(before, marks) => writeln!(out, "  {before}{marks}"),
                Row::Open(marks) => writeln!(out, "  {marks}"),
                Row::Gap => writeln!(out, "..."),
            };
        }
        out
    }

    #[test]
    fn columns_are_those_of_a_terminal() {
        assert_eq!(drawn("\tkey: v", "key"), "1     key: v\n      ^^^\n");
        assert_eq!(drawn("名前: 値 x", "値"), "1 名前: 値 x\n        ^^\n");
        assert_eq!(drawn("e\u{301}a: x", "a"), "1 e\u{301}a: x\n   ^\n");
        assert_eq!(drawn("a: b\r\nc: d\r\n", "c"), "2 c: d\n  ^\n");
        assert_eq!(drawn("a: b\r\nc: d\r\n", "b\r\n"), "1 a: b\n     ^\n");
    }

    #[test]
    fn ranges_over_lines_have_a_bracket() {
        assert_eq!(drawn("a:\n  b: 1\n  c: 2\n", "b: 1\n  c: 2\n"), "2 /   b: 1\n3 |   c: 2\n  |______^\n");
        assert_eq!(drawn("a: {b: 1,\n  c: 2}\n", "{b: 1,\n  c: 2}"), "1   a: {b: 1,\n   ____^\n2 |   c: 2}\n  |_______^\n");
        let long = drawn("a:\n b: 1\n c: 2\n d: 3\n e: 4\n f: 5\n", "a:\n b: 1\n c: 2\n d: 3\n e: 4\n f: 5\n");
        assert_eq!(long, "1 / a:\n2 |  b: 1\n...\n6 |  f: 5\n  |_____^\n");
    }

    #[test]
    fn long_lines_are_cut_round_the_place() {
        let text = format!("{}key: {}", "a".repeat(500), "b".repeat(500));
        let shown = drawn(&text, "key");
        let lines: Vec<&str> = shown.lines().collect();
        let column = lines[1].find('^').expect("marks");
        assert_eq!(lines[0].chars().skip(column).take(3).collect::<String>(), "key");
        assert!(lines[0].chars().count() < 130);
    }
}
