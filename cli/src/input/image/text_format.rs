//! What has to be known of a text in Protobuf's text format before it is parsed: that it does not nest deeper than a parser that
//! calls itself can follow, and where its extensions are.
//!
//! Source: the text format language specification of Protobuf.

/// How deep messages may lie within one another, as in the binary form.
const MAX_DEPTH: usize = 100;

/// The text without its extension fields (`[shop.sensitive]: true`), with blanks in their places; an error where it nests too deep
/// or breaks off.
pub(super) fn without_extensions(text: &str) -> Result<String, String> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0, depth: 0 };
    let mut kept = text.as_bytes().to_vec();
    // The last byte that means something.
    let mut before = b' ';
    while let Some(byte) = scanner.peek() {
        let start = scanner.at;
        if byte == b'[' && before != b':' && scanner.is_name() {
            scanner.extension()?;
            if let Some(range) = kept.get_mut(start..scanner.at) {
                range.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            }
            continue;
        }
        scanner.token()?;
        if !byte.is_ascii_whitespace() && byte != b'#' {
            before = byte;
        }
    }
    if scanner.depth > 0 {
        return Err("a message is never closed".to_owned());
    }
    String::from_utf8(kept).map_err(|_| "it is not UTF-8".to_owned())
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Passes over a bracket, a text, a comment, or one byte of anything else.
    fn token(&mut self) -> Result<(), String> {
        match self.peek() {
            Some(b'{' | b'<') => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(format!("messages lie within one another more than {MAX_DEPTH} deep"));
                }
            }
            Some(b'}' | b'>') => self.depth = self.depth.saturating_sub(1),
            Some(b'#') => self.pass(|byte| byte != b'\n'),
            Some(quote @ (b'"' | b'\'')) => return self.quoted(quote),
            _ => {}
        }
        self.at += 1;
        Ok(())
    }

    fn pass(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn quoted(&mut self, quote: u8) -> Result<(), String> {
        self.at += 1;
        loop {
            self.pass(|byte| byte != quote && byte != b'\\');
            match self.peek() {
                Some(b'\\') => self.at += 2,
                Some(_) => break,
                None => return Err("a text is never closed".to_owned()),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn blanks(&mut self) {
        loop {
            self.pass(|byte| byte.is_ascii_whitespace());
            if self.peek() != Some(b'#') {
                return;
            }
            self.pass(|byte| byte != b'\n');
        }
    }

    /// Behind the bracket stands a name, not a list of messages.
    fn is_name(&self) -> bool {
        let rest = self.bytes.get(self.at + 1..).unwrap_or_default();
        rest.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
    }

    /// Passes over a name in brackets and its value.
    fn extension(&mut self) -> Result<(), String> {
        self.pass(|byte| byte != b']');
        self.at += 1;
        self.blanks();
        if self.peek() == Some(b':') {
            self.at += 1;
            self.blanks();
        }
        match self.peek() {
            Some(b'{' | b'<') => self.message()?,
            Some(b'[') => self.list()?,
            Some(b'"' | b'\'') => {
                // Texts beside each other are one.
                while let Some(quote @ (b'"' | b'\'')) = self.peek() {
                    self.quoted(quote)?;
                    self.blanks();
                }
            }
            _ => {
                self.pass(|byte| byte == b'-' || byte.is_ascii_whitespace());
                self.pass(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'+' | b'-'));
            }
        }
        self.blanks();
        if let Some(b',' | b';') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    fn message(&mut self) -> Result<(), String> {
        let outside = self.depth;
        loop {
            self.token()?;
            if self.depth == outside {
                return Ok(());
            }
            if self.peek().is_none() {
                return Err("a message is never closed".to_owned());
            }
        }
    }

    fn list(&mut self) -> Result<(), String> {
        while let Some(byte) = self.peek() {
            match byte {
                b'{' | b'<' => self.message()?,
                b']' => break,
                _ => self.token()?,
            }
        }
        self.at += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::without_extensions;

    #[test]
    fn extensions_are_left_out_and_nothing_else() {
        let blank = |text: &str| without_extensions(text).map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        let text =
            "file { name: \"[a]: 1\" options { [x.y]: 'a' \"b\" deprecated: true [z] < q: [1, 2] >, [w]: [1, 2]; n: -1 } }";
        assert_eq!(blank(text), Ok("file { name: \"[a]: 1\" options { deprecated: true n: -1 } }".to_owned()));
        for same in ["path: [1, 2] path: [ ]", "file [{ name: 'a' }, { name: 'b' }]", "a: 1 # [x]: {", "a: \"\\\"[b]\""] {
            assert_eq!(without_extensions(same).as_deref(), Ok(same));
        }
    }

    #[test]
    fn what_breaks_off_or_nests_too_deep_is_refused() {
        for broken in ["file {", "name: 'a", "[a] {", "[a]: 'b"] {
            assert!(without_extensions(broken).is_err(), "{broken}");
        }
        assert!(without_extensions(&"a{".repeat(100_000)).is_err_and(|why| why.contains("100 deep")));
        assert!(without_extensions(&format!("[e] {}", "a{".repeat(100_000))).is_err());
    }
}
