//! The words of Avro IDL: tokens with their places, and the documentation comments between them.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

/// The most tokens of one file.
const MAX_TOKENS: usize = 1_000_000;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword; `plain` when it may be a keyword (one part, without backticks).
    Word { plain: bool },
    /// A whole number as it is written: `0x10`, `017`, `5L`.
    Integer,
    /// A number with point, exponent or suffix; `NaN` and `Infinity`.
    Float,
    /// A text without its quotes and escapes.
    Text,
    /// One of `( ) { } [ ] : ; , @ = ? < >`.
    Mark(char),
    /// Behind the last token.
    End,
}

/// A token and its place.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) span: Span,
}

/// A comment that starts with `/**`, and the token that it stands before.
#[derive(Debug)]
pub(super) struct Doc {
    pub(super) before: usize,
    pub(super) span: Span,
    pub(super) text: String,
}

/// Why a text has no tokens.
type Broken = Box<Diagnostic>;

/// All tokens, the last one [`Kind::End`], and all documentation comments in order; or what no token starts with.
pub(super) fn lex(file: FileId, text: &str) -> Result<(Vec<Token>, Vec<Doc>), Broken> {
    let mut lexer = Lexer { file, text, at: 0, docs: Vec::new(), tokens: Vec::new() };
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    loop {
        lexer.blanks()?;
        let token = lexer.token()?;
        let end = token.kind == Kind::End;
        lexer.tokens.push(token);
        if end {
            return Ok((lexer.tokens, lexer.docs));
        }
        if lexer.tokens.len() > MAX_TOKENS {
            let text = format!("the file has more than {MAX_TOKENS} words");
            return Err(lexer.error(lexer.at, text, Some("Put the types into several files and import them.")));
        }
    }
}

struct Lexer<'t> {
    file: FileId,
    text: &'t str,
    at: usize,
    docs: Vec<Doc>,
    tokens: Vec<Token>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn error(&self, start: usize, message: impl Into<String>, help: Option<&str>) -> Broken {
        let mut found = Diagnostic::error("avro/idl-syntax", Span::new(self.file, start, self.at.max(start)), message);
        found.help = help.map(str::to_owned);
        Box::new(found)
    }

    /// Passes over spaces and comments, and keeps the comments that document.
    fn blanks(&mut self) -> Result<(), Broken> {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']).len();
            self.at += blank;
            let rest = self.rest();
            if rest.starts_with("//") {
                self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                self.comment(rest)?;
            } else {
                return Ok(());
            }
        }
    }

    fn comment(&mut self, rest: &'t str) -> Result<(), Broken> {
        let start = self.at;
        let documents = rest.starts_with("/**") && !rest.starts_with("/**/");
        let head = if documents { 3 } else { 2 };
        let Some(length) = rest.get(head..).and_then(|body| body.find("*/")) else {
            self.at += 2;
            return Err(self.error(start, "this comment does not end", Some("Close it with */")));
        };
        self.at += head + length + 2;
        if documents {
            let body = rest.get(head..head + length).unwrap_or("");
            let span = Span::new(self.file, start, self.at);
            self.docs.push(Doc { before: self.tokens.len(), span, text: super::doc::strip(body) });
        }
        Ok(())
    }

    fn token(&mut self) -> Result<Token, Broken> {
        let start = self.at;
        let rest = self.rest();
        // U+001A ended files in older systems; what follows it is no part of the file.
        let Some(first) = rest.chars().next().filter(|c| *c != '\u{1a}') else {
            return Ok(self.made(Kind::End, String::new(), start));
        };
        if starts_word(first) || first == '`' {
            // `NaN` and `Infinity` are numbers and good names too: a longer name wins, and these two are told apart in values.
            return self.word(rest);
        }
        if first.is_ascii_digit() || matches!(first, '-' | '+' | '.') {
            return self.number(rest);
        }
        if first == '"' {
            return self.string(rest);
        }
        self.at += first.len_utf8();
        if "(){}[]:;,@=?<>".contains(first) {
            return Ok(self.made(Kind::Mark(first), first.to_string(), start));
        }
        Err(self.error(start, format!("nothing in Avro IDL starts with '{}'", first.escape_debug()), None))
    }

    fn made(&self, kind: Kind, text: String, start: usize) -> Token {
        Token { kind, text, span: Span::new(self.file, start, self.at) }
    }

    /// Parts with dots or dashes between them, each perhaps in backticks.
    fn word(&mut self, rest: &'t str) -> Result<Token, Broken> {
        let start = self.at;
        let (mut text, mut length, mut plain) = (String::new(), 0, true);
        loop {
            let tail = rest.get(length..).unwrap_or("");
            let quoted = tail.starts_with('`');
            let body = if quoted { tail.get(1..).unwrap_or("") } else { tail };
            let part = body.len() - body.trim_start_matches(|c: char| starts_word(c) || c.is_alphanumeric()).len();
            let name = body.get(..part).unwrap_or("");
            if quoted && (!body[part..].starts_with('`') || !name.starts_with(starts_word)) {
                self.at = start + length + 1;
                return Err(self.error(start, "a name belongs between two backticks", None));
            }
            text.push_str(name);
            length += part + if quoted { 2 } else { 0 };
            plain &= !quoted;
            let mut next = rest.get(length..).unwrap_or("").chars();
            match (next.next(), next.next()) {
                (Some(mark @ ('.' | '-')), Some(c)) if starts_word(c) || c == '`' => {
                    text.push(mark);
                    length += 1;
                    plain = false;
                }
                _ => break,
            }
        }
        self.at += length;
        Ok(self.made(Kind::Word { plain }, text, start))
    }

    fn number(&mut self, rest: &'t str) -> Result<Token, Broken> {
        let start = self.at;
        let unsigned = rest.trim_start_matches(['-', '+']);
        let sign = rest.len() - unsigned.len();
        let hex = unsigned.starts_with("0x") || unsigned.starts_with("0X");
        let mut length = 0;
        let mut before = ' ';
        for c in unsigned.chars() {
            let exponent = if hex { matches!(before, 'p' | 'P') } else { matches!(before, 'e' | 'E') };
            if !(c.is_ascii_alphanumeric() || c == '.' || (exponent && matches!(c, '-' | '+'))) {
                break;
            }
            length += c.len_utf8();
            before = c;
        }
        self.at += sign + length;
        let text = rest.get(..sign + length).unwrap_or("");
        let kind = if super::json::integer(text).is_some() {
            Kind::Integer
        } else if super::json::float(text).is_some() {
            Kind::Float
        } else {
            self.at = self.at.max(start + 1);
            let text = format!("'{}' is not a number", self.text.get(start..self.at).unwrap_or(""));
            return Err(self.error(start, text, None));
        };
        Ok(self.made(kind, text.to_owned(), start))
    }

    fn string(&mut self, rest: &'t str) -> Result<Token, Broken> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(self.made(Kind::Text, text, start));
                }
                '\n' | '\r' | '\u{8}' | '\u{c}' | '\t' => break,
                '\\' => {
                    let tail = rest.get(at + 1..).unwrap_or("");
                    let Some((decoded, used)) = escape(tail) else {
                        self.at += at + 1;
                        let help = "Known are \\n \\r \\t \\b \\f \\\\ \\' \\\" , octal numbers, and \\u with four digits.";
                        return Err(self.error(start, "this text has an escape that is not known", Some(help)));
                    };
                    text.push(decoded);
                    for _ in 0..tail.get(..used).map_or(0, |used| used.chars().count()) {
                        chars.next();
                    }
                }
                c => text.push(c),
            }
        }
        self.at += 1;
        Err(self.error(start, "this text does not end on its line", Some("Close it with \", and write a line break as \\n.")))
    }
}

