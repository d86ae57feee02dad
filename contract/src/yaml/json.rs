//! The events of JSON (RFC 8259), for texts that a reader of YAML refuses: tabs, surrogate pairs, very long lines.

use std::borrow::Cow;

use super::SyntaxError as Syntax;

/// What stopped the reader, kept small: it is handed up through every value.
type SyntaxError = Box<Syntax>;

/// Who takes what is read; places are bytes of the file.
pub(super) trait Sink<'t> {
    /// What is open: `Some(true)` an object, `Some(false)` a list, `None` nothing.
    fn in_mapping(&self) -> Option<bool>;
    /// `true` when the rest of the text is of no interest.
    fn stopped(&self) -> bool;
    /// A key; its place has the quotes in it.
    fn key(&mut self, text: Cow<'t, str>, start: usize, end: usize);
    /// A text; its place has the quotes in it.
    fn string(&mut self, text: Cow<'t, str>, start: usize, end: usize);
    /// A number as it is written.
    fn number(&mut self, text: &'t str, start: usize, end: usize);
    /// `true` or `false`, or `None` for `null`.
    fn word(&mut self, word: Option<bool>, start: usize, end: usize);
    /// An object opens.
    fn start_mapping(&mut self, start: usize);
    /// A list opens.
    fn start_sequence(&mut self, start: usize);
    /// The innermost object or list closes; `end` is behind its bracket.
    fn end(&mut self, end: usize);
}

/// Feeds the sink with the values of `text`, which starts at byte `base` of the file.
pub(super) fn read<'t, S: Sink<'t>>(text: &'t str, base: usize, sink: &mut S) -> Result<(), Syntax> {
    read_with(Reader { text, bytes: text.as_bytes(), at: 0, base, comments: false }, sink).map_err(|error| *error)
}

/// The same of JSON with comments: `// …` and `/* … */`.
pub(super) fn read_commented<'t, S: Sink<'t>>(text: &'t str, base: usize, sink: &mut S) -> Result<(), Syntax> {
    read_with(Reader { text, bytes: text.as_bytes(), at: 0, base, comments: true }, sink).map_err(|error| *error)
}

/// The text that `text` starts with, in quotes, and its length there in bytes; `None` when there is none without a mistake.
pub(super) fn string(text: &str) -> Option<(String, usize)> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, base: 0, comments: false };
    let string = (reader.peek() == Some(b'"')).then(|| reader.string_with_escapes().ok())??;
    Some((string, reader.at))
}

/// The length of the number that `text` starts with, in bytes; `None` when there is none without a mistake.
pub(super) fn number(text: &str) -> Option<usize> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, base: 0, comments: false };
    reader.number().ok()?;
    Some(reader.at)
}

