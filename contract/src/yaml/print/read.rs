//! From a text to its [`Document`]: the events of YAML with the comments between them.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};

use super::super::events::{Offsets, behind_properties, bracket, scalar_end};
use super::{Block, Content, Document, Item, Line, Scalar, Style, Styled};
use crate::source::FileId;

/// An event with its place, in bytes.
struct Step {
    kind: Kind,
    /// The place that a tree has for it.
    at: usize,
    start: usize,
    end: usize,
}

enum Kind {
    Scalar(Style, String),
    Alias,
    Sequence,
    Mapping,
    End,
}

struct Comment {
    start: usize,
    end: usize,
    own_line: bool,
}

/// Reads a text that is known to be YAML without errors; `None` when it is not.
pub(super) fn read(text: &str, file: FileId) -> Option<Document> {
    let (steps, document) = steps(text)?;
    let comments = comments(text, &steps);
    let mut reader = Reader { text, file, steps, at: 0, comments, next: 0, last: 0 };
    let head = reader.head(document);
    let mut lead = Vec::new();
    let mut root = reader.value(&mut lead, None)?;
    match &mut root.content {
        Content::Sequence(items) | Content::Mapping(items) if !items.items.is_empty() => {
            if let Some(first) = items.items.first_mut() {
                lead.append(&mut first.lead);
                first.lead = std::mem::take(&mut lead);
            }
        }
        _ => {}
    }
    let foot = reader.lines_before(text.len(), 0);
    lead.extend(foot);
    Some(Document { head, root, foot: lead })
}

/// The texts of all comments, sorted: what must still be there afterwards.
pub(super) fn comments_of(text: &str) -> Vec<String> {
    let Some((steps, _)) = steps(text) else { return Vec::new() };
    let comments = comments(text, &steps);
    let mut texts: Vec<String> = comments.iter().filter_map(|c| text.get(c.start..c.end)).map(|c| c.trim().to_owned()).collect();
    texts.sort();
    texts
}

/// The events, and where the document starts when it says so by `---`.
fn steps(text: &str) -> Option<(Vec<Step>, Option<usize>)> {
    let skipped = text.len() - super::super::without_bom(text).0.len();
    let body = text.get(skipped..)?;
    let offsets = Offsets::new(body);
    let (mut steps, mut document): (Vec<Step>, _) = (Vec::new(), None);
    let mut last = 0;
    for event in Parser::new(StrInput::new(body)) {
        let (event, span) = event.ok()?;
        let (start, end) = (skipped + offsets.byte(span.start.index()), skipped + offsets.byte(span.end.index()));
        let step = match event {
            Event::DocumentStart(explicit) => {
                document = explicit.then_some(start);
                last = end;
                continue;
            }
            Event::Scalar(value, style, ..) => scalar_step(text, last, (start, end), style, value.into_owned()),
            Event::Alias(_) => Step { kind: Kind::Alias, at: start, start, end },
            Event::SequenceStart(..) => Step { kind: Kind::Sequence, at: end, start, end },
            Event::MappingStart(..) => Step { kind: Kind::Mapping, at: end, start, end },
            // A comment behind a closing bracket is counted in.
            Event::SequenceEnd | Event::MappingEnd => Step { kind: Kind::End, at: start, start, end: end.min(start + 1) },
            _ => continue,
        };
        last = last.max(if matches!(step.kind, Kind::Sequence | Kind::Mapping) { step.start } else { step.end });
        steps.push(step);
    }
    Some((steps, document))
}

/// A scalar with its place: of a block its lines, which start behind the line of its header.
fn scalar_step(text: &str, last: usize, (start, end): (usize, usize), style: ScalarStyle, value: String) -> Step {
    let own = text.get(start..end).unwrap_or("");
    let trimmed = match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let quote = behind_properties(text, start, end);
            scalar_end(text, quote, end)
        }
        _ => start + own.trim_end().len(),
    };
    let style = match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let header = block_header(text, last.min(start));
            let line = text.get(header..).and_then(|rest| rest.split('\n').next()).unwrap_or("");
            let content = (header + line.len() + 1).min(text.len());
            let flags = line.get(1..).unwrap_or("").split([' ', '\t', '#', '\r']).next().unwrap_or("");
            let style = if style == ScalarStyle::Literal {
                Style::Literal
            } else {
                Style::Folded { strip: flags == "-", kept: matches!(flags, "" | "-") }
            };
            return Step { kind: Kind::Scalar(style, value), at: start, start: content, end: trimmed.max(content) };
        }
    };
    // An empty scalar has the place of what follows it.
    let end = if value.is_empty() && style == Style::Plain && !own.starts_with(['&', '!']) { start } else { trimmed };
    Step { kind: Kind::Scalar(style, value), at: behind_properties(text, start, end), start, end }
}

