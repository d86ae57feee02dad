//! The style of a rewritten tree: each value looks up how its text wrote it, by its place.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Block, Content, Document, Item, Line, Scalar, Style, Styled, read, scalar};
use crate::source::{FileId, Sources, Span};
use crate::yaml::{Entry, Node, Value};

/// What a text says about the place of a value or a key.
#[derive(Default)]
struct Layout {
    scalars: HashMap<usize, Scalar>,
    /// Lists and objects in brackets.
    flow: HashSet<usize>,
    /// By the offset of a value: the comment behind it, or on the line that opens it.
    trailing: HashMap<usize, String>,
    /// By the offset of a key or an item: what stands before it.
    lead: BTreeMap<usize, Vec<Line>>,
    /// By the offset of the first item: comments behind the last one.
    foot: BTreeMap<usize, Vec<Line>>,
}

/// The document of a tree whose places lie in `sources`.
pub(crate) fn styled(root: &Node, sources: &Sources) -> Document {
    let mut maker = Maker { sources, root: root.span.file, layouts: HashMap::new(), used: HashSet::new() };
    maker.load(root.span.file);
    let head = read::read(sources.file(root.span.file).text(), root.span.file).map(|document| (document.head, document.foot));
    let mut made = maker.value(root, None);
    let (head, foot) = head.unwrap_or_default();
    let mut left = maker.left_over(root.span.file);
    insert(&mut made, root.span.file, &mut left);
    let mut rest: Vec<Line> = left.into_values().flatten().collect();
    rest.extend(foot);
    Document { head, root: made, foot: rest }
}

struct Maker<'s> {
    sources: &'s Sources,
    root: FileId,
    layouts: HashMap<FileId, Layout>,
    /// Comments are printed once: the places whose comments are.
    used: HashSet<(FileId, usize, &'static str)>,
}

impl Maker<'_> {
    fn load(&mut self, file: FileId) {
        if self.layouts.contains_key(&file) {
            return;
        }
        let mut layout = Layout::default();
        if let Some(document) = read::read(self.sources.file(file).text(), file) {
            collect(&document.root, &mut layout);
        }
        if file != self.root && super::is_json(self.sources, file) {
            // What came from JSON is written as YAML is.
            layout = Layout { flow: layout.flow, ..Layout::default() };
        }
        self.layouts.insert(file, layout);
    }

    fn layout(&mut self, span: Span) -> Option<(&Layout, usize)> {
        self.load(span.file);
        Some((self.layouts.get(&span.file)?, span.start as usize))
    }

    /// `true` the first time.
    fn first(&mut self, span: Span, what: &'static str) -> bool {
        self.used.insert((span.file, span.start as usize, what))
    }

    fn value(&mut self, node: &Node, key_span: Option<Span>) -> Styled {
        let content = match &node.value {
            Value::Sequence(items) => {
                let made = items.iter().map(|item| self.item(item)).collect();
                let foot = items.first().map(|item| item.span);
                Content::Sequence(self.items(node, made, foot))
            }
            Value::Mapping(map) => {
                let made = map.entries.iter().map(|entry| self.entry(entry)).collect();
                let foot = map.entries.first().map(|entry| entry.key_span);
                Content::Mapping(self.items(node, made, foot))
            }
            _ => Content::Scalar(self.scalar(node)),
        };
        let same_file = key_span.is_none_or(|key| key.file == node.span.file);
        let trailing = self.layout(node.span).and_then(|(layout, at)| layout.trailing.get(&at).cloned());
        let trailing = trailing.filter(|_| same_file && self.first(node.span, "trailing"));
        Styled { properties: String::new(), content, trailing, start: node.span.start as usize }
    }

    fn items(&mut self, node: &Node, items: Vec<Item>, first: Option<Span>) -> Block {
        let one_line = node.span.file == self.root || !self.sources.text(node.span).contains('\n');
        let flow = one_line && self.layout(node.span).is_some_and(|(layout, at)| layout.flow.contains(&at));
        let foot = first.and_then(|span| {
            let lines = self.layout(span).and_then(|(layout, at)| layout.foot.get(&at).cloned());
            lines.filter(|_| self.first(span, "foot"))
        });
        Block { flow: flow || items.is_empty(), items, foot: foot.unwrap_or_default() }
    }

    fn lead(&mut self, span: Span) -> Vec<Line> {
        let lines = self.layout(span).and_then(|(layout, at)| layout.lead.get(&at).cloned());
        let Some(lines) = lines else { return Vec::new() };
        if self.first(span, "lead") {
            return lines;
        }
        if lines.contains(&Line::Blank) { vec![Line::Blank] } else { Vec::new() }
    }

    fn item(&mut self, node: &Node) -> Item {
        let lead = self.lead(node.span);
        Item { lead, key: None, value: self.value(node, None), at: Some((node.span.file, node.span.start as usize)) }
    }

    fn entry(&mut self, entry: &Entry) -> Item {
        let lead = self.lead(entry.key_span);
        let written = self.layout(entry.key_span).and_then(|(layout, at)| layout.scalars.get(&at).cloned());
        let key = written.filter(|scalar| scalar.value == entry.key && !scalar.raw.contains('\n'));
        let key = key.unwrap_or_else(|| key_text(&entry.key));
        let start = entry.key_span.start as usize;
        let key = Styled { properties: String::new(), content: Content::Scalar(key), trailing: None, start };
        let value = self.value(&entry.value, Some(entry.key_span));
        Item { lead, key: Some(key), value, at: Some((entry.key_span.file, start)) }
    }

    fn scalar(&mut self, node: &Node) -> Scalar {
        let written = self.layout(node.span).and_then(|(layout, at)| layout.scalars.get(&at).cloned());
        let (value, is_text) = match &node.value {
            Value::String(text) => (text.clone(), true),
            Value::Number(text) => (text.clone(), false),
            Value::Bool(value) => (value.to_string(), false),
            _ => (String::new(), false),
        };
        // A plain scalar means what it says; in quotes or in a block it is a text.
        let same = |scalar: &Scalar| match scalar.style {
            Style::Plain => crate::yaml::scalar::plain(scalar.value.as_str().into()) == node.value,
            _ => is_text && scalar.value == value,
        };
        match written.filter(same) {
            Some(scalar) => scalar,
            None if is_text => scalar::text(&value),
            None if node.value == Value::Null => plain("null"),
            None => plain(&value),
        }
    }

    /// Comments of a text that were not printed.
    fn left_over(&self, file: FileId) -> BTreeMap<usize, Vec<Line>> {
        let mut left: BTreeMap<usize, Vec<Line>> = BTreeMap::new();
        let Some(layout) = self.layouts.get(&file) else { return left };
        let mut add = |at: usize, what: &'static str, lines: Vec<Line>| {
            if !self.used.contains(&(file, at, what)) {
                let comments = lines.into_iter().filter(|line| matches!(line, Line::Comment(_)));
                left.entry(at).or_default().extend(comments);
            }
        };
        for (at, lines) in &layout.lead {
            add(*at, "lead", lines.clone());
        }
        for (at, text) in &layout.trailing {
            add(*at, "trailing", vec![Line::Comment(text.clone())]);
        }
        for (at, lines) in &layout.foot {
            add(*at, "foot", lines.clone());
        }
        left.retain(|_, lines| !lines.is_empty());
        left
    }
}

