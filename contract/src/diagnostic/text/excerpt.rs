//! The source lines of a label: one line with marks under its words, or the lines of a longer range with a bracket at the left.
//!
//! Columns are those of a terminal: a tab is four, a wide character two, a combining mark none. A line that is too long is cut
//! round the place, without looking at the rest of it more than once.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

use crate::diagnostic::clean::clean_char;
use crate::source::{LineColumn, SourceFile, Span};

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
        let length = end.column + 1 - start.column.min(end.column);
        let shown = window(file, start, span.start as usize, length);
        let marks = mark.to_string().repeat(shown.length.max(1));
        return vec![Row::Source(start.line, "", shown.text), Row::Marks(" ".repeat(shown.before), marks)];
    }
    let mut rows = Vec::new();
    let first = window(file, start, span.start as usize, 1);
    if first.only_white_before {
        rows.push(Row::Source(start.line, "/ ", first.text));
    } else {
        rows.push(Row::Source(start.line, "  ", first.text));
        rows.push(Row::Open(format!(" {}{mark}", "_".repeat(first.before + 1))));
    }
    let all = end.line - start.line < MAX_LINES;
    for number in start.line + 1..end.line {
        if all || number == start.line + 1 {
            let at = LineColumn { line: number, column: 1 };
            rows.push(Row::Source(number, "| ", window(file, at, file.line_start(number), 0).text));
        } else {
            rows.push(Row::Gap);
            break;
        }
    }
    let last = window(file, end, last_byte(file, span), 1);
    rows.push(Row::Source(end.line, "| ", last.text));
    rows.push(Row::Marks("|".to_owned(), format!("{}{mark}", "_".repeat(last.before + 1))));
    rows
}

/// The last line that a span reaches.
pub(super) fn last_line(file: &SourceFile, span: Span) -> usize {
    last_of(file, span).line
}

/// Where the last character of a span is that is no white space; the start for an empty span.
fn last_of(file: &SourceFile, span: Span) -> LineColumn {
    file.line_column(u32::try_from(last_byte(file, span)).unwrap_or(span.start))
}

fn last_byte(file: &SourceFile, span: Span) -> usize {
    let text = file.text().get(span.start as usize..span.end.max(span.start) as usize).unwrap_or("");
    let last = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
    span.start as usize + last
}

struct Window {
    /// The part of the line that is shown.
    text: String,
    /// Columns in front of the place.
    before: usize,
    /// Columns of the place.
    length: usize,
    /// What is shown in front of the place is white space, from the start of the line.
    only_white_before: bool,
}

/// The part of the line round the place `at`, which starts at byte `offset` and has `length` characters. However long the line
/// is, only that part of it is looked at.
fn window(file: &SourceFile, at: LineColumn, offset: usize, length: usize) -> Window {
    let line = file.line(at.line);
    let start = at.column - 1;
    let offset = offset.saturating_sub(file.line_start(at.line)).min(line.len());
    let long = line.chars().nth(LINE_WIDTH).is_some();
    // A line that is too long is shown round the place.
    let cut = long && start > LINE_WIDTH * 2 / 3;
    let (from, byte) = if cut {
        let back = line.get(..offset).unwrap_or("").char_indices().rev().nth(LINE_WIDTH / 3 - 1);
        (start - LINE_WIDTH / 3, back.map_or(0, |(byte, _)| byte))
    } else {
        (0, 0)
    };
    let mut shown = Window { text: String::new(), before: 0, length: 0, only_white_before: !cut };
    if cut {
        shown.text.push('…');
        shown.before = 1;
    }
    let mut rest = line.get(byte..).unwrap_or("").chars();
    for (n, c) in rest.by_ref().take(LINE_WIDTH).enumerate() {
        let width = push(&mut shown.text, c);
        match from + n {
            n if n < start => {
                shown.before += width;
                shown.only_white_before &= c.is_whitespace();
            }
            n if n < start + length => shown.length += width,
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