/// The `|` or `>` behind `from`.
fn block_header(text: &str, from: usize) -> usize {
    let mut rest = text.get(from..).unwrap_or("");
    let mut blank = true;
    while let Some(c) = rest.chars().next() {
        let skip = match c {
            '|' | '>' => break,
            '#' if blank => rest.find('\n').unwrap_or(rest.len()),
            '&' | '!' if blank => rest.find(char::is_whitespace).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        blank = c.is_whitespace() || c == '#';
        rest = rest.get(skip..).unwrap_or("");
    }
    text.len() - rest.len()
}

/// Every `#` behind a blank that is in no scalar.
fn comments(text: &str, steps: &[Step]) -> Vec<Comment> {
    let mut comments = Vec::new();
    let scalars = steps.iter().filter(|step| matches!(step.kind, Kind::Scalar(..)) && step.end > step.start);
    let mut from = 0;
    let mut gap = |from: usize, to: usize| {
        let mut at = from;
        while let Some(found) = text.get(at..to).and_then(|rest| rest.find('#')) {
            let start = at + found;
            let before = text.get(..start).unwrap_or("");
            if !before.is_empty() && !before.ends_with([' ', '\t', '\n', '\r', '\u{feff}']) {
                at = start + 1;
                continue;
            }
            let end = start + text.get(start..).map_or(0, |rest| rest.split(['\n', '\r']).next().unwrap_or("").len());
            let line = before.rsplit('\n').next().unwrap_or("").trim_start_matches('\u{feff}');
            comments.push(Comment { start, end, own_line: line.trim().is_empty() });
            at = end;
        }
    };
    for scalar in scalars {
        gap(from, scalar.start);
        from = from.max(scalar.end);
    }
    gap(from, text.len());
    comments
}

struct Reader<'t> {
    text: &'t str,
    file: FileId,
    steps: Vec<Step>,
    at: usize,
    comments: Vec<Comment>,
    /// The first comment without a place.
    next: usize,
    /// The end of what was read last.
    last: usize,
}

