//! How a scalar is printed: as it was written where that can be kept, else in the plainest style that means the same.

use std::fmt::Write as _;

use super::{Scalar, Style};
use crate::yaml::Value;
use crate::yaml::scalar::meaning;

/// The text of a scalar.
pub(super) enum Printed {
    /// On one line.
    Line(String),
    /// The first line and the others, which are indented by the one who prints (an empty one is not).
    Lines(String, Vec<String>),
}

/// A text in the plainest style that reads as a string.
pub(super) fn text(value: &str) -> Scalar {
    let style = if value.contains('\n') && can_be_literal(value) {
        Style::Literal
    } else if is_safe_plain(value) {
        Style::Plain
    } else if value.chars().any(|c| c.is_control() || c == '\u{feff}' || c == '\u{2028}' || c == '\u{2029}') {
        Style::Double
    } else {
        Style::Single
    };
    Scalar { style, value: value.to_owned(), raw: String::new() }
}

pub(super) fn print(scalar: &Scalar, in_key_or_flow: bool) -> Printed {
    let one_line = !scalar.raw.contains('\n');
    match scalar.style {
        // What needs no quotes in a block may need them in brackets.
        Style::Plain if in_key_or_flow && scalar.raw.contains([',', '[', ']', '{', '}']) => {
            Printed::Line(quoted(&Scalar { style: Style::Single, ..scalar.clone() }))
        }
        Style::Plain if scalar.raw.is_empty() => Printed::Line(scalar.value.clone()),
        Style::Plain if one_line => Printed::Line(scalar.raw.clone()),
        Style::Single | Style::Double if one_line => Printed::Line(quoted(scalar)),
        _ if in_key_or_flow => Printed::Line(double(&scalar.value)),
        Style::Plain | Style::Single | Style::Double => folded_lines(scalar),
        Style::Folded { kept: true, strip } => folded_block(scalar, strip),
        Style::Literal | Style::Folded { .. } => literal(&scalar.value),
    }
}

/// A key of a block.
pub(super) fn key(scalar: &Scalar) -> String {
    match (scalar.style, print(scalar, true)) {
        (Style::Plain, _) if !scalar.raw.is_empty() && !scalar.raw.contains('\n') => scalar.raw.clone(),
        (_, Printed::Line(text) | Printed::Lines(text, _)) => text,
    }
}

/// One style of quotes where it needs no escapes: single ones, double ones round a text with an apostrophe.
fn quoted(scalar: &Scalar) -> String {
    let value = &scalar.value;
    let is_new = scalar.raw.is_empty();
    let needs_escape = scalar.style == Style::Double && (is_new || scalar.raw.contains('\\'));
    if needs_escape {
        return if is_new { double(value) } else { scalar.raw.clone() };
    }
    if !value.contains('\'') {
        return format!("'{value}'");
    }
    if value.contains(['"', '\\']) { format!("'{}'", value.replace('\'', "''")) } else { format!("\"{value}\"") }
}

fn double(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                let code = u32::from(c);
                let _ = if code > 0xffff { write!(out, "\\U{code:08X}") } else { write!(out, "\\u{code:04X}") };
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// A scalar that goes over several lines keeps them, if it then still reads the same.
fn folded_lines(scalar: &Scalar) -> Printed {
    let mut lines = scalar.raw.lines().map(|line| line.trim().to_owned());
    let first = lines.next().unwrap_or_default();
    let rest: Vec<String> = lines.collect();
    let mut text = format!("k: {first}\n");
    for line in &rest {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "  {line}") };
    }
    if reads_as(&text, &scalar.value) { Printed::Lines(first, rest) } else { Printed::Line(double(&scalar.value)) }
}

fn reads_as(text: &str, value: &str) -> bool {
    let mut sources = crate::source::Sources::new();
    let file = sources.add("", text);
    let (node, problems) = crate::yaml::parse(&sources, file);
    let read = node.as_ref().and_then(|node| node.get("k")).map(|node| &node.value);
    problems.is_empty() && (read == Some(&Value::String(value.to_owned())))
}

fn can_be_literal(value: &str) -> bool {
    let printable = |c: char| matches!(c, '\n' | '\t') || !(c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}'));
    value.chars().all(printable) && !value.trim().is_empty()
}

fn literal(value: &str) -> Printed {
    if !can_be_literal(value) {
        return Printed::Line(double(value));
    }
    let body = value.trim_end_matches('\n');
    let chomp = match value.len() - body.len() {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let first = body.lines().find(|line| !line.is_empty()).unwrap_or("");
    let indicator = if first.starts_with([' ', '\t']) { "2" } else { "" };
    let mut lines: Vec<String> = body.split('\n').map(str::to_owned).collect();
    lines.extend((body.len() + 1..value.len()).map(|_| String::new()));
    Printed::Lines(format!("|{indicator}{chomp}"), lines)
}

/// A folded block keeps its lines.
fn folded_block(scalar: &Scalar, strip: bool) -> Printed {
    let raw: Vec<&str> = scalar.raw.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let first = raw.iter().find(|line| !line.trim().is_empty());
    let indent = first.map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
    let cut = |line: &&str| line.get(indent..).unwrap_or("").to_owned();
    let lines: Vec<String> = raw.iter().map(cut).collect();
    let mut text = format!("k: >{}\n", if strip { "-" } else { "" });
    for line in &lines {
        let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "  {line}") };
    }
    if !reads_as(&text, &scalar.value) {
        return literal(&scalar.value);
    }
    Printed::Lines(if strip { ">-" } else { ">" }.to_owned(), lines)
}

/// `true` for a text that needs no quotes anywhere.
fn is_safe_plain(text: &str) -> bool {
    let word =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '+' | '(' | ')' | ';' | '=' | '~' | '^');
    let inner = |c: char| word(c) || c == ' ' || c == ':';
    let ends_well = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '$' | '_' | ')' | '='));
    let safe_start = text.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '$' | '_'));
    safe_start
        && ends_well(text.chars().last())
        && text.chars().all(inner)
        && !text.contains(": ")
        && !text.contains("  ")
        && !text.starts_with("---")
        && !text.starts_with("...")
        && meaning(text).is_none()
        && !is_word_of_yaml_1_1(text)
}

/// Words that older readers of YAML take for booleans, and forms that they take for dates and numbers.
fn is_word_of_yaml_1_1(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    if text.matches('.').count() > 1 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return false;
    }
    matches!(lower.as_str(), "y" | "n" | "yes" | "no" | "on" | "off" | "null" | "true" | "false")
        || text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || "-:._eE+xoTZ".contains(c))
}
