//! Pulls values out of a JSON text one by one, for a reader that knows what it looks for: nothing is kept on the way.
//!
//! Every method gives `None` at the first mistake, and at the first thing that is rare: a comment, an escape in a key. What is the
//! matter then, [`super::parse`] tells.

use std::borrow::Cow;

use super::{Entry, Mapping, Node, Value, json, without_bom};
use crate::source::{FileId, Span};

/// The longest text that is pulled apart, in bytes: a shorter one has less values than [`super::MAX_NODES`] at two bytes each.
const MAX_BYTES: usize = 2 * super::MAX_NODES;
/// The deepest nesting of lists and objects, well below [`super::MAX_DEPTH`].
const MAX_DEPTH: usize = 100;
/// The most keys of an object that is read as a tree: each is compared with all before it.
const MAX_KEYS: usize = 32;

/// A JSON text and the place that was reached in it.
#[derive(Debug)]
pub(crate) struct Pull<'t> {
    file: FileId,
    text: &'t str,
    /// What has not been read.
    rest: &'t [u8],
    /// Lists and objects that are open.
    depth: usize,
}

impl<'t> Pull<'t> {
    /// Stands before the value of the text.
    pub(crate) fn new(file: FileId, text: &'t str) -> Option<Self> {
        (text.len() < MAX_BYTES).then_some(Self { file, text, rest: without_bom(text).0.as_bytes(), depth: 0 })
    }

    /// The place that was reached.
    #[inline]
    pub(crate) fn at(&self) -> u32 {
        // A text has less than `MAX_BYTES`.
        #[allow(clippy::cast_possible_truncation)]
        let at = (self.text.len() - self.rest.len()) as u32;
        at
    }

    /// Goes to a place where it stood before.
    pub(crate) fn go_to(&mut self, at: u32) {
        self.rest = self.text.as_bytes().get(at as usize..).unwrap_or_default();
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// From a place to where it stands now.
    #[inline]
    pub(crate) fn span_from(&self, start: u32) -> Span {
        Span { file: self.file, start, end: self.at() }
    }

    /// Passes over blanks and gives the byte that follows, which stays.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        // No blank or a single space is the rule.
        match self.rest {
            [byte, ..] if *byte > b' ' => Some(*byte),
            [b' ', rest @ ..] if rest.first().is_some_and(|byte| *byte > b' ') => {
                self.rest = rest;
                rest.first().copied()
            }
            _ => self.peek_far(),
        }
    }

    fn peek_far(&mut self) -> Option<u8> {
        loop {
            match self.rest {
                [b' ', b' ', b' ', b' ', rest @ ..] | [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] => self.rest = rest,
                [byte, ..] => return Some(*byte),
                [] => return None,
            }
        }
    }

    /// Passes over the byte that was peeked.
    #[inline]
    fn step(&mut self) {
        self.rest = self.rest.get(1..).unwrap_or_default();
    }

    /// The byte behind the one that was peeked.
    #[inline]
    pub(crate) fn second(&self) -> Option<u8> {
        self.rest.get(1).copied()
    }

    /// Passes over a word, when it is what stands here.
    #[inline]
    pub(crate) fn skip(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word.as_bytes()) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Nothing follows but blanks.
    pub(crate) fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Goes into the list or object that was peeked.
    #[inline]
    pub(crate) fn enter(&mut self) -> Option<()> {
        self.step();
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    /// Whether another item or key follows; else the list or object is left. `first` says that none came before it.
    #[inline]
    pub(crate) fn more(&mut self, close: u8, first: bool) -> Option<bool> {
        let byte = self.peek()?;
        if byte == close {
            self.step();
            self.depth -= 1;
            return Some(false);
        }
        if !first {
            if byte != b',' {
                return None;
            }
            self.step();
        }
        Some(true)
    }

    /// A key without escapes, and passes over the colon behind it.
    #[inline]
    pub(crate) fn key(&mut self) -> Option<&'t str> {
        let (key, _) = self.plain()?;
        self.colon()?;
        Some(key)
    }

    #[inline]
    fn colon(&mut self) -> Option<()> {
        if self.peek()? != b':' {
            return None;
        }
        self.step();
        Some(())
    }