impl Reader<'_> {
    fn slice(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or("")
    }

    /// Directives, comments and `---` in front of the document.
    fn head(&mut self, document: Option<usize>) -> String {
        let Some(at) = document else { return String::new() };
        let mut head = String::new();
        for line in self.slice(0, at).lines().map(|line| line.trim_start_matches('\u{feff}').trim_end()) {
            if !line.is_empty() {
                head.push_str(line);
                head.push('\n');
            }
        }
        while self.comments.get(self.next).is_some_and(|comment| comment.start < at) {
            self.next += 1;
        }
        self.last = at + 3;
        head + "---\n"
    }

    fn column(&self, at: usize) -> usize {
        let line = self.slice(0, at).rfind('\n').map_or(0, |n| n + 1);
        self.slice(line, at).chars().filter(|c| *c != '\u{feff}').count()
    }

    /// `true` when the line above the one of `at` is blank, and `at` is the first on its line.
    fn blank_above(&self, at: usize) -> bool {
        let Some((above, own)) = self.slice(0, at).rsplit_once('\n') else { return false };
        let first = own.bytes().all(|b| matches!(b, b' ' | b'\t' | b'-'));
        first && above.rsplit_once('\n').is_some_and(|(_, line)| line.trim().is_empty())
    }

    /// The comments before `end` that start in column `column` or behind it, up to the first that does not.
    fn lines_before(&mut self, end: usize, column: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(comment) = self.comments.get(self.next) {
            let (start, own_line) = (comment.start, comment.own_line);
            let text = self.slice(start, comment.end).trim_end().to_owned();
            // A list may stand in the column of its key: there only what looks like an item is about the list.
            let of_list = text.trim_start_matches(['#', ' ']).starts_with('-') && self.column(start) + 1 == column;
            if start >= end || (own_line && self.column(start) < column && !of_list) {
                break;
            }
            if self.blank_above(start) {
                lines.push(Line::Blank);
            }
            lines.push(Line::Comment(text));
            self.next += 1;
        }
        lines
    }

    /// What stands before an item at `start`.
    fn lead(&mut self, start: usize) -> Vec<Line> {
        let mut lines = self.lines_before(start, 0);
        if self.blank_above(start) {
            lines.push(Line::Blank);
        }
        lines
    }

    /// The comment on the line of `end`, behind it.
    fn trailing(&mut self, end: usize) -> Option<String> {
        let comment = self.comments.get(self.next).filter(|comment| comment.start >= end)?;
        let between = self.slice(end, comment.start);
        if !between.bytes().all(|b| matches!(b, b' ' | b'\t' | b',' | b':')) {
            return None;
        }
        let text = self.slice(comment.start, comment.end).trim_end().to_owned();
        self.next += 1;
        Some(text)
    }

    /// The next value; comments between its key and itself that have no better place go to `lead`. `parent` is the column of
    /// the object that it is a value of.
    fn value(&mut self, lead: &mut Vec<Line>, parent: Option<usize>) -> Option<Styled> {
        let step = self.steps.get(self.at)?;
        let (start, end, step_at) = (step.start, step.end, step.at);
        self.at += 1;
        let bracket = bracket(self.text, start, end);
        match &self.steps.get(self.at - 1)?.kind {
            Kind::End => None,
            Kind::Alias => {
                lead.extend(self.lines_before(start, 0));
                self.last = end;
                let content = Content::Alias(self.slice(start, end).to_owned());
                Some(Styled { properties: String::new(), content, trailing: self.trailing(end), start })
            }
            Kind::Scalar(style, value) => {
                let (style, value) = (*style, value.clone());
                let mut scalar = self.scalar(style, value, (start, end), lead);
                scalar.start = step_at;
                Some(scalar)
            }
            Kind::Sequence => self.collection(false, (start, bracket.unwrap_or(end)), bracket.is_some(), parent, lead),
            Kind::Mapping => self.collection(true, (start, bracket.unwrap_or(end)), bracket.is_some(), parent, lead),
        }
    }

    fn scalar(&mut self, style: Style, value: String, (start, end): (usize, usize), lead: &mut Vec<Line>) -> Styled {
        if matches!(style, Style::Literal | Style::Folded { .. }) {
            let header = self.slice(self.last, start);
            let properties = header.split(['|', '>']).next().map(properties).unwrap_or_default();
            // A comment behind the header is the only one that can stand here.
            let trailing = self.comments.get(self.next).filter(|comment| comment.start < start).map(|c| (c.start, c.end));
            let trailing = trailing.map(|(from, to)| self.slice(from, to).trim_end().to_owned());
            self.next += usize::from(trailing.is_some());
            let raw = self.slice(start, end).to_owned();
            self.last = end;
            return Styled { properties, content: Content::Scalar(Scalar { style, value, raw }), trailing, start };
        }
        let behind = behind_properties(self.text, start, end);
        let properties = properties(self.slice(start, behind));
        if end > start {
            lead.extend(self.lines_before(start, 0));
        }
        let raw = self.slice(behind, end).to_owned();
        self.last = end;
        let trailing = self.trailing(end);
        Styled { properties, content: Content::Scalar(Scalar { style, value, raw }), trailing, start: behind }
    }

    fn collection(
        &mut self,
        mapping: bool,
        (start, at): (usize, usize),
        flow: bool,
        parent: Option<usize>,
        lead: &mut Vec<Line>,
    ) -> Option<Styled> {
        let properties = properties(self.slice(start, at));
        let mut trailing = None;
        if flow {
            lead.extend(self.lines_before(at, 0));
            self.last = at + 1;
        } else if parent.is_some() || !properties.is_empty() {
            let last = properties.rsplit(' ').next().filter(|last| !last.is_empty());
            let behind = last.and_then(|last| Some(start + self.slice(start, at).find(last)? + last.len()));
            let opened = behind.unwrap_or(self.last);
            let comment = self.comments.get(self.next).filter(|c| c.start < at && !c.own_line).map(|c| c.start);
            if comment.is_some_and(|comment| !self.slice(opened, comment).contains('\n')) {
                trailing = self.trailing(opened);
            }
        }
        let mut items = Block { flow, ..Block::default() };
        let mut column = None;
        loop {
            let step = self.steps.get(self.at)?;
            let (next, closes) = (step.start, step.end);
            if let Kind::End = step.kind {
                self.at += 1;
                let foot_column = if flow { 0 } else { column.unwrap_or(0) };
                items.foot = self.lines_before(next, foot_column);
                if flow {
                    self.last = closes;
                    trailing = self.trailing(closes);
                }
                break;
            }
            let column = *column.get_or_insert_with(|| if mapping { self.column(next) } else { self.dash(next, parent) });
            let mut item_lead = self.lead(next);
            let (key, inside) = if mapping { (Some(self.value(&mut item_lead, None)?), Some(column)) } else { (None, None) };
            let mut key = key;
            // A comment on the line of a key is that of its value.
            if key.as_mut().and_then(|key| key.trailing.take()).is_some() {
                self.next -= 1;
            }
            let value = self.value(&mut item_lead, inside)?;
            items.items.push(Item { lead: item_lead, key, value, at: Some((self.file, next)) });
        }
        if items.items.is_empty() {
            lead.append(&mut items.foot);
        }
        let content = if mapping { Content::Mapping(items) } else { Content::Sequence(items) };
        Some(Styled { properties, content, trailing, start: at })
    }

    /// From which column on a comment belongs to a list whose first item is at `item`.
    fn dash(&self, item: usize, parent: Option<usize>) -> usize {
        let before = self.slice(0, item).trim_end_matches([' ', '\t']);
        let column = if before.ends_with('-') { self.column(before.len() - 1) } else { self.column(item).saturating_sub(2) };
        // A list may stand in the column of its key: a comment there is about the next key.
        if parent == Some(column) { column + 1 } else { column }
    }
}

/// The anchor and the tag of what stands before a value.
fn properties(text: &str) -> String {
    let mut found: Vec<&str> = Vec::new();
    for line in text.lines() {
        for word in line.split_whitespace().take_while(|word| !word.starts_with('#')) {
            if word.starts_with(['&', '!']) {
                found.push(word);
            }
        }
    }
    found.join(" ")
}
