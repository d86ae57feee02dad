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
    /// Of the text.
    bytes: &'t [u8],
    /// What is before it has been read.
    at: usize,
    /// Lists and objects that are open.
    depth: usize,
}

impl<'t> Pull<'t> {
    /// Stands before the value of the text.
    pub(crate) fn new(file: FileId, text: &'t str) -> Option<Self> {
        let at = text.len() - without_bom(text).0.len();
        (text.len() < MAX_BYTES).then_some(Self { file, text, bytes: text.as_bytes(), at, depth: 0 })
    }

    /// The place that was reached.
    #[inline]
    pub(crate) fn at(&self) -> u32 {
        place(self.at)
    }

    /// Goes to a place where it stood before.
    pub(crate) fn go_to(&mut self, at: u32) {
        self.at = at as usize;
    }

    /// The bytes of the whole text.
    pub(crate) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// From a place to where it stands now.
    #[inline]
    pub(crate) fn span_from(&self, start: u32) -> Span {
        Span { file: self.file, start, end: self.at() }
    }

    /// Passes over blanks and gives the byte that follows, which stays.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        // No blank or a single space is the rule.
        if byte > b' ' {
            return Some(byte);
        }
        match self.bytes.get(self.at + 1) {
            Some(next) if byte == b' ' && *next > b' ' => {
                self.at += 1;
                Some(*next)
            }
            _ => self.peek_far(),
        }
    }

    #[inline(never)]
    fn peek_far(&mut self) -> Option<u8> {
        // The indent of a line is passed over at once.
        while let Some(eight) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let spaces = (u64::from_le_bytes(*eight) ^ u64::from_le_bytes(*b"        ")).trailing_zeros() as usize / 8;
            self.at += spaces;
            match eight.get(spaces) {
                None => {}
                Some(b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(byte) => return Some(*byte),
            }
        }
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// The byte behind the one that was peeked.
    #[inline]
    pub(crate) fn second(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    /// The next eight bytes, the first of them lowest; zero where the text has fewer.
    #[inline]
    pub(crate) fn eight(&self) -> u64 {
        let bytes = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<8>());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    /// Passes over so many of the bytes that were looked at.
    #[inline]
    pub(crate) fn step(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Passes over a word, when it is what stands here.
    #[inline]
    pub(crate) fn skip(&mut self, word: &str) -> bool {
        let is_here = self.bytes.get(self.at..self.at + word.len()) == Some(word.as_bytes());
        self.at += if is_here { word.len() } else { 0 };
        is_here
    }

    /// Nothing follows but blanks.
    pub(crate) fn is_done(&mut self) -> bool {
        self.peek().is_none()
    }

    /// Goes into the list or object that was peeked.
    #[inline]
    pub(crate) fn enter(&mut self) -> Option<()> {
        self.at += 1;
        self.depth += 1;
        (self.depth <= MAX_DEPTH).then_some(())
    }

    /// Whether another item or key follows, and stands before it then; else the list or object is left. `first` says that none came
    /// before it.
    #[inline]
    pub(crate) fn more(&mut self, close: u8, first: bool) -> Option<bool> {
        let byte = self.peek()?;
        if byte == b',' && !first {
            self.at += 1;
            self.peek()?;
            return Some(true);
        }
        if byte == close {
            self.at += 1;
            self.depth -= 1;
            return Some(false);
        }
        first.then_some(true)
    }

    /// A key without escapes, and passes over the colon behind it.
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
        self.at += 1;
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
        let start = self.at + 1;
        let rest = self.bytes.get(start..)?;
        let length = json::special(rest)?;
        if rest.get(length) != Some(&b'"') {
            return None;
        }
        self.at = start + length + 1;
        Some((place(start), place(start + length)))
    }

    /// A text without escapes, and where it stands with its quotes.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn plain(&mut self) -> Option<(&'t str, Span)> {
        let (start, end) = self.quoted()?;
        Some((self.text.get(start as usize..end as usize)?, Span { file: self.file, start: start - 1, end: end + 1 }))
    }

    /// A text of ASCII letters, digits and underscores alone that starts with no digit, as most names are, and where it stands with
    /// its quotes. `None`, and nothing is passed, for all else.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn word(&mut self) -> Option<(&'t str, Span)> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        let rest = self.bytes.get(start..)?;
        let length = json::word(rest);
        let is_word = rest.get(length) == Some(&b'"') && rest.first().is_some_and(|first| *first > b'9');
        let text = self.text.get(start..start + length).filter(|_| is_word && length > 0)?;
        self.at = start + length + 1;
        Some((text, Span { file: self.file, start: place(start - 1), end: place(self.at) }))
    }

    /// A text, and where it stands with its quotes.
    #[inline]
    pub(crate) fn string(&mut self) -> Option<(Cow<'t, str>, Span)> {
        if let Some((text, span)) = self.plain() {
            return Some((Cow::Borrowed(text), span));
        }
        let start = self.at();
        let (text, length) = json::string(self.text.get(start as usize..)?)?;
        self.at += length;
        Some((Cow::Owned(text), self.span_from(start)))
    }

    /// A number as it is written, and where it stands.
    pub(crate) fn number(&mut self) -> Option<(&'t str, Span)> {
        self.peek()?;
        let start = self.at();
        let rest = self.text.get(self.at..)?;
        let (number, _) = rest.split_at_checked(json::number(rest)?)?;
        self.at += number.len();
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
            b'n' if self.skip("null") => Value::Null,
            b't' if self.skip("true") => Value::Bool(true),
            b'f' if self.skip("false") => Value::Bool(false),
            _ => return None,
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
    let mut pull = Pull { file, text, bytes: text.as_bytes(), at: start as usize, depth: 0 };
    while let Some(entry) = pull.entry() {
        entries.push(entry);
        if pull.peek() != Some(b',') {
            break;
        }
        pull.at += 1;
    }
    entries
}

/// A text that is pulled apart has less than [`MAX_BYTES`].
#[allow(clippy::cast_possible_truncation)]
#[inline]
fn place(at: usize) -> u32 {
    at as u32
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
            "                         [  1          ,\n\n        \t   2   \n         ]               \n        ",
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
