//! Which comment belongs to which declaration, by the rules of protoc.
//!
//! A comment on the line of a declaration's end trails it, one right above a declaration leads it, and what an empty line
//! parts from both is detached.

/// The comments between two tokens.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Comments {
    /// Of the declaration in front.
    pub(super) trailing: String,
    /// Of neither.
    pub(super) detached: Vec<String>,
    /// Of the declaration behind.
    pub(super) leading: String,
}

struct Collector {
    found: Comments,
    buffer: Option<String>,
    is_line: bool,
    count: usize,
    trailed: bool,
    /// The next comment that is complete may still trail the declaration in front.
    attach: bool,
}

impl Collector {
    fn flush(&mut self) {
        let Some(text) = self.buffer.take() else { return };
        if self.attach {
            self.found.trailing.push_str(&text);
            self.trailed = true;
            self.attach = false;
        } else {
            self.found.detached.push(text);
        }
        self.count += 1;
    }

    /// A line is added to lines above it.
    fn line(&mut self, text: &str) {
        if self.buffer.is_some() && !self.is_line {
            self.flush();
        }
        self.is_line = true;
        self.buffer.get_or_insert_default().push_str(text);
    }

    fn block(&mut self, text: String) {
        self.flush();
        self.is_line = false;
        self.buffer = Some(text);
    }

    /// A single comment between two declarations on one line belongs to neither.
    fn detach_single(&mut self) {
        if self.count + usize::from(self.buffer.is_some()) == 1 {
            if self.trailed {
                let text = std::mem::take(&mut self.found.trailing);
                self.found.detached.insert(0, text);
            }
            self.flush();
        }
    }
}

/// The comments between the end of a token (`None`: the start of the text) and the start of the next one. `scope_ends` when that
/// closes a bracket, or is the end of the text.
pub(super) fn around(text: &str, from: Option<usize>, to: usize, scope_ends: bool) -> Comments {
    let at_start = from.is_none();
    let mut rest = text.get(from.unwrap_or(0)..to).unwrap_or_default();
    rest = rest.trim_start_matches('\u{feff}');
    let (found, buffer) = (Comments::default(), None);
    let mut all = Collector { found, buffer, is_line: false, count: 0, trailed: false, attach: !at_start };
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}');
    let (mut line, mut trailing_end) = (0, None);
    if !at_start {
        rest = rest.trim_start_matches(blank);
        if let Some((content, behind)) = line_comment(rest) {
            all.line(content);
            (rest, trailing_end) = (behind, Some(line));
            line += usize::from(content.ends_with('\n'));
            all.flush();
        } else if let Some((content, behind, lines)) = block_comment(rest) {
            all.block(content);
            line += lines;
            trailing_end = Some(line);
            rest = behind.trim_start_matches(blank);
            all.flush();
        } else if let Some(behind) = rest.strip_prefix('\n') {
            rest = behind;
            line += 1;
        } else {
            return all.found;
        }
    }
    loop {
        rest = rest.trim_start_matches(blank);
        if let Some((content, behind)) = line_comment(rest) {
            all.line(content);
            line += usize::from(content.ends_with('\n'));
            rest = behind;
        } else if let Some((content, behind, lines)) = block_comment(rest) {
            all.block(content);
            line += lines;
            rest = behind.trim_start_matches(blank);
            if let Some(behind) = rest.strip_prefix('\n') {
                rest = behind;
                line += 1;
            }
        } else if let Some(behind) = rest.strip_prefix('\n') {
            rest = behind;
            line += 1;
            all.flush();
            all.attach = false;
        } else {
            break;
        }
    }
    if scope_ends {
        all.flush();
    }
    let at_end = to >= text.len();
    if !at_end && ((!at_start && line == 0) || trailing_end == Some(line)) {
        all.detach_single();
    }
    all.found.leading = all.buffer.take().unwrap_or_default();
    all.found
}

/// The words of a `//` comment with its line break, and what stands behind it.
fn line_comment(text: &str) -> Option<(&str, &str)> {
    let body = text.strip_prefix("//")?;
    Some(body.split_at(body.find('\n').map_or(body.len(), |n| n + 1)))
}

/// The words of a block without the stars in front of its lines, what stands behind it, and its line breaks.
fn block_comment(text: &str) -> Option<(String, &str, usize)> {
    let body = text.strip_prefix("/*")?;
    let end = body.find("*/").unwrap_or(body.len());
    let (inner, behind) = (body.get(..end)?, body.get(end + 2..).unwrap_or_default());
    let mut out = String::with_capacity(inner.len());
    let mut lines = inner.split_inclusive('\n');
    out.push_str(lines.next().unwrap_or_default());
    let mut breaks = usize::from(out.ends_with('\n'));
    for line in lines {
        let line = line.trim_start_matches([' ', '\t', '\r', '\u{b}', '\u{c}']);
        out.push_str(line.strip_prefix('*').unwrap_or(line));
        breaks += usize::from(line.ends_with('\n'));
    }
    Some((out, behind, breaks))
}

#[cfg(test)]
mod tests {
    use super::{Comments, around};

    fn check(text: &str, trailing: &str, detached: &[&str], leading: &str) {
        let (trailing, leading) = (trailing.to_owned(), leading.to_owned());
        let detached = detached.iter().map(|d| (*d).to_owned()).collect();
        assert_eq!(around(&format!("{text}x"), Some(0), text.len(), false), Comments { trailing, detached, leading });
    }

    #[test]
    fn places_decide() {
        check(" // a\n", " a\n", &[], "");
        check("\n// a\n// b\n", "", &[], " a\n b\n");
        check(" // a\n// b\n", " a\n", &[], " b\n");
        check("\n// a\n\n// b\n\n// c\n", " a\n", &[" b\n"], " c\n");
        check("\n\n/* a\n * b\n */\n", "", &[], " a\n b\n");
        check(" /* a */ ", "", &[" a "], "");
    }
}