fn starts_word(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// The character that an escape stands for, and the number of bytes behind the backslash.
fn escape(tail: &str) -> Option<(char, usize)> {
    let first = tail.chars().next()?;
    let simple = match first {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'f' => '\u{c}',
        '\\' | '\'' | '"' => first,
        'u' => return unicode(tail),
        '0'..='7' => {
            let most = if first <= '3' { 3 } else { 2 };
            let digits: String = tail.chars().take(most).take_while(|c| c.is_digit(8)).collect();
            return Some((char::from_u32(u32::from_str_radix(&digits, 8).ok()?)?, digits.len()));
        }
        _ => return None,
    };
    Some((simple, 1))
}

/// `uXXXX`, or two of them that make one character.
fn unicode(tail: &str) -> Option<(char, usize)> {
    let digits = |from: usize| u32::from_str_radix(tail.get(from..from + 4)?, 16).ok();
    let first = digits(1)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 5));
    }
    let second = tail.get(5..7).filter(|mark| *mark == "\\u").and_then(|_| digits(7))?;
    let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
    let high = first.checked_sub(0xD800).filter(|high| *high < 0x400)?;
    Some((char::from_u32(0x1_0000 + (high << 10) + low)?, 11))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn texts(text: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let file = sources.add("a.avdl", text);
        lex(file, text).map_or_else(|e| vec![e.message], |(tokens, _)| tokens.into_iter().map(|t| t.text).collect())
    }

    #[test]
    fn words_numbers_and_texts() {
        assert_eq!(texts("a.b-c `record` /* x */ // y\n0x1F -5L 1.5e-3"), ["a.b-c", "record", "0x1F", "-5L", "1.5e-3", ""]);
        assert_eq!(texts(r#""a\"\u00e9\ud83d\ude00\101""#), ["a\"é😀A", ""]);
        assert_eq!(texts("map<string?>"), ["map", "<", "string", "?", ">", ""]);
        assert_eq!(texts("a\u{1a}b"), ["a", ""]);
    }

    #[test]
    fn broken_texts_are_refused() {
        for text in ["\"a", "\"\\x\"", "\"\\ud83d\"", "/* a", "`a", "`1`", "#", "1x", "-", "\"a\nb\""] {
            assert_eq!(texts(text).len(), 1, "{text}: {:?}", texts(text));
        }
    }
}
