//! Events become a tree: keys and values, aliases, merge keys, duplicate keys, and the limits on size and depth.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::Sink;
use super::{Entry, MAX_DEPTH, MAX_NODES, Mapping, Node, Value};
use crate::diagnostic::{Diagnostic, Label};
use crate::source::{FileId, Span};

/// More repeated keys than anybody is shown.
const MAX_FINDINGS: usize = 10_000;

/// Takes the events of one text in order and makes its tree.
pub(super) struct Builder {
    file: FileId,
    stack: Vec<Frame>,
    /// The items of all open lists, and the entries of all open objects: each gets room for what it holds when it closes.
    items: Vec<Node>,
    entries: Vec<Entry>,
    root: Option<Node>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    stopped: bool,
    diagnostics: Vec<Diagnostic>,
}

/// A list or an object that is still open.
struct Frame {
    start: usize,
    /// The id of its anchor, 0 for none.
    anchor: usize,
    nodes_before: usize,
    /// Levels of lists and objects inside.
    height: usize,
    content: Content,
}

/// `first` is the place of its first item, or entry, among those of all that are open.
enum Content {
    Sequence { first: usize },
    Mapping { first: usize, key: Option<Key>, merges: Vec<Merge> },
}

enum Key {
    Named(String, Span),
    Merge(Span),
    /// A key that was refused: its value is dropped.
    Refused,
}

/// A `<<` of an object: its place among the entries and its value.
struct Merge {
    before: usize,
    span: Span,
    value: Node,
}

struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

impl Builder {
    pub(super) fn new(file: FileId) -> Self {
        Self {
            file,
            stack: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            root: None,
            anchors: HashMap::new(),
            nodes: 0,
            stopped: false,
            diagnostics: Vec::new(),
        }
    }

    /// The tree and what is wrong with it.
    pub(super) fn finish(mut self) -> (Option<Node>, Vec<Diagnostic>) {
        if self.stopped {
            return (None, self.diagnostics);
        }
        if self.root.is_none() && self.diagnostics.is_empty() {
            self.error("yaml/empty", Span::start_of(self.file), "the file is empty");
        }
        (self.root, self.diagnostics)
    }

