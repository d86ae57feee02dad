//! JSON as a flat list of tokens: texts stay in the source, objects and lists know where they end.
//!
//! A tape is made of texts with nothing to say about only. What is wrong with all others, [`super::parse`] tells.

use std::borrow::Cow;
use std::collections::HashSet;

use super::json::{self, Sink};
use super::view::{Json, Member, View};
use super::{MAX_BYTES, MAX_DEPTH, MAX_NODES, without_bom};
use crate::source::{FileId, Span};

/// A JSON text (comments allowed, as in Avro) in which no key is there twice and that keeps every limit.
#[derive(Debug)]
pub(crate) struct Tape<'t> {
    file: FileId,
    text: &'t str,
    tokens: Vec<Token>,
    /// The texts that are written with escapes.
    unescaped: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    start: u32,
    end: u32,
    /// Of an object or a list: the token behind it. Of a text with escapes: its number, counted from one.
    link: u32,
    /// How many entries or items an object or a list has.
    count: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Null,
    False,
    True,
    Number,
    Text,
    List,
    Object,
}

impl<'t> Tape<'t> {
    /// Reads the text of a file; `None` when there is anything to say about it.
    pub(crate) fn read(file: FileId, text: &'t str) -> Option<Self> {
        let (body, skipped) = without_bom(text);
        if text.len() > MAX_BYTES {
            return None;
        }
        // Rather too many than a copy of all on the way.
        let mut writer = Writer { text, tokens: Vec::with_capacity(body.len() / 6), ..Writer::default() };
        json::read_commented(body, skipped, &mut writer).ok()?;
        let Writer { tokens, unescaped, failed, .. } = writer;
        (!failed && !tokens.is_empty()).then_some(Self { file, text, tokens, unescaped })
    }

    /// The value of the whole text.
    pub(crate) fn root(&self) -> Cursor<'_> {
        Cursor { tape: self, at: 0 }
    }
}

/// Takes the events of a text.
#[derive(Default)]
struct Writer<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    unescaped: Vec<String>,
    open: Vec<Open>,
    failed: bool,
}

/// An object or a list that is still open.
struct Open {
    token: usize,
    is_object: bool,
    /// Bits of the keys so far: a key with a new bit is new, and most are.
    keys: u64,
    /// Some bit was there before: the keys are compared when the object ends.
    is_doubtful: bool,
}

impl<'t> Writer<'t> {
    fn push(&mut self, kind: Kind, start: usize, end: usize, link: u32) {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.tokens.push(Token { kind, start: at(start), end: at(end), link, count: 0 });
        // Keys are counted in: there are fewer values than tokens.
        self.failed |= self.tokens.len() > MAX_NODES;
    }

    fn value(&mut self) {
        if let Some(open) = self.open.last()
            && let Some(token) = self.tokens.get_mut(open.token)
        {
            token.count += 1;
        }
    }

    fn text(&mut self, text: Cow<'t, str>, start: usize, end: usize) {
        let link = match text {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => {
                self.unescaped.push(text);
                u32::try_from(self.unescaped.len()).unwrap_or(u32::MAX)
            }
        };
        self.push(Kind::Text, start, end, link);
    }

    fn start(&mut self, start: usize, is_object: bool) {
        self.value();
        self.failed |= self.open.len() >= MAX_DEPTH;
        self.open.push(Open { token: self.tokens.len(), is_object, keys: 0, is_doubtful: false });
        self.push(if is_object { Kind::Object } else { Kind::List }, start, start, 0);
    }

    /// Compares the keys of the object at a token, where their bits do not tell them apart.
    fn has_twins(&self, object: usize) -> bool {
        let mut seen = HashSet::new();
        let mut at = object + 1;
        while let Some(key) = self.tokens.get(at) {
            if !seen.insert(content(self.text, &self.unescaped, key)) {
                return true;
            }
            at = behind(&self.tokens, at + 1);
        }
        false
    }
}

impl<'t> Sink<'t> for Writer<'t> {
    fn in_mapping(&self) -> Option<bool> {
        self.open.last().map(|open| open.is_object)
    }

    fn stopped(&self) -> bool {
        self.failed
    }

    fn key(&mut self, text: Cow<'t, str>, start: usize, end: usize) {
        if let Some(open) = self.open.last_mut() {
            let bytes = text.as_bytes();
            let (first, last) = (bytes.first().copied().unwrap_or(0), bytes.last().copied().unwrap_or(0));
            let bit = 1_u64 << ((bytes.len() * 13 + usize::from(first) * 7 + usize::from(last)) % 64);
            open.is_doubtful |= open.keys & bit != 0;
            open.keys |= bit;
        }
        self.text(text, start, end);
    }

    fn string(&mut self, text: Cow<'t, str>, start: usize, end: usize) {
        self.value();
        self.text(text, start, end);
    }

    fn number(&mut self, _: &'t str, start: usize, end: usize) {
        self.value();
        self.push(Kind::Number, start, end, 0);
    }

    fn word(&mut self, word: Option<bool>, start: usize, end: usize) {
        self.value();
        let kind = match word {
            None => Kind::Null,
            Some(false) => Kind::False,
            Some(true) => Kind::True,
        };
        self.push(kind, start, end, 0);
    }

    fn start_mapping(&mut self, start: usize) {
        self.start(start, true);
    }

    fn start_sequence(&mut self, start: usize) {
        self.start(start, false);
    }

    fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let next = u32::try_from(self.tokens.len()).unwrap_or(u32::MAX);
        self.failed |= open.is_doubtful && self.has_twins(open.token);
        if let Some(token) = self.tokens.get_mut(open.token) {
            token.end = u32::try_from(end).unwrap_or(u32::MAX);
            token.link = next;
        }
    }
}

