//! Prints a [`Document`]: blocks indented by two spaces, short lists in brackets as they were.

use super::scalar::{self, Printed};
use super::{Block, Content, Document, Item, Line, Styled};

/// A list in brackets is not longer than this with what stands before it.
const WIDTH: usize = 120;

pub(super) fn write(document: &Document) -> String {
    let mut writer = Writer { out: String::new(), after_kept: false };
    writer.out.push_str(&document.head);
    match &document.root.content {
        Content::Sequence(items) if blocks(&document.root, 0).is_some() => {
            writer.opening(&document.root);
            writer.sequence(items, 0, false);
        }
        Content::Mapping(items) if blocks(&document.root, 0).is_some() => {
            writer.opening(&document.root);
            writer.mapping(items, 0, false);
        }
        _ => writer.inline(&document.root, 0),
    }
    writer.lines(&document.foot, 0, false);
    while writer.out.ends_with("\n\n") && !writer.after_kept {
        writer.out.pop();
    }
    writer.out
}

struct Writer {
    out: String,
    /// The last thing printed was a block whose empty lines at the end count.
    after_kept: bool,
}

/// The items, when a value is printed as a block behind `column` characters.
fn blocks(styled: &Styled, column: usize) -> Option<&Block> {
    let (Content::Sequence(items) | Content::Mapping(items)) = &styled.content else { return None };
    if items.items.is_empty() {
        return None;
    }
    if items.flow && flow(styled).is_some_and(|text| column + text.chars().count() <= WIDTH) {
        return None;
    }
    Some(items)
}

/// A value on one line in brackets; `None` when it can't be: comments, texts of several lines.
fn flow(styled: &Styled) -> Option<String> {
    let text = match &styled.content {
        Content::Alias(name) => name.clone(),
        Content::Scalar(scalar) if scalar.raw.contains('\n') => return None,
        Content::Scalar(scalar) => match scalar::print(scalar, true) {
            Printed::Line(text) if text.is_empty() => "null".to_owned(),
            Printed::Line(text) => text,
            Printed::Lines(..) => return None,
        },
        Content::Sequence(items) | Content::Mapping(items) => {
            let parts: Option<Vec<String>> = items.items.iter().map(flow_item).collect();
            let parts = parts.filter(|parts| (items.flow || parts.is_empty()) && items.foot.is_empty())?.join(", ");
            if parts.len() > WIDTH * 4 {
                return None; // bytes: longer than the line in any script
            }
            if matches!(styled.content, Content::Sequence(_)) { format!("[{parts}]") } else { format!("{{{parts}}}") }
        }
    };
    Some(if styled.properties.is_empty() { text } else { format!("{} {text}", styled.properties) })
}

fn flow_item(item: &Item) -> Option<String> {
    let commented = item.lead.iter().any(|line| matches!(line, Line::Comment(_))) || item.value.trailing.is_some();
    let value = if commented { None } else { flow(&item.value) }?;
    let Some(key) = &item.key else { return Some(value) };
    let space = if matches!(key.content, Content::Alias(_)) { " " } else { "" };
    Some(format!("{}{space}: {value}", flow(key)?))
}

impl Writer {
    fn pad(&mut self, indent: usize) {
        self.out.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self, comment: Option<&str>) {
        if let Some(comment) = comment {
            if !self.out.is_empty() && !self.out.ends_with([' ', '\n']) {
                self.out.push(' ');
            }
            self.out.push_str(comment);
        }
        self.out.push('\n');
    }

    /// Comments and blank lines; `first` when nothing stands before them in their block.
    fn lines(&mut self, lines: &[Line], indent: usize, first: bool) {
        for (n, line) in lines.iter().enumerate() {
            match line {
                Line::Blank if (first && n == 0) || self.after_kept || self.out.is_empty() || self.out.ends_with("\n\n") => {}
                Line::Blank => self.out.push('\n'),
                Line::Comment(text) => {
                    self.pad(indent);
                    self.out.push_str(text);
                    self.out.push('\n');
                }
            }
            self.after_kept = false;
        }
    }

