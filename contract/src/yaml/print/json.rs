//! Prints JSON: indented as the text was, short lists and objects on one line when they stood on one.

use crate::source::Sources;
use crate::yaml::{Node, Value};

/// A list or object on one line is not longer than this.
const WIDTH: usize = 120;

/// The indentation of the first line that has one; two spaces when there is none.
pub(super) fn indent_of(text: &str) -> &str {
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let line = text.lines().skip(1).find(|line| blanks(line) > 0 && !line.trim().is_empty());
    line.and_then(|line| line.get(..blanks(line))).filter(|indent| indent.len() <= 8).unwrap_or("  ")
}

pub(super) fn write(root: &Node, sources: &Sources, indent: &str) -> String {
    let mut writer = Writer { sources, indent, out: String::new() };
    writer.value(root, 0, true);
    writer.out.push('\n');
    writer.out
}

struct Writer<'s> {
    sources: &'s Sources,
    indent: &'s str,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, node: &Node, depth: usize, expand: bool) {
        if !expand && let Some(line) = self.one_line(node) {
            self.out.push_str(&line);
            return;
        }
        match &node.value {
            Value::Sequence(items) if !items.is_empty() => {
                self.out.push('[');
                for (n, item) in items.iter().enumerate() {
                    self.separate(n, depth + 1);
                    self.value(item, depth + 1, false);
                }
                self.line(depth);
                self.out.push(']');
            }
            Value::Mapping(map) if !map.entries.is_empty() => {
                self.out.push('{');
                for (n, entry) in map.entries.iter().enumerate() {
                    self.separate(n, depth + 1);
                    let key = self.string(&entry.key, entry.key_span);
                    self.out.push_str(&key);
                    self.out.push_str(": ");
                    self.value(&entry.value, depth + 1, false);
                }
                self.line(depth);
                self.out.push('}');
            }
            _ => {
                let text = self.scalar(node);
                self.out.push_str(&text);
            }
        }
    }

    fn separate(&mut self, n: usize, depth: usize) {
        if n > 0 {
            self.out.push(',');
        }
        self.line(depth);
    }

    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        for _ in 0..depth {
            self.out.push_str(self.indent);
        }
    }

    /// A value on one line, when it is short and stood on one.
    fn one_line(&self, node: &Node) -> Option<String> {
        let text = match &node.value {
            Value::Sequence(items) if !items.is_empty() => {
                let stood = !self.sources.text(node.span).contains('\n');
                let parts: Option<Vec<String>> = items.iter().map(|item| self.one_line(item)).collect();
                format!("[{}]", parts.filter(|_| stood)?.join(", "))
            }
            Value::Mapping(map) if !map.entries.is_empty() => {
                let stood = !self.sources.text(node.span).contains('\n');
                let part = |entry: &crate::yaml::Entry| {
                    Some(format!("{}: {}", self.string(&entry.key, entry.key_span), self.one_line(&entry.value)?))
                };
                let parts: Option<Vec<String>> = map.entries.iter().map(part).collect();
                format!("{{ {} }}", parts.filter(|_| stood)?.join(", "))
            }
            _ => return Some(self.scalar(node)),
        };
        (text.chars().count() <= WIDTH).then_some(text)
    }

    fn scalar(&self, node: &Node) -> String {
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            // Forms that only YAML has, as `.inf`, are no numbers of JSON.
            Value::Number(text) if serde_json::from_str::<serde_json::Number>(text).is_ok() || is_json_number(text) => {
                text.clone()
            }
            Value::Number(text) => quote(text),
            Value::String(text) => self.string(text, node.span),
            Value::Sequence(_) => "[]".to_owned(),
            Value::Mapping(_) => "{}".to_owned(),
        }
    }

    /// The text as it is written at its place, when that is the JSON of it.
    fn string(&self, text: &str, span: crate::source::Span) -> String {
        let raw = self.sources.text(span);
        let is_own = raw.starts_with('"') && serde_json::from_str::<String>(raw).is_ok_and(|own| own == text);
        if is_own { raw.to_owned() } else { quote(text) }
    }
}

/// Too large for a float, and a number of JSON all the same.
fn is_json_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E')) && !text.starts_with('.')
}

fn quote(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}
