//! A value of JSON, wherever it stands: in a tree of [`Node`]s or on a [`super::tape::Tape`].

use super::{Entry, Mapping, Node, Value};
use crate::source::Span;

/// A value with its place, to be looked at.
pub(crate) trait Json<'a>: Copy + 'a {
    /// The items of a list.
    type Items: ExactSizeIterator<Item = Self>;
    /// The entries of an object, in the order of the text; keys are unique.
    type Entries: Iterator<Item = Member<'a, Self>>;

    /// The place of the value.
    fn span(self) -> Span;

    /// What stands there.
    fn view(self) -> View<'a, Self>;

    /// The text, when this is a string.
    fn as_str(self) -> Option<&'a str> {
        if let View::String(text) = self.view() { Some(text) } else { None }
    }

    /// The items, when this is a list.
    fn items(self) -> Option<Self::Items> {
        if let View::Sequence(items) = self.view() { Some(items) } else { None }
    }

    /// The entries, when this is an object.
    fn entries(self) -> Option<Self::Entries> {
        if let View::Mapping(entries) = self.view() { Some(entries) } else { None }
    }

    /// The same value as a tree.
    fn to_node(self) -> Node {
        let value = match self.view() {
            View::Null => Value::Null,
            View::Bool(truth) => Value::Bool(truth),
            View::Number(number) => Value::Number(number.to_owned()),
            View::String(text) => Value::String(text.to_owned()),
            View::Sequence(items) => Value::Sequence(items.map(Self::to_node).collect()),
            View::Mapping(entries) => Value::Mapping(Mapping { entries: entries.map(Member::into_entry).collect() }),
        };
        Node { span: self.span(), value }
    }

    /// The name of the kind for messages: `a string`, `an object`.
    fn kind(self) -> &'static str {
        match self.view() {
            View::Null => "null",
            View::Bool(_) => "a boolean",
            View::Number(_) => "a number",
            View::String(_) => "a string",
            View::Sequence(_) => "a list",
            View::Mapping(_) => "an object",
        }
    }
}

/// What stands at a place.
pub(crate) enum View<'a, J: Json<'a>> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it is written.
    Number(&'a str),
    /// A text.
    String(&'a str),
    /// A list.
    Sequence(J::Items),
    /// An object.
    Mapping(J::Entries),
}

/// A key and its value.
pub(crate) struct Member<'a, J> {
    /// The key.
    pub(crate) key: &'a str,
    /// The place of the key.
    pub(crate) key_span: Span,
    /// The value.
    pub(crate) value: J,
}

impl<'a, J: Json<'a>> Member<'a, J> {
    /// The same as a part of a tree.
    pub(crate) fn into_entry(self) -> Entry {
        Entry { key: self.key.to_owned(), key_span: self.key_span, value: self.value.to_node() }
    }
}

impl<'a> Json<'a> for &'a Node {
    type Items = std::slice::Iter<'a, Node>;
    type Entries = std::iter::Map<std::slice::Iter<'a, Entry>, fn(&'a Entry) -> Member<'a, Self>>;

    fn span(self) -> Span {
        self.span
    }

    fn view(self) -> View<'a, Self> {
        match &self.value {
            Value::Null => View::Null,
            Value::Bool(truth) => View::Bool(*truth),
            Value::Number(number) => View::Number(number),
            Value::String(text) => View::String(text),
            Value::Sequence(items) => View::Sequence(items.iter()),
            Value::Mapping(mapping) => View::Mapping(mapping.entries.iter().map(member as fn(_) -> _)),
        }
    }

    fn to_node(self) -> Node {
        self.clone()
    }
}

fn member(entry: &Entry) -> Member<'_, &Node> {
    Member { key: &entry.key, key_span: entry.key_span, value: &entry.value }
}