    /// `true` once a limit is passed: the rest of the text is not read.
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Stops reading.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    pub(super) fn error(&mut self, id: &str, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.diagnostics.push(Diagnostic::error(id, span, message));
        // Just pushed.
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// `true` when the next event stands at the place of a key.
    pub(super) fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { content: Content::Mapping { key: None, .. }, .. }))
    }

    /// A key; `merge` for an unquoted `<<`.
    pub(super) fn key(&mut self, text: String, span: Span, merge: bool) {
        if let Some(Frame { content: Content::Mapping { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(if merge { Key::Merge(span) } else { Key::Named(text, span) });
        }
    }

    /// A key that can't be one.
    pub(super) fn refuse_key(&mut self, span: Span, what: &str) {
        self.error("yaml/key-not-text", span, format!("{what} can't be a key")).help =
            Some("a key is a text: put quotes round it".to_owned());
        if let Some(Frame { content: Content::Mapping { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(Key::Refused);
        }
    }

    /// A value that holds no others.
    pub(super) fn scalar(&mut self, value: Value, span: Span, anchor: usize) {
        self.count(1, span);
        let node = Node { span, value };
        self.remember(anchor, &node, 1, 0);
        self.attach(node, 0);
    }

    /// Keeps what an alias may stand for later.
    pub(super) fn remember(&mut self, anchor: usize, node: &Node, nodes: usize, height: usize) {
        if anchor > 0 && !self.stopped {
            self.count(nodes, node.span);
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, height });
        }
    }

    /// A list opens.
    pub(super) fn start_sequence(&mut self, start: usize, anchor: usize) {
        self.open(start, anchor, Content::Sequence { first: self.items.len() });
    }

    /// An object opens.
    pub(super) fn start_mapping(&mut self, start: usize, anchor: usize) {
        self.open(start, anchor, Content::Mapping { first: self.entries.len(), key: None, merges: Vec::new() });
    }

    fn open(&mut self, start: usize, anchor: usize, content: Content) {
        let span = self.span(start, start);
        if self.stack.len() >= MAX_DEPTH {
            self.too_deep(span);
        }
        self.count(1, span);
        self.stack.push(Frame { start, anchor, nodes_before: self.nodes - 1, height: 0, content });
    }

    /// The innermost list or object closes; `end` is behind its bracket, or `None` when indentation closes it.
    pub(super) fn end(&mut self, end: Option<usize>) {
        let Some(frame) = self.stack.pop() else { return };
        let (value, last) = match frame.content {
            Content::Sequence { first } => {
                let items: Vec<Node> = self.items.drain(first..).collect();
                let last = items.last().map(|node| node.span.end);
                (Value::Sequence(items), last)
            }
            Content::Mapping { first, merges, .. } => {
                let entries: Vec<Entry> = self.entries.drain(first..).collect();
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                let last = last.max(merges.last().map(|merge| merge.value.span.end));
                (Value::Mapping(self.mapping(entries, merges)), last)
            }
        };
        let end = end.unwrap_or_else(|| last.map_or(frame.start, |n| n as usize).max(frame.start));
        let node = Node { span: self.span(frame.start, end), value };
        let height = frame.height + 1;
        self.remember(frame.anchor, &node, self.nodes.saturating_sub(frame.nodes_before), height);
        self.attach(node, height);
    }

    /// `*name`: a copy of what the anchor holds, at the place of the alias.
    pub(super) fn alias(&mut self, anchor: usize, span: Span) {
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.error("yaml/alias-inside-itself", span, "this alias stands inside of what it names, which would never end");
            self.stopped = true;
            return;
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        if self.stack.len() + height > MAX_DEPTH {
            self.too_deep(span);
        }
        self.count(nodes, span);
        if self.stopped {
            return;
        }
        let Some(mut node) = self.anchors.get(&anchor).map(|anchored| anchored.node.clone()) else { return };
        node.span = span;
        if !self.expects_key() {
            return self.attach(node, height);
        }
        match node.value {
            Value::String(text) | Value::Number(text) => self.key(text, span, false),
            Value::Bool(value) => self.key(value.to_string(), span, false),
            _ => self.refuse_key(span, node.kind()),
        }
    }

    fn attach(&mut self, node: Node, height: usize) {
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        match &mut frame.content {
            Content::Sequence { .. } => self.items.push(node),
            Content::Mapping { first, key, merges } => match key.take() {
                Some(Key::Named(key, key_span)) => self.entries.push(Entry { key, key_span, value: node }),
                Some(Key::Merge(span)) => merges.push(Merge { before: self.entries.len() - *first, span, value: node }),
                Some(Key::Refused) => {}
                None => self.refuse_key(node.span, node.kind()),
            },
        }
    }

    fn mapping(&mut self, mut entries: Vec<Entry>, merges: Vec<Merge>) -> Mapping {
        self.drop_duplicates(&mut entries);
        if merges.is_empty() {
            return Mapping { entries };
        }
        let mut merged = Vec::with_capacity(entries.len());
        let mut seen: std::collections::HashSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let mut rest = entries.into_iter();
        let mut taken = 0;
        for merge in merges {
            while taken < merge.before {
                merged.extend(rest.next());
                taken += 1;
            }
            for entry in self.merge_entries(merge) {
                // Keys that stand in the object itself win, then the first of the merged objects.
                if seen.insert(entry.key.clone()) {
                    merged.push(entry);
                }
            }
        }
        merged.extend(rest);
        Mapping { entries: merged }
    }

    fn merge_entries(&mut self, merge: Merge) -> Vec<Entry> {
        let sources = match merge.value.value {
            Value::Sequence(items) => items,
            value => vec![Node { span: merge.value.span, value }],
        };
        let mut entries = Vec::new();
        for source in sources {
            match source.value {
                Value::Mapping(mapping) => entries.extend(mapping.entries),
                _ => {
                    let message = format!("`<<` merges objects, and this is {}", source.kind());
                    let key = Label::new(merge.span, "the merge key");
                    self.error("yaml/merge", source.span, message).related.push(key);
                }
            }
        }
        entries
    }

    /// Reports every key that is there twice and keeps the first.
    fn drop_duplicates(&mut self, entries: &mut Vec<Entry>) {
        let mut again: Vec<(usize, usize)> = Vec::new();
        if entries.len() <= 12 {
            for (n, entry) in entries.iter().enumerate() {
                if let Some(first) = entries.iter().take(n).position(|other| other.key == entry.key) {
                    again.push((n, first));
                }
            }
        } else {
            let mut first: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
            for (n, entry) in entries.iter().enumerate() {
                let kept = *first.entry(&entry.key).or_insert(n);
                if kept != n {
                    again.push((n, kept));
                }
            }
        }
        let room = MAX_FINDINGS.saturating_sub(self.diagnostics.len());
        for &(n, first) in again.iter().take(room) {
            let (Some(twice), Some(first)) = (entries.get(n), entries.get(first)) else { continue };
            let message = format!("the key `{}` is there twice", twice.key);
            let found = Diagnostic::error("yaml/duplicate-key", twice.key_span, message)
                .with_label("again here")
                .with_related(first.key_span, "first here")
                .with_help("remove one of the two, or give it another name");
            self.diagnostics.push(found);
        }
        if !again.is_empty() {
            let mut n = 0;
            let mut drop = again.iter().map(|(twice, _)| *twice).peekable();
            entries.retain(|_| {
                let keep = drop.next_if_eq(&n).is_none();
                n += 1;
                keep
            });
        }
    }

    fn count(&mut self, nodes: usize, span: Span) {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES && !self.stopped {
            self.stopped = true;
            let message = format!("more than {MAX_NODES} values, copies that aliases make counted in");
            self.error("yaml/too-many-nodes", span, message);
        }
    }

    fn too_deep(&mut self, span: Span) {
        if !self.stopped {
            self.stopped = true;
            self.error("yaml/too-deep", span, format!("lists and objects are nested deeper than {MAX_DEPTH} levels"));
        }
    }
}

impl<'t> Sink<'t> for Builder {
    fn in_mapping(&self) -> Option<bool> {
        self.stack.last().map(|frame| matches!(frame.content, Content::Mapping { .. }))
    }

    fn stopped(&self) -> bool {
        self.stopped
    }

    fn key(&mut self, text: Cow<'t, str>, start: usize, end: usize) {
        let span = self.span(start, end);
        Self::key(self, text.into_owned(), span, false);
    }

    fn string(&mut self, text: Cow<'t, str>, start: usize, end: usize) {
        self.scalar(Value::String(text.into_owned()), self.span(start, end), 0);
    }

    fn number(&mut self, text: &'t str, start: usize, end: usize) {
        self.scalar(Value::Number(text.to_owned()), self.span(start, end), 0);
    }

    fn word(&mut self, word: Option<bool>, start: usize, end: usize) {
        self.scalar(word.map_or(Value::Null, Value::Bool), self.span(start, end), 0);
    }

    fn start_mapping(&mut self, start: usize) {
        Self::start_mapping(self, start, 0);
    }

    fn start_sequence(&mut self, start: usize) {
        Self::start_sequence(self, start, 0);
    }

    fn end(&mut self, end: usize) {
        Self::end(self, Some(end));
    }
}
