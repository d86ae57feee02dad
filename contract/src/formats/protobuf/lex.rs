//! Text of a `.proto` file becomes tokens with their places, and the comments between them.
//!
//! Lives here: tokens, string escapes, comments. Does not live here: any grammar.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A letter or `_`, then letters, digits, `_`.
    Ident,
    /// An integer that fits 64 bits, in any base.
    Int(u64),
    /// A number with a point or an exponent, or an integer of more than 64 bits.
    Float(f64),
    /// A string literal, escapes resolved; not always UTF-8.
    Str(Vec<u8>),
    /// One character of punctuation.
    Symbol(char),
    /// The end of the text.
    End,
}

/// One token.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset behind its last byte.
    pub(super) end: usize,
    /// The number of comments that stand before it in the file.
    comments_before: usize,
}

/// A comment: consecutive `//` lines are one, except behind a statement on the same line.
#[derive(Debug)]
struct Comment {
    start: usize,
    end: usize,
}

/// The tokens and comments of one file.
#[derive(Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// The tokens; the last one is [`Kind::End`].
    pub(super) list: Vec<Token>,
    comments: Vec<Comment>,
}

/// Splits a text into tokens; the first thing that is no token stops it.
pub(super) fn lex(text: &str, file: FileId) -> Result<Tokens<'_>, Box<Diagnostic>> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), file, at: 0, comments: Vec::new() };
    let mut list = Vec::with_capacity(text.len() / 6);
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    loop {
        lexer.skip_blank()?;
        let start = lexer.at;
        let comments_before = lexer.comments.len();
        let kind = lexer.token()?;
        let done = kind == Kind::End;
        list.push(Token { kind, start, end: lexer.at, comments_before });
        if done {
            return Ok(Tokens { text, list, comments: lexer.comments });
        }
    }
}

