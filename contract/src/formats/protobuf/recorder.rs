//! Recording of places: the next token, opening and closing of locations, the comments at the ends of declarations.
//!
//! Which elements there are and what their paths are is in `locations`.

use std::collections::HashSet;

use prost_types::source_code_info::Location;

use super::comments;
use super::lex::{Kind, Token};
use super::locations::OptionPaths;

/// Line, column and end column of a token, from 0; a tab goes to the next column that eight divides.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    line: i32,
    start: i32,
    end: i32,
}

fn places(text: &str, tokens: &[Token]) -> Vec<Place> {
    let (mut at, mut line, mut column) = (0, 0, 0);
    let bytes = text.as_bytes();
    let mut go = |to: usize| {
        for byte in bytes.get(at..to).unwrap_or_default() {
            match byte {
                b'\n' => (line, column) = (line + 1, 0),
                b'\t' => column += 8 - column % 8,
                _ => column += 1,
            }
        }
        at = to;
        (line, column)
    };
    let mut out = Vec::with_capacity(tokens.len());
    for token in tokens {
        let (line, start) = go(token.start);
        let (_, end) = go(token.end);
        out.push(Place { line, start, end });
    }
    out
}

/// A path with more parts.
pub(super) fn with(path: &[i32], more: &[i32]) -> Vec<i32> {
    [path, more].concat()
}

/// A place in the tokens of a file, and the locations so far.
pub(super) struct Recorder<'a> {
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
    places: Vec<Place>,
    pub(super) at: usize,
    pub(super) out: Vec<Location>,
    pub(super) options: &'a OptionPaths,
    /// The comment that belongs to what comes next.
    pub(super) leading: String,
    /// Comments in front of it that belong to nothing.
    pub(super) detached: Vec<String>,
    /// Locations of options that are not in the descriptor.
    pub(super) dropped: HashSet<usize>,
}

impl<'a> Recorder<'a> {
    /// The start of a file.
    pub(super) fn new(text: &'a str, tokens: &'a [Token], options: &'a OptionPaths) -> Self {
        let (out, leading, detached, dropped) = (Vec::new(), String::new(), Vec::new(), HashSet::new());
        Self { text, tokens, places: places(text, tokens), at: 0, out, options, leading, detached, dropped }
    }

    pub(super) fn word(&self) -> &'a str {
        self.tokens.get(self.at).and_then(|t| self.text.get(t.start..t.end)).unwrap_or_default()
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.word() == word
    }

    pub(super) fn done(&self) -> bool {
        self.tokens.get(self.at).is_none_or(|t| t.kind == Kind::End)
    }

    pub(super) fn is_text(&self) -> bool {
        self.tokens.get(self.at).is_some_and(|t| matches!(t.kind, Kind::Str(_)))
    }

    pub(super) fn skip(&mut self, count: usize) {
        self.at = (self.at + count).min(self.tokens.len().saturating_sub(1));
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        if found {
            self.skip(1);
        }
        found
    }

    /// Opens a location at the next token.
    pub(super) fn open(&mut self, path: Vec<i32>) -> usize {
        self.open_at(path, self.at)
    }

    pub(super) fn open_at(&mut self, path: Vec<i32>, token: usize) -> usize {
        let place = self.places.get(token).copied().unwrap_or_default();
        self.out.push(Location { path, span: vec![place.line, place.start], ..Location::default() });
        self.out.len() - 1
    }

    /// Ends a location behind the last token that was taken.
    pub(super) fn close(&mut self, location: usize) {
        let last = self.places.get(self.at.saturating_sub(1)).copied().unwrap_or_default();
        if let Some(location) = self.out.get_mut(location) {
            let start = location.span.first().copied().unwrap_or(0);
            location.span.truncate(2);
            if start != last.line {
                location.span.push(last.line);
            }
            location.span.push(last.end);
        }
    }

    /// A location of the next tokens.
    pub(super) fn take(&mut self, path: Vec<i32>, count: usize) {
        let location = self.open(path);
        self.skip(count);
        self.close(location);
    }

    /// Takes the `;`, `{` or `}` that ends a declaration, and hands out the comments around it.
    pub(super) fn end(&mut self, location: Option<usize>) {
        let this = self.tokens.get(self.at).map_or(0, |t| t.end);
        let closing = self.is("}");
        let next = self.tokens.get(self.at + 1);
        let scope_ends =
            next.is_none_or(|n| n.kind == Kind::End || matches!(self.text.get(n.start..n.end), Some("}" | "]" | ")")));
        let found = comments::around(self.text, Some(this), next.map_or(self.text.len(), |n| n.start), scope_ends);
        self.skip(1);
        let leading = std::mem::replace(&mut self.leading, found.leading);
        match location.and_then(|l| self.out.get_mut(l)) {
            Some(location) => {
                location.leading_comments = (!leading.is_empty()).then_some(leading);
                location.trailing_comments = (!found.trailing.is_empty()).then_some(found.trailing);
                location.leading_detached_comments = std::mem::replace(&mut self.detached, found.detached);
            }
            None if closing => self.detached = found.detached,
            None => self.detached.extend(found.detached),
        }
    }

    pub(super) fn texts(&mut self) {
        while self.is_text() {
            self.skip(1);
        }
    }

    /// A location over tokens that were taken.
    pub(super) fn span_of(&mut self, path: Vec<i32>, from: usize, to: usize) {
        let location = self.open_at(path, from);
        let here = std::mem::replace(&mut self.at, to + 1);
        self.close(location);
        self.at = here;
    }

    /// A name with dots.
    pub(super) fn name(&mut self) {
        self.eat(".");
        self.skip(1);
        while self.eat(".") {
            self.skip(1);
        }
    }
}