fn read_with<'t, S: Sink<'t>>(mut reader: Reader<'t>, sink: &mut S) -> Result<(), SyntaxError> {
    reader.blanks();
    reader.value(sink)?;
    while let Some(in_mapping) = sink.in_mapping()
        && !sink.stopped()
    {
        reader.inside(in_mapping, sink)?;
    }
    reader.blanks();
    if !sink.stopped() && reader.at < reader.text.len() {
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

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes over what stands between values.
    #[inline]
    fn blanks(&mut self) {
        // One space or none is the rule.
        self.at += usize::from(self.peek() == Some(b' '));
        if self.peek().is_some_and(|byte| byte <= b' ' || byte == b'/') {
            self.more_blanks();
        }
    }

    fn more_blanks(&mut self) {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).unwrap_or(rest.len());
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

    #[allow(clippy::unnecessary_box_returns)] // as the readers hand it on
    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => format!("; found `{}`", found.escape_default()),
            None => "; the text ends here".to_owned(),
        };
        let width = self.text.get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let start = self.base + self.at;
        Box::new(Syntax { start, end: start + width, message: message.into() + &found, help: None })
    }

    /// What stands inside of an open list or object: values without others in them, until one opens or this one closes. Blanks
    /// are passed before and after.
    fn inside<S: Sink<'t>>(&mut self, in_mapping: bool, sink: &mut S) -> Result<(), SyntaxError> {
        let close = if in_mapping { b'}' } else { b']' };
        while self.peek() != Some(close) {
            if in_mapping {
                self.key(sink)?;
            }
            if self.value(sink)? {
                return Ok(());
            }
            self.separator(in_mapping)?;
            if sink.stopped() {
                return Ok(());
            }
        }
        self.at += 1;
        sink.end(self.base + self.at);
        match sink.in_mapping() {
            Some(in_mapping) => self.separator(in_mapping),
            None => Ok(()),
        }
    }

    fn key<S: Sink<'t>>(&mut self, sink: &mut S) -> Result<(), SyntaxError> {
        let start = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.error("a key in double quotes or `}` belongs here"));
        }
        let key = self.string()?;
        let end = self.at;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.error("`:` belongs behind a key"));
        }
        self.at += 1;
        self.blanks();
        sink.key(key, self.base + start, self.base + end);
        Ok(())
    }

    /// Behind a value: a comma and what follows it, or the closing bracket, which stays.
    fn separator(&mut self, in_mapping: bool) -> Result<(), SyntaxError> {
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

    /// A value; or `true` for the start of one that may have others in it, and blanks are passed behind it.
    fn value<S: Sink<'t>>(&mut self, sink: &mut S) -> Result<bool, SyntaxError> {
        let start = self.at;
        let place = self.base + start;
        match self.peek() {
            Some(b'{') => {
                self.at += 1;
                self.blanks();
                sink.start_mapping(place);
                return Ok(true);
            }
            Some(b'[') => {
                self.at += 1;
                self.blanks();
                sink.start_sequence(place);
                return Ok(true);
            }
            Some(b'"') => {
                let text = self.string()?;
                sink.string(text, place, self.base + self.at);
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                sink.number(self.text.get(start..self.at).unwrap_or("0"), place, self.base + self.at);
            }
            Some(b't') => self.word("true", Some(true), sink)?,
            Some(b'f') => self.word("false", Some(false), sink)?,
            Some(b'n') => self.word("null", None, sink)?,
            _ => return Err(self.error("a value belongs here")),
        }
        Ok(false)
    }

    fn word<S: Sink<'t>>(&mut self, word: &str, value: Option<bool>, sink: &mut S) -> Result<(), SyntaxError> {
        if !self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return Err(self.error("a value belongs here"));
        }
        let start = self.base + self.at;
        self.at += word.len();
        sink.word(value, start, self.base + self.at);
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
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
        Ok(())
    }

    /// A text in quotes: `at` is at the opening one, and behind the closing one afterwards.
    fn string(&mut self) -> Result<Cow<'t, str>, SyntaxError> {
        let start = self.at + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        match special(rest) {
            Some(plain) if rest.get(plain) == Some(&b'"') => {
                self.at = start + plain + 1;
                Ok(Cow::Borrowed(self.text.get(start..start + plain).unwrap_or("")))
            }
            _ => self.string_with_escapes().map(Cow::Owned),
        }
    }

    /// The same of a text that is not as it is written, or breaks off.
    fn string_with_escapes(&mut self) -> Result<String, SyntaxError> {
        let opening = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let Some(plain) = special(rest) else {
                self.at = opening;
                return Err(Box::new(Syntax::new(self.base + opening, "this quote is never closed")));
            };
            let part = self.text.get(self.at..self.at + plain).unwrap_or("");
            self.at += plain;
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    text.push_str(part);
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.at += 1;
                    text.push_str(part);
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
            Box::new(Syntax::new(self.base + start - 2, message))
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

/// Where the first quote, backslash or control character stands. Looks at eight bytes at once: most of a text is plain.
#[inline]
pub(super) fn special(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // The high bit of each byte that is zero; only the lowest one that is set is sure to be right.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (n, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = control | zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(n * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let at = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    Some(chunks.len() * 8 + at)
}

/// How many ASCII letters, digits and underscores a text starts with. Looks at eight bytes at once.
#[inline]
pub(super) fn word(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    // Of bytes below 0x80, the high bit of each that is not below another one: no sum is carried over.
    let from = |word: u64, first: u8| word + ONES * u64::from(0x80 - first);
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let low = word & !HIGHS;
        let small = low | (ONES * 0x20);
        let digits = from(low, b'0') & !from(low, b'9' + 1);
        let letters = from(small, b'a') & !from(small, b'z' + 1);
        let others = from(low ^ (ONES * u64::from(b'_')), 1);
        let found = ((!(digits | letters) & others) | word) & HIGHS;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_other = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_');
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(is_other).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::{special, word};

    #[test]
    fn a_word_ends_where_another_byte_stands() {
        for byte in 0..=0xff_u8 {
            let is_of_word = byte.is_ascii_alphanumeric() || byte == b'_';
            for length in 0..20 {
                for at in 0..length {
                    let mut text = vec![b'x'; length];
                    text[at] = byte;
                    assert_eq!(word(&text), if is_of_word { length } else { at }, "{byte} at {at} of {length}");
                    // What stands next to it has no say.
                    text.insert(at, b'_');
                    text.insert(at + 2, 0x80);
                    assert_eq!(word(&text), if is_of_word { at + 2 } else { at + 1 }, "{byte} behind {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn what_ends_the_plain_part_of_a_text_is_found_anywhere() {
        let plain: Vec<u8> = (0x20..=0xff).filter(|byte| !matches!(byte, b'"' | b'\\')).collect();
        assert_eq!(special(&plain), None);
        for byte in (0..=0x1f).chain(*br#""\"#) {
            for at in 0..40 {
                let mut text = plain.get(at..at + 60).expect("plain bytes").to_vec();
                if let Some(place) = text.get_mut(at) {
                    *place = byte;
                }
                assert_eq!(special(&text), Some(at), "{byte} at {at}");
                if let Some(later) = text.get_mut(at + 3) {
                    *later = b'"';
                }
                assert_eq!(special(&text), Some(at), "{byte} at {at}, and a quote behind it");
            }
        }
    }
}
