//! A place in the tokens of a `.proto` file, and the small pieces that every statement is made of.
//!
//! Lives here: expecting words, names, numbers; options in both spellings. Does not live here: statements.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use super::lex::{Kind, Token, Tokens};
use super::tree::{Element, OptionEntry};

/// What stops a statement.
pub(super) type Stop = Box<Diagnostic>;

/// A place in the tokens of one file.
pub(super) struct Cursor<'a> {
    /// The text of the file.
    pub(super) text: &'a str,
    /// The file.
    pub(super) file: FileId,
    /// Its tokens.
    pub(super) tokens: Tokens<'a>,
    /// Index of the next token.
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    /// The next token.
    pub(super) fn peek(&self) -> &Token {
        self.ahead(0)
    }

    /// A token further on; the end of the text when there is none.
    pub(super) fn ahead(&self, by: usize) -> &Token {
        let last = self.tokens.list.len().saturating_sub(1);
        // The list always ends with `End`, so it is never empty.
        &self.tokens.list[(self.at + by).min(last)]
    }

    /// Takes the next token; the end of the text stays.
    pub(super) fn bump(&mut self) -> usize {
        let taken = self.at;
        if self.peek().kind != Kind::End {
            self.at += 1;
        }
        taken
    }

    /// The text of a token.
    pub(super) fn text_of(&self, token: &Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// The place of the next token.
    pub(super) fn span(&self) -> Span {
        let token = self.peek();
        Span::new(self.file, token.start, token.end.max(token.start))
    }

    /// From the start of a token to the end of the last one that was taken.
    pub(super) fn span_from(&self, token: usize) -> Span {
        let start = self.tokens.list.get(token).map_or(0, |t| t.start);
        let end = self.tokens.list.get(self.at.saturating_sub(1)).map_or(start, |t| t.end);
        Span::new(self.file, start, end.max(start))
    }

    /// `wanted` was expected and something else stands here.
    pub(super) fn expected(&self, wanted: &str) -> Stop {
        let found = match &self.peek().kind {
            Kind::End => "the end of the file".to_owned(),
            _ => format!("'{}'", self.text_of(self.peek())),
        };
        Box::new(Diagnostic::error("protobuf/syntax", self.span(), format!("expected {wanted}, found {found}")))
    }

    /// `true` when the next token is this word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.peek().kind == Kind::Ident && self.text_of(self.peek()) == word
    }

    /// `true` when the next token is this character.
    pub(super) fn is_symbol(&self, symbol: char) -> bool {
        self.peek().kind == Kind::Symbol(symbol)
    }

    /// Takes a character when it is next.
    pub(super) fn eat(&mut self, symbol: char) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.at += 1;
        }
        found
    }

    /// Takes a word when it is next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.at += 1;
        }
        found
    }

    /// Takes a character that must be next.
    pub(super) fn expect(&mut self, symbol: char) -> Result<(), Stop> {
        if self.eat(symbol) { Ok(()) } else { Err(self.expected(&format!("'{symbol}'"))) }
    }

    /// A simple name and its place.
    pub(super) fn name(&mut self, what: &str) -> Result<(String, Span), Stop> {
        if self.peek().kind != Kind::Ident {
            return Err(self.expected(what));
        }
        let found = (self.text_of(self.peek()).to_owned(), self.span());
        self.at += 1;
        Ok(found)
    }

    /// A name with dots, `a.b.C` or `.a.b.C`, as written, and its place.
    pub(super) fn path(&mut self, what: &str) -> Result<(String, Span), Stop> {
        let start = self.at;
        let mut path = String::new();
        if self.eat('.') {
            path.push('.');
        }
        loop {
            path.push_str(&self.name(what)?.0);
            if !self.eat('.') {
                return Ok((path, self.span_from(start)));
            }
            path.push('.');
        }
    }

    /// A string literal (adjacent ones are joined) that is UTF-8, and its place.
    pub(super) fn string(&mut self, what: &str) -> Result<(String, Span), Stop> {
        let start = self.at;
        let mut bytes = Vec::new();
        while let Kind::Str(part) = &self.peek().kind {
            bytes.extend_from_slice(part);
            self.at += 1;
        }
        if self.at == start {
            return Err(self.expected(what));
        }
        let span = self.span_from(start);
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| Box::new(Diagnostic::error("protobuf/syntax", span, format!("{what} must be UTF-8"))))?;
        Ok((text, span))
    }

    /// An integer with an optional sign that fits 32 bits, and its place.
    pub(super) fn int(&mut self, what: &str) -> Result<(i32, Span), Stop> {
        let start = self.at;
        let negative = self.eat('-');
        let Kind::Int(value) = self.peek().kind else {
            return Err(self.expected(what));
        };
        self.at += 1;
        let span = self.span_from(start);
        let value = i64::try_from(value).ok().map(|v| if negative { -v } else { v });
        let fits = value.and_then(|v| i32::try_from(v).ok());
        let value =
            fits.ok_or_else(|| Box::new(Diagnostic::error("protobuf/number", span, format!("{what} must fit 32 bits"))))?;
        Ok((value, span))
    }

    /// `option name = value;` behind the word `option`.
    pub(super) fn option_statement(&mut self, start: usize) -> Result<OptionEntry, Stop> {
        let mut option = self.option(start)?;
        self.expect(';')?;
        option.span = self.span_from(start);
        Ok(option)
    }

    /// `[a = 1, b = 2]`, or nothing.
    pub(super) fn bracket_options(&mut self) -> Result<Vec<OptionEntry>, Stop> {
        let mut options = Vec::new();
        if !self.eat('[') {
            return Ok(options);
        }
        loop {
            let start = self.at;
            options.push(self.option(start)?);
            if !self.eat(',') {
                self.expect(']')?;
                return Ok(options);
            }
        }
    }

    /// `name = value`
    fn option(&mut self, start: usize) -> Result<OptionEntry, Stop> {
        let mut name = String::new();
        loop {
            if self.eat('(') {
                let (path, _) = self.path("the name of an extension")?;
                self.expect(')')?;
                name.push('(');
                name.push_str(&path);
                name.push(')');
            } else {
                name.push_str(&self.name("the name of an option")?.0);
            }
            if !self.eat('.') {
                break;
            }
            name.push('.');
        }
        self.expect('=')?;
        let value_start = self.at;
        self.option_value()?;
        let span = self.span_from(value_start);
        let value = self.text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned();
        Ok(OptionEntry { name, value, span: self.span_from(start) })
    }

    /// A word, a number with a sign, strings, or an aggregate in braces.
    fn option_value(&mut self) -> Result<(), Stop> {
        if self.is_symbol('{') {
            return self.aggregate();
        }
        if matches!(self.peek().kind, Kind::Str(_)) {
            while matches!(self.peek().kind, Kind::Str(_)) {
                self.at += 1;
            }
            return Ok(());
        }
        let signed = self.eat('-');
        match &self.peek().kind {
            Kind::Int(_) | Kind::Float => {}
            Kind::Ident if !signed || self.is_word("inf") || self.is_word("nan") => {}
            _ => return Err(self.expected("the value of an option")),
        }
        self.at += 1;
        Ok(())
    }

    /// Skips `{ … }`: only that brackets match is checked.
    fn aggregate(&mut self) -> Result<(), Stop> {
        let mut open = Vec::new();
        loop {
            match self.peek().kind {
                Kind::Symbol('{') => open.push('}'),
                Kind::Symbol('[') => open.push(']'),
                Kind::Symbol(close @ ('}' | ']')) if open.pop() != Some(close) => {
                    return Err(self.expected("the matching bracket"));
                }
                Kind::End => return Err(self.expected("'}'")),
                _ => {}
            }
            self.at += 1;
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Name, places and comment of an element that starts at a token and whose statement was just taken.
    ///
    /// `body` is the token behind which a comment on the same line also belongs to the element.
    pub(super) fn element(&self, start: usize, body: usize, scope: &str, name: (String, Span)) -> Element {
        let full_name = if scope.is_empty() { name.0.clone() } else { format!("{scope}.{}", name.0) };
        let doc = self.tokens.leading(start).or_else(|| self.tokens.trailing(body));
        Element { name: name.0, full_name, span: self.span_from(start), name_span: name.1, doc }
    }

    /// Goes behind the statement that could not be read: its `;`, or its closing brace.
    pub(super) fn recover(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek().kind {
                Kind::End => return,
                Kind::Symbol(';') if depth == 0 => {
                    self.at += 1;
                    return;
                }
                Kind::Symbol('{') => depth += 1,
                Kind::Symbol('}') if depth == 0 => return,
                Kind::Symbol('}') => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}