/// Puts what is left before the first thing that follows it in the text.
fn insert(styled: &mut Styled, file: FileId, left: &mut BTreeMap<usize, Vec<Line>>) {
    let mut places = Vec::new();
    places_of(styled, file, &mut places);
    places.sort_unstable();
    let mut wanted: HashMap<usize, Vec<Line>> = HashMap::new();
    let offsets: Vec<usize> = left.keys().copied().collect();
    for offset in offsets {
        let next = places.partition_point(|place| *place < offset);
        if let (Some(place), Some(lines)) = (places.get(next), left.get(&offset)) {
            wanted.entry(*place).or_default().extend(lines.iter().cloned());
            left.remove(&offset);
        }
    }
    place_lines(styled, file, &mut wanted);
}

fn children(styled: &Styled) -> &[Item] {
    match &styled.content {
        Content::Sequence(items) | Content::Mapping(items) => &items.items,
        _ => &[],
    }
}

fn places_of(styled: &Styled, file: FileId, places: &mut Vec<usize>) {
    for item in children(styled) {
        places.extend(item.at.filter(|(of, _)| *of == file).map(|(_, at)| at));
        places_of(&item.value, file, places);
    }
}

fn place_lines(styled: &mut Styled, file: FileId, wanted: &mut HashMap<usize, Vec<Line>>) {
    let (Content::Sequence(items) | Content::Mapping(items)) = &mut styled.content else { return };
    for item in &mut items.items {
        if let Some((_, at)) = item.at.filter(|(of, _)| *of == file)
            && let Some(mut lines) = wanted.remove(&at)
        {
            lines.append(&mut item.lead);
            item.lead = lines;
        }
        place_lines(&mut item.value, file, wanted);
    }
}

fn plain(text: &str) -> Scalar {
    Scalar { style: Style::Plain, value: text.to_owned(), raw: text.to_owned() }
}

/// A new key: numbers and words may stand without quotes.
fn key_text(key: &str) -> Scalar {
    let made = scalar::text(key);
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit());
    if bare {
        plain(key)
    } else if matches!(made.style, Style::Literal) {
        Scalar { style: Style::Double, ..made }
    } else {
        made
    }
}

fn collect(styled: &Styled, layout: &mut Layout) {
    if let Some(trailing) = &styled.trailing {
        layout.trailing.insert(styled.start, trailing.clone());
    }
    match &styled.content {
        Content::Scalar(scalar) => {
            layout.scalars.insert(styled.start, scalar.clone());
        }
        Content::Alias(_) => {}
        Content::Sequence(items) | Content::Mapping(items) => {
            if items.flow {
                layout.flow.insert(styled.start);
            }
            let first = items.items.first().and_then(|item| item.at);
            if let (Some((_, at)), false) = (first, items.foot.is_empty()) {
                layout.foot.insert(at, items.foot.clone());
            }
            for item in &items.items {
                if let (Some((_, at)), false) = (item.at, item.lead.is_empty()) {
                    layout.lead.insert(at, item.lead.clone());
                }
                if let Some(key) = &item.key {
                    collect(key, layout);
                }
                collect(&item.value, layout);
            }
        }
    }
}
