//! The events of JSON (RFC 8259), for texts that a reader of YAML refuses: tabs, surrogate pairs, very long lines.

use super::build::Builder;
use super::{SyntaxError, Value};

/// Feeds the builder with the values of `text`, which starts at byte `base` of the file.
pub(super) fn read(text: &str, base: usize, builder: &mut Builder) -> Result<(), SyntaxError> {
    read_with(Reader { text, bytes: text.as_bytes(), at: 0, base, comments: false }, builder)
}

/// The same of JSON with comments: `// …` and `/* … */`.
pub(super) fn read_commented(text: &str, base: usize, builder: &mut Builder) -> Result<(), SyntaxError> {
    read_with(Reader { text, bytes: text.as_bytes(), at: 0, base, comments: true }, builder)
}

fn read_with(mut reader: Reader<'_>, builder: &mut Builder) -> Result<(), SyntaxError> {
    reader.value(builder)?;
    while builder.in_mapping().is_some() && !builder.stopped() {
        reader.next(builder)?;
    }
    reader.blanks();
    if !builder.stopped() && reader.at < reader.text.len() {
        return Err(reader.error("nothing may follow the value"));
    }
    Ok(())
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    base: usize,
    comments: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        loop {
            while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
                self.at += 1;
            }
            if !self.comments || self.peek() != Some(b'/') || !self.comment() {
                return;
            }
        }
    }

    /// Passes over a comment; one that does not end is none.
    fn comment(&mut self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or("");
        let length = if rest.starts_with("//") {
            Some(rest.find(['\n', '\r']).unwrap_or(rest.len()))
        } else {
            rest.strip_prefix("/*").and_then(|body| body.find("*/")).map(|end| end + 4)
        };
        self.at += length.unwrap_or(0);
        length.is_some()
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => format!("; found `{}`", found.escape_default()),
            None => "; the text ends here".to_owned(),
        };
        let width = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let start = self.base + self.at;
        SyntaxError { start, end: start + width, message: message.into() + &found, help: None }
    }

    /// What stands inside of an open list or object: a key with its value, an item, or the closing bracket.
    fn next(&mut self, builder: &mut Builder) -> Result<(), SyntaxError> {
        let in_mapping = builder.in_mapping() == Some(true);
        let close = if in_mapping { b'}' } else { b']' };
        self.blanks();
        if self.peek() == Some(close) {
            return self.close(builder);
        }
        if in_mapping {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in double quotes or `}` belongs here"));
            }
            let key = self.string()?;
            let span = builder.span(self.base + start, self.base + self.at);
            self.blanks();
            if self.peek() != Some(b':') {
                return Err(self.error("`:` belongs behind a key"));
            }
            self.at += 1;
            builder.key(key, span, false);
        }
        self.value(builder)
    }

    fn close(&mut self, builder: &mut Builder) -> Result<(), SyntaxError> {
        self.at += 1;
        builder.end(Some(self.base + self.at));
        self.separator(builder)
    }

    /// Behind a value: a comma and what follows it, or a closing bracket, which `next` takes.
    fn separator(&mut self, builder: &Builder) -> Result<(), SyntaxError> {
        let Some(in_mapping) = builder.in_mapping() else { return Ok(()) };
        let close = if in_mapping { b'}' } else { b']' };
        self.blanks();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.blanks();
                if self.peek() == Some(close) {
                    return Err(self.error("JSON has no comma behind the last item"));
                }
                Ok(())
            }
            Some(found) if found == close => Ok(()),
            _ if in_mapping => Err(self.error("`,` or `}` belongs here")),
            _ => Err(self.error("`,` or `]` belongs here")),
        }
    }

    fn value(&mut self, builder: &mut Builder) -> Result<(), SyntaxError> {
        self.blanks();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => {
                self.at += 1;
                builder.start_mapping(self.base + start, 0);
                return Ok(());
            }
            Some(b'[') => {
                self.at += 1;
                builder.start_sequence(self.base + start, 0);
                return Ok(());
            }
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.error("a value belongs here")),
        };
        builder.scalar(value, builder.span(self.base + start, self.base + self.at), 0);
        self.separator(builder)
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, SyntaxError> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.error("a value belongs here"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, SyntaxError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let first = self.peek();
        let whole = self.digits();
        if whole == 0 || (whole > 1 && first == Some(b'0')) {
            self.at = start;
            return Err(self.error("a number starts with a digit and has no leading zeros"));
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("a digit belongs behind the point"));
            }
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'-' | b'+') = self.peek() {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("a digit belongs into the exponent"));
            }
        }
        Ok(Value::Number(self.text.get(start..self.at).unwrap_or("0").to_owned()))
    }

    /// A text in quotes: `at` is at the opening one, and behind the closing one afterwards.
    fn string(&mut self) -> Result<String, SyntaxError> {
        let opening = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) else {
                self.at = opening;
                return Err(SyntaxError::new(self.base + opening, "this quote is never closed"));
            };
            text.push_str(self.text.get(self.at..self.at + plain).unwrap_or(""));
            self.at += plain;
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.error("control characters are written as escapes, `\\n` for a line break")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let plain = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.error("JSON does not have this escape")),
        };
        self.at += 1;
        Ok(plain)
    }

    /// The character of `\uXXXX`, or of the two of a surrogate pair.
    fn unicode(&mut self) -> Result<char, SyntaxError> {
        let start = self.at;
        let high = self.hex4()?;
        let code = match high {
            0xd800..=0xdbff if self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) => {
                self.at += 2;
                let low = self.hex4()?;
                if (0xdc00..=0xdfff).contains(&low) { 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00) } else { high }
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| {
            let message = "half of a surrogate pair: no character, and UTF-8 can't hold it";
            SyntaxError::new(self.base + start - 2, message)
        })
    }

    fn hex4(&mut self) -> Result<u32, SyntaxError> {
        let digits = self.text.get(self.at..self.at + 4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => Err(self.error("four hexadecimal digits belong behind `\\u`")),
        }
    }
}