    /// The properties and the comment of the block at the root.
    fn opening(&mut self, root: &Styled) {
        if !root.properties.is_empty() || root.trailing.is_some() {
            self.out.push_str(&root.properties);
            self.end_line(root.trailing.as_deref());
        }
    }

    /// `inline`: the first entry goes on with the line of a dash.
    fn mapping(&mut self, items: &Block, indent: usize, inline: bool) {
        for (n, item) in items.items.iter().enumerate() {
            if n > 0 || !inline {
                self.lines(&item.lead, indent, n == 0);
                self.pad(indent);
            }
            let Some(key) = &item.key else { continue };
            let line = self.out.rfind('\n').map_or(0, |at| at + 1);
            let text = match &key.content {
                Content::Scalar(scalar) if key.properties.is_empty() => scalar::key(scalar),
                _ => flow(key).unwrap_or_default(),
            };
            self.out.push_str(&text);
            self.out.push_str(if matches!(key.content, Content::Alias(_)) { " :" } else { ":" });
            let column = self.out.get(line..).map_or(0, |line| line.chars().count()) + 1;
            self.after_key(&item.value, indent, column);
        }
        self.lines(&items.foot, indent, false);
    }

    fn after_key(&mut self, value: &Styled, indent: usize, column: usize) {
        let Some(items) = blocks(value, column) else {
            self.out.push(' ');
            self.inline(value, indent);
            return;
        };
        if !value.properties.is_empty() {
            self.out.push(' ');
            self.out.push_str(&value.properties);
        }
        self.end_line(value.trailing.as_deref());
        match &value.content {
            Content::Sequence(_) => self.sequence(items, indent + 2, false),
            _ => self.mapping(items, indent + 2, false),
        }
    }

    fn sequence(&mut self, items: &Block, indent: usize, inline: bool) {
        for (n, item) in items.items.iter().enumerate() {
            if n > 0 || !inline {
                self.lines(&item.lead, indent, n == 0);
                self.pad(indent);
            }
            let value = &item.value;
            self.out.push('-');
            let Some(inner) = blocks(value, indent + 2) else {
                self.out.push(' ');
                self.inline(value, indent);
                continue;
            };
            let plain_start = value.properties.is_empty() && value.trailing.is_none();
            let first_is_bare = inner.items.first().is_none_or(|item| !item.lead.iter().any(|l| matches!(l, Line::Comment(_))));
            let inline = plain_start && first_is_bare;
            if inline {
                self.out.push(' ');
            } else {
                if !value.properties.is_empty() {
                    self.out.push(' ');
                    self.out.push_str(&value.properties);
                }
                self.end_line(value.trailing.as_deref());
            }
            match &value.content {
                Content::Sequence(_) => self.sequence(inner, indent + 2, inline),
                _ => self.mapping(inner, indent + 2, inline),
            }
        }
        self.lines(&items.foot, indent, false);
    }

    /// A value that goes on with the line, and the end of the line.
    fn inline(&mut self, value: &Styled, indent: usize) {
        self.after_kept = false;
        let Content::Scalar(scalar) = &value.content else {
            self.out.push_str(&flow(value).unwrap_or_default());
            return self.end_line(value.trailing.as_deref());
        };
        if !value.properties.is_empty() {
            self.out.push_str(&value.properties);
            self.out.push(' ');
        }
        match scalar::print(scalar, false) {
            Printed::Line(text) => {
                self.out.push_str(&text);
                self.trim_line();
                self.end_line(value.trailing.as_deref());
            }
            Printed::Lines(first, rest) => {
                let block = first.starts_with(['|', '>']);
                self.out.push_str(&first);
                let last = rest.len().saturating_sub(1);
                if block {
                    self.end_line(value.trailing.as_deref());
                } else {
                    self.out.push('\n');
                }
                for (n, line) in rest.iter().enumerate() {
                    if !line.is_empty() {
                        self.pad(indent + 2);
                        self.out.push_str(line);
                    }
                    self.end_line(value.trailing.as_deref().filter(|_| !block && n == last));
                }
                self.after_kept = block && first.ends_with('+');
            }
        }
    }

    /// Drops the blank behind a key without a value.
    fn trim_line(&mut self) {
        while self.out.ends_with(' ') {
            self.out.pop();
        }
    }
}