impl Tokens<'_> {
    /// The comment right in front of a token: no blank line between, and not behind another statement on its line.
    pub(super) fn leading(&self, token: usize) -> Option<String> {
        let last = self.list.get(token)?;
        let (from, previous_end) = match token.checked_sub(1).and_then(|p| self.list.get(p)) {
            Some(p) => (p.comments_before, Some(p.end)),
            None => (0, None),
        };
        let comments = self.comments.get(from..last.comments_before)?;
        let mut lines: Vec<&Comment> = Vec::new();
        let mut next = last.start;
        // The first and the last line break between the two tokens, looked for once: there may be any number of comments.
        let between = |p: usize| self.text.get(p..last.start).unwrap_or_default();
        let first_break = previous_end.map(|p| between(p).find('\n').map_or(usize::MAX, |n| p + n));
        let last_break = previous_end.and_then(|p| Some(p + between(p).rfind('\n')?));
        for comment in comments.iter().rev() {
            let joins = self.breaks(comment.end, next) <= 1
                && lines.last().is_none_or(|below| self.is_line(comment) && self.is_line(below));
            let trails =
                first_break.is_some_and(|first| comment.start <= first) && last_break.is_some_and(|last| last >= comment.end);
            if !joins || trails {
                break;
            }
            lines.push(comment);
            next = comment.start;
        }
        lines.reverse();
        self.text_of(&lines)
    }

    /// The comment behind a token on the same line, followed by a line break.
    pub(super) fn trailing(&self, token: usize) -> Option<String> {
        let this = self.list.get(token)?;
        let next = self.list.get(token + 1)?;
        let comment = self.comments.get(this.comments_before..next.comments_before)?.first()?;
        let same_line = self.breaks(this.end, comment.start) == 0;
        let ends_line = self.breaks(comment.end, next.start) > 0 || next.kind == Kind::End;
        if same_line && ends_line { self.text_of(&[comment]) } else { None }
    }

    fn is_line(&self, comment: &Comment) -> bool {
        self.text.get(comment.start..).is_some_and(|t| t.starts_with("//"))
    }

    fn breaks(&self, from: usize, to: usize) -> usize {
        self.text.get(from..to).map_or(0, |t| t.bytes().filter(|b| *b == b'\n').count())
    }

    /// The words of comments without `//`, `/*` and the `*` in front of lines.
    fn text_of(&self, comments: &[&Comment]) -> Option<String> {
        let mut lines: Vec<&str> = Vec::new();
        for comment in comments {
            let raw = self.text.get(comment.start..comment.end)?;
            if let Some(line) = raw.strip_prefix("//") {
                lines.push(line.strip_prefix(' ').unwrap_or(line).trim_end());
            } else {
                let inner = raw.strip_prefix("/*").and_then(|r| r.strip_suffix("*/")).unwrap_or(raw);
                lines.extend(inner.trim_start_matches('*').lines().map(|l| {
                    let l = l.trim();
                    l.strip_prefix('*').map_or(l, |l| l.strip_prefix(' ').unwrap_or(l))
                }));
            }
        }
        let text = lines.join("\n").trim_matches('\n').trim_end().to_owned();
        (!text.trim().is_empty()).then_some(text)
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    file: FileId,
    at: usize,
    comments: Vec<Comment>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn error(&self, start: usize, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error("protobuf/syntax", Span::new(self.file, start, self.at.max(start + 1)), message))
    }

    /// Skips white space and collects comments.
    fn skip_blank(&mut self) -> Result<(), Box<Diagnostic>> {
        loop {
            let start = self.at;
            match (self.peek(0), self.peek(1)) {
                (b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c, _) => self.at += 1,
                (b'/', b'/') => {
                    let rest = self.bytes.get(start..).unwrap_or_default();
                    self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    self.comments.push(Comment { start, end: self.at });
                }
                (b'/', b'*') => {
                    let body = self.text.get(start + 2..).unwrap_or_default();
                    let Some(length) = body.find("*/") else {
                        self.at = self.bytes.len();
                        return Err(self.error(start, "this comment is never closed: '*/' is missing"));
                    };
                    self.at = start + 2 + length + 2;
                    self.comments.push(Comment { start, end: self.at });
                }
                _ => return Ok(()),
            }
        }
    }

    fn token(&mut self) -> Result<Kind, Box<Diagnostic>> {
        let start = self.at;
        match self.peek(0) {
            0 if start >= self.bytes.len() => Ok(Kind::End),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                self.skip_word();
                Ok(Kind::Ident)
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.peek(1).is_ascii_digit() => self.number(),
            quote @ (b'"' | b'\'') => self.string(quote),
            byte if byte.is_ascii_graphic() => {
                self.at += 1;
                Ok(Kind::Symbol(char::from(byte)))
            }
            _ => {
                let found = self.text.get(start..).and_then(|t| t.chars().next()).unwrap_or('\0');
                self.at += found.len_utf8();
                Err(self.error(start, format!("the character {found:?} cannot stand here")))
            }
        }
    }

    fn skip_word(&mut self) {
        while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<Kind, Box<Diagnostic>> {
        let start = self.at;
        if self.peek(0) == b'0' && matches!(self.peek(1), b'x' | b'X') {
            self.skip_word();
            let digits = self.text.get(start + 2..self.at).unwrap_or_default();
            let number = u64::from_str_radix(digits, 16);
            return number.map(Kind::Int).map_err(|_| self.error(start, "this is not a hexadecimal number of 64 bits"));
        }
        let mut float = false;
        self.skip_digits();
        if self.peek(0) == b'.' {
            float = true;
            self.at += 1;
            self.skip_digits();
        }
        if matches!(self.peek(0), b'e' | b'E') {
            float = true;
            self.at += if matches!(self.peek(1), b'+' | b'-') { 2 } else { 1 };
            if !self.peek(0).is_ascii_digit() {
                return Err(self.error(start, "this is not a number: the exponent has no digits"));
            }
            self.skip_digits();
        }
        if self.peek(0).is_ascii_alphabetic() || self.peek(0) == b'_' {
            self.skip_word();
            return Err(self.error(start, "a space is missing between a number and a word"));
        }
        if self.peek(0) == b'.' {
            self.at += 1;
            return Err(self.error(start, "this is not a number: it has two decimal points"));
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        if float {
            return Ok(Kind::Float(text.parse().unwrap_or(f64::INFINITY)));
        }
        if text.len() > 1 && text.starts_with('0') {
            let number = u64::from_str_radix(text, 8);
            return number.map(Kind::Int).map_err(|_| self.error(start, "this is not an octal number of 64 bits"));
        }
        // An integer that is too large counts as a number with a point.
        Ok(text.parse().map_or_else(|_| Kind::Float(text.parse().unwrap_or(f64::INFINITY)), Kind::Int))
    }

    fn skip_digits(&mut self) {
        while self.peek(0).is_ascii_digit() {
            self.at += 1;
        }
    }

    fn string(&mut self, quote: u8) -> Result<Kind, Box<Diagnostic>> {
        let start = self.at;
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek(0) {
                byte if byte == quote => {
                    self.at += 1;
                    return Ok(Kind::Str(out));
                }
                b'\n' => return Err(self.error(start, "this string is not closed on its line")),
                0 if self.at >= self.bytes.len() => return Err(self.error(start, "this string is never closed")),
                b'\\' => self.escape(&mut out)?,
                byte => {
                    out.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Box<Diagnostic>> {
        let start = self.at;
        let kind = self.peek(1);
        self.at += 2;
        let byte = match kind {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' | b'?' => kind,
            b'0'..=b'7' => {
                self.at -= 1;
                // Three digits can say more than a byte holds; as in protoc its low bits count.
                u8::try_from(self.digits(8, 3) & 0xff).unwrap_or(0)
            }
            b'x' | b'X' if self.peek(0).is_ascii_hexdigit() => u8::try_from(self.digits(16, 2)).unwrap_or(0),
            b'u' | b'U' => {
                let Some(c) = self.unicode(if kind == b'u' { 4 } else { 8 }) else {
                    return Err(self.error(start, "this escape does not name a Unicode character"));
                };
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(self.error(start, "this escape is not known")),
        };
        out.push(byte);
        Ok(())
    }

    /// The character of `\u` or `\U`, whose letter was taken; two halves of a pair are one character.
    fn unicode(&mut self, length: usize) -> Option<char> {
        let from = self.at;
        let value = self.digits(16, length);
        if self.at != from + length {
            return None;
        }
        if !(0xd800..0xdc00).contains(&value) || self.peek(0) != b'\\' || self.peek(1) != b'u' {
            return char::from_u32(value);
        }
        self.at += 2;
        let low = self.digits(16, 4);
        (0xdc00..0xe000).contains(&low).then(|| char::from_u32(0x1_0000 + ((value - 0xd800) << 10) + (low - 0xdc00)))?
    }

    /// Up to `most` digits (at most eight) of a base.
    fn digits(&mut self, base: u32, most: usize) -> u32 {
        let mut value: u32 = 0;
        for _ in 0..most {
            let Some(digit) = char::from(self.peek(0)).to_digit(base) else { break };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.at += 1;
        }
        value
    }
}