    /// Passes over a text without escapes: from behind its first quote to its last.
    // A place that goes through memory in halves and is read as a whole makes the processor wait longer than all of this takes.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn quoted(&mut self) -> Option<(u32, u32)> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at() + 1;
        let (_, rest) = self.rest.split_first()?;
        let (_, [b'"', rest @ ..]) = rest.split_at_checked(json::special(rest)?)? else { return None };
        self.rest = rest;
        Some((start, self.at() - 1))
    }

    /// A text without escapes, and where it stands with its quotes.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn plain(&mut self) -> Option<(&'t str, Span)> {
        let (start, end) = self.quoted()?;
        Some((self.text.get(start as usize..end as usize)?, Span { file: self.file, start: start - 1, end: end + 1 }))
    }

    /// A text, and where it stands with its quotes.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<(Cow<'t, str>, Span)> {
        if let Some((text, span)) = self.plain() {
            return Some((Cow::Borrowed(text), span));
        }
        let start = self.at();
        let (text, length) = json::string(self.text.get(start as usize..)?)?;
        self.rest = self.rest.get(length..)?;
        Some((Cow::Owned(text), self.span_from(start)))
    }

    /// A number as it is written, and where it stands.
    pub(crate) fn number(&mut self) -> Option<(&'t str, Span)> {
        self.peek()?;
        let start = self.at();
        let rest = self.text.get(start as usize..)?;
        let (number, _) = rest.split_at_checked(json::number(rest)?)?;
        self.rest = self.rest.get(number.len()..)?;
        Some((number, self.span_from(start)))
    }

    /// Any value as a tree.
    pub(crate) fn node(&mut self) -> Option<Node> {
        let byte = self.peek()?;
        let start = self.at();
        let value = match byte {
            b'"' => Value::String(self.string()?.0.into_owned()),
            b'{' => Value::Mapping(self.mapping()?),
            b'[' => {
                self.enter()?;
                let mut items = Vec::new();
                while self.more(b']', items.is_empty())? {
                    items.push(self.node()?);
                }
                Value::Sequence(items)
            }
            b'-' | b'0'..=b'9' => Value::Number(self.number()?.0.to_owned()),
            _ => {
                let words = [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))];
                words.into_iter().find(|(word, _)| self.skip(word))?.1
            }
        };
        Some(Node { span: self.span_from(start), value })
    }

    fn mapping(&mut self) -> Option<Mapping> {
        self.enter()?;
        let mut entries = Vec::new();
        while self.more(b'}', entries.is_empty())? {
            let entry = self.entry()?;
            add(&mut entries, entry)?;
        }
        Some(Mapping { entries })
    }

    fn entry(&mut self) -> Option<Entry> {
        let (key, key_span) = self.plain()?;
        self.colon()?;
        Some(Entry { key: key.to_owned(), key_span, value: self.node()? })
    }

    /// Passes over any value, which is read all the same: a mistake in it is none the less one.
    pub(crate) fn pass(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string().map(drop),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            _ => self.node().map(drop),
        }
    }
}

/// The entries in a part of an object that was pulled apart before: from the first key to behind the last value.
pub(crate) fn written_entries(file: FileId, text: &str, start: u32, end: u32) -> Vec<Entry> {
    let mut entries = Vec::new();
    let Some(text) = text.get(..end as usize) else { return entries };
    let mut pull = Pull { file, text, rest: &[], depth: 0 };
    pull.go_to(start);
    while let Some(entry) = pull.entry() {
        entries.push(entry);
        if pull.peek() != Some(b',') {
            break;
        }
        pull.step();
    }
    entries
}

/// Adds an entry whose key is not among them yet.
fn add(entries: &mut Vec<Entry>, entry: Entry) -> Option<()> {
    if entries.len() >= MAX_KEYS || entries.iter().any(|known| known.key == entry.key) {
        return None;
    }
    entries.push(entry);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::yaml;

    /// What is pulled out of a text is what the tree says, or nothing.
    fn check(text: &str, is_pulled: bool) {
        let mut sources = Sources::new();
        let file = sources.add("a.avsc", text);
        let (node, found) = yaml::parse(&sources, file);
        let mut pull = Pull::new(file, sources.file(file).text()).expect("a short text");
        let pulled = pull.node().filter(|_| pull.is_done());
        assert_eq!(pulled.is_some(), is_pulled, "{text}");
        if is_pulled {
            assert_eq!((pulled, found.len()), (node, 0), "{text}");
        }
    }

    #[test]
    fn what_is_pulled_is_what_the_tree_says() {
        for text in [
            "{\"a\":1,\n\t\"b\":[\n\t\t1 , 2\n\t]\t}\n",
            r#"["\ud83d\ude00\u00e9", "\/\b\f\n\r\t\"\\", "", {}, [], [[]], {"":null}, "größe"]"#,
            r#"{"a":{"b":{"c":true,"d":false}},"d":-0.5e-3,"e":18446744073709551615}"#,
            "\u{feff} {\"a\": \"b\"}",
            "\"text\"",
            "  3 ",
            "null",
        ] {
            check(text, true);
        }
        check(&("[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH)), true);
    }

    #[test]
    fn mistakes_and_rarities_are_left_to_others() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "[1 2]",
            "[,1]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":1} 2",
            "{\"a\":1,\"b\":[],\"a\":2}",
            "\"a",
            "\"a\nb\"",
            "\"\\x\"",
            "01",
            "-",
            "1.",
            "nul",
            "\"\\ud800\"",
            "{\"\\u0061\":2}",
            "{\"a\": /* how */ \"b\"}",
            "[1]]",
            "[1}",
        ] {
            check(text, false);
        }
        check(&("[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1)), false);
    }
}