/// The token behind the value at a token.
fn behind(tokens: &[Token], at: usize) -> usize {
    match tokens.get(at) {
        Some(Token { kind: Kind::Object | Kind::List, link, .. }) => *link as usize,
        _ => at + 1,
    }
}

/// The text of a token.
fn content<'a>(text: &'a str, unescaped: &'a [String], token: &Token) -> &'a str {
    if token.link > 0 {
        return unescaped.get(token.link as usize - 1).map_or("", String::as_str);
    }
    text.get(token.start as usize + 1..token.end as usize - 1).unwrap_or("")
}

/// A value on a tape.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    tape: &'a Tape<'a>,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn token(self) -> Token {
        // A cursor stands on a token that is there.
        self.tape.tokens.get(self.at).copied().unwrap_or(Token { kind: Kind::Null, start: 0, end: 0, link: 0, count: 0 })
    }

    fn range(self, token: Token) -> Span {
        Span { file: self.tape.file, start: token.start, end: token.end }
    }

    fn inside(self, token: Token) -> Inside<'a> {
        Inside { tape: self.tape, at: self.at + 1, left: token.count as usize }
    }
}

impl<'a> Json<'a> for Cursor<'a> {
    type Items = Items<'a>;
    type Entries = Entries<'a>;

    fn span(self) -> Span {
        self.range(self.token())
    }

    fn view(self) -> View<'a, Self> {
        let token = self.token();
        match token.kind {
            Kind::Null => View::Null,
            Kind::False => View::Bool(false),
            Kind::True => View::Bool(true),
            Kind::Number => View::Number(self.tape.text.get(token.start as usize..token.end as usize).unwrap_or("0")),
            Kind::Text => View::String(content(self.tape.text, &self.tape.unescaped, &token)),
            Kind::List => View::Sequence(Items(self.inside(token))),
            Kind::Object => View::Mapping(Entries(self.inside(token))),
        }
    }
}

/// What is left of an object or a list.
#[derive(Debug, Clone)]
struct Inside<'a> {
    tape: &'a Tape<'a>,
    at: usize,
    left: usize,
}

/// The items of a list.
#[derive(Debug, Clone)]
pub(crate) struct Items<'a>(Inside<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = Cursor<'a>;

    fn next(&mut self) -> Option<Cursor<'a>> {
        self.0.left = self.0.left.checked_sub(1)?;
        let item = Cursor { tape: self.0.tape, at: self.0.at };
        self.0.at = behind(&self.0.tape.tokens, self.0.at);
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left, Some(self.0.left))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The entries of an object.
#[derive(Debug, Clone)]
pub(crate) struct Entries<'a>(Inside<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = Member<'a, Cursor<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let Inside { tape, at, left } = &mut self.0;
        *left = left.checked_sub(1)?;
        let key = Cursor { tape, at: *at };
        let value = Cursor { tape, at: *at + 1 };
        *at = behind(&tape.tokens, *at + 1);
        let token = key.token();
        Some(Member { key: content(tape.text, &tape.unescaped, &token), key_span: key.range(token), value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;
    use crate::yaml;

    /// The tape says what the tree says, or nothing.
    fn check(text: &str, is_clean: bool) {
        let mut sources = Sources::new();
        let file = sources.add("a.avsc", text);
        let (node, found) = yaml::parse(&sources, file);
        assert_eq!(found.is_empty(), is_clean, "{text}: {found:?}");
        let tape = Tape::read(file, sources.file(file).text());
        let read = tape.as_ref().map(|tape| tape.root().to_node());
        assert_eq!(read, node.filter(|_| found.is_empty()), "{text}");
    }

    #[test]
    fn the_tape_says_what_the_tree_says() {
        for text in [
            "{\"a\":1,\n\t\"b\":[\n\t\t1 , 2\n\t]\t}\n",
            r#"["\ud83d\ude00\u00e9", "\/\b\f\n\r\t\"\\", "", {}, [], [[]], {"":null}, "größe"]"#,
            r#"{"a":{"b":{"c":true,"d":false}},"d":-0.5e-3,"\u0065":18446744073709551615}"#,
            "\u{feff} // why\n{\"a\": /* how */ \"b\"}",
            "\"text\"",
            "  3 ",
            "null",
            // Keys that have one bit.
            r#"{"ab":1,"ba":2,"aab":3,"aba":4}"#,
            r#"{"a1b":1,"a2b":2,"a3b":{"x":{}},"a4b":[]}"#,
        ] {
            check(text, true);
        }
    }

    #[test]
    fn there_is_no_tape_of_a_text_with_a_mistake() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{\"a\":1} 2",
            "{\"a\":1,\"b\":[],\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
            "\"a",
            "01",
            "\"\\ud800\"",
        ] {
            check(text, false);
        }
        check(&("[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH)), true);
        check(&("[".repeat(MAX_DEPTH + 1) + &"]".repeat(MAX_DEPTH + 1)), false);
    }
}
