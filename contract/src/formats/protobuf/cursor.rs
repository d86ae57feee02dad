//! A place in the tokens of a `.proto` file, and the small pieces that every statement is made of.
//!
//! Lives here: expecting words, names, numbers; options in both spellings. Does not live here: statements.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};

use super::lex::{Kind, Token, Tokens};
use super::tree::{Element, Literal, LiteralField, LiteralName, OptionEntry, OptionName};

/// Aggregate values are nested at most this deep.
const MAX_DEPTH: usize = 64;

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
        let name_start = self.at;
        let mut parts = Vec::with_capacity(1);
        loop {
            let start = self.at;
            if self.eat('(') {
                let (name, _) = self.path("the name of an extension")?;
                self.expect(')')?;
                parts.push(OptionName { name, is_extension: true, span: self.span_from(start) });
            } else {
                let (name, span) = self.name("the name of an option")?;
                parts.push(OptionName { name, is_extension: false, span });
            }
            if !self.eat('.') {
                break;
            }
        }
        let mut name = String::new();
        for token in self.tokens.list.get(name_start..self.at).unwrap_or_default() {
            name.push_str(self.text_of(token));
        }
        self.expect('=')?;
        let value_start = self.at;
        let literal = if self.is_symbol('{') { self.literal(0)? } else { self.scalar("the value of an option")? };
        let span = self.span_from(value_start);
        let value = self.text.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned();
        Ok(OptionEntry { name, value, span: self.span_from(start), parts, literal })
    }

    /// A word, a number with a sign, or strings.
    fn scalar(&mut self, what: &str) -> Result<Literal, Stop> {
        let negative = self.eat('-');
        let literal = match &self.peek().kind {
            Kind::Str(_) if !negative => {
                let mut bytes = Vec::new();
                while let Kind::Str(part) = &self.peek().kind {
                    bytes.extend_from_slice(part);
                    self.at += 1;
                }
                return Ok(Literal::Text(bytes));
            }
            Kind::Int(magnitude) if negative && *magnitude > 1 << 63 => {
                #[allow(clippy::cast_precision_loss)] // what does not fit 64 bits is a floating-point number
                let value = *magnitude as f64;
                Literal::Float(-value)
            }
            Kind::Int(magnitude) => Literal::Int { negative, magnitude: *magnitude },
            Kind::Float(value) => Literal::Float(if negative { -value } else { *value }),
            Kind::Ident if !negative => Literal::Word(self.text_of(self.peek()).to_owned()),
            Kind::Ident if matches!(self.text_of(self.peek()).to_ascii_lowercase().as_str(), "inf" | "infinity" | "nan") => {
                Literal::NegativeWord(self.text_of(self.peek()).to_owned())
            }
            _ => return Err(self.expected(what)),
        };
        self.at += 1;
        Ok(literal)
    }

    /// A value in an aggregate: a scalar, a message in braces or angle brackets, a list.
    fn literal(&mut self, depth: usize) -> Result<Literal, Stop> {
        if depth >= MAX_DEPTH {
            let message = format!("values are nested more than {MAX_DEPTH} deep");
            return Err(Box::new(Diagnostic::error("protobuf/too-deep", self.span(), message)));
        }
        if self.eat('{') {
            return self.fields('}', depth).map(Literal::Message);
        }
        if self.eat('<') {
            return self.fields('>', depth).map(Literal::Message);
        }
        if !self.eat('[') {
            return self.scalar("a value");
        }
        let mut list = Vec::new();
        if self.eat(']') {
            return Ok(Literal::List(list));
        }
        loop {
            list.push(self.literal(depth + 1)?);
            if !self.eat(',') {
                self.expect(']')?;
                return Ok(Literal::List(list));
            }
        }
    }

    /// The fields of a message behind its opening bracket, with commas, semicolons or nothing between them.
    fn fields(&mut self, close: char, depth: usize) -> Result<Vec<LiteralField>, Stop> {
        let mut fields = Vec::new();
        while !self.eat(close) {
            let start = self.at;
            let name = if self.eat('[') {
                let (mut name, _) = self.path("the name of an extension or of a type")?;
                let any = self.eat('/');
                if any {
                    name = format!("{name}/{}", self.path("the name of a type")?.0);
                }
                self.expect(']')?;
                if any { LiteralName::Any(name) } else { LiteralName::Extension(name) }
            } else {
                LiteralName::Field(self.name(&format!("the name of a field or '{close}'"))?.0)
            };
            // In front of a message the colon may be left out.
            let colon = self.eat(':');
            if !colon && !['{', '<', '['].iter().any(|open| self.is_symbol(*open)) {
                return Err(self.expected("':' and a value"));
            }
            let value = self.literal(depth + 1)?;
            fields.push(LiteralField { name, value, span: self.span_from(start) });
            if !self.eat(',') {
                self.eat(';');
            }
        }
        Ok(fields)
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
