//! The events of YAML, from `saphyr-parser`: tags, scalars, and places as byte offsets.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span as CharSpan, StrInput, Tag};

use super::build::Builder;
use super::{SyntaxError, Value, scalar};

/// Feeds the builder with the values of `text`, which starts at byte `base` of the file.
pub(super) fn read(text: &str, base: usize, builder: &mut Builder) -> Result<(), SyntaxError> {
    let mut reader = Reader { text, offsets: Offsets::new(text), base, documents: 0, flow: 0, has_tabs: text.contains('\t') };
    let mut parser = Parser::new(StrInput::new(text));
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| reader.syntax_error(*error.marker(), error.info()))?;
        reader.event(event, span, builder);
        if builder.stopped() {
            break;
        }
    }
    Ok(())
}

struct Reader<'t> {
    text: &'t str,
    offsets: Offsets<'t>,
    base: usize,
    documents: usize,
    /// How many brackets are open.
    flow: usize,
    has_tabs: bool,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: CharSpan, builder: &mut Builder) {
        let (start, end) = (self.offsets.byte(span.start.index()), self.offsets.byte(span.end.index()));
        match event {
            Event::DocumentStart(_) => self.document(start, end, builder),
            Event::Scalar(text, style, anchor, tag) => {
                let start = if anchor > 0 || tag.is_some() { behind_properties(self.text, start, end) } else { start };
                let end = scalar_end(self.text, start, end);
                self.scalar(text, style, anchor, tag.as_deref(), (start, end), builder);
            }
            Event::Alias(anchor) => builder.alias(anchor, self.span((start, end), builder)),
            Event::SequenceStart(anchor, tag) => {
                self.container_tag(tag.as_deref(), "seq", (start, end), builder);
                let at = self.container_start(start, end);
                self.indentation(at, builder);
                builder.start_sequence(self.base + at, anchor);
            }
            Event::MappingStart(anchor, tag) => {
                self.container_tag(tag.as_deref(), "map", (start, end), builder);
                let at = self.container_start(start, end);
                builder.start_mapping(self.base + at, anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // A closing bracket has a width; the end of indentation has none.
                let bracket = end > start;
                self.flow = self.flow.saturating_sub(usize::from(bracket));
                // The parser counts a comment behind the bracket in.
                builder.end(bracket.then_some(self.base + start + 1));
            }
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd | Event::Nothing => {}
        }
    }

    fn span(&self, (start, end): (usize, usize), builder: &Builder) -> crate::source::Span {
        builder.span(self.base + start, self.base + end)
    }

    fn document(&mut self, start: usize, end: usize, builder: &mut Builder) {
        self.documents += 1;
        if self.documents == 2 {
            let span = self.span((start, end), builder);
            let help = "put each document into a file of its own";
            builder.error("yaml/many-documents", span, "a second document starts here; only one is read").help =
                Some(help.to_owned());
            builder.stop();
        }
    }

    fn scalar(
        &self,
        text: std::borrow::Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        place: (usize, usize),
        builder: &mut Builder,
    ) {
        let span = self.span(place, builder);
        let plain = style == ScalarStyle::Plain;
        let is_key = builder.expects_key();
        if is_key {
            self.indentation(place.0, builder);
        }
        if !is_key {
            let value = match tag {
                None if plain => scalar::plain(text),
                None => Value::String(text.into_owned()),
                Some(tag) => tagged(tag, &text, span, builder),
            };
            return builder.scalar(value, span, anchor);
        }
        let merge = plain && tag.is_none() && text == "<<";
        let meaning = match tag {
            None if plain => scalar::meaning(&text),
            None => None,
            Some(tag) => Some(tagged(tag, &text, span, builder)),
        };
        let is_null = meaning == Some(Value::Null);
        if anchor > 0 {
            let value = meaning.unwrap_or_else(|| Value::String(text.clone().into_owned()));
            builder.remember(anchor, &super::Node { span, value }, 1, 0);
        }
        if is_null {
            return builder.refuse_key(span, "null");
        }
        // Numbers and booleans are keys by their text, as in JSON: `200:` is `"200":`.
        builder.key(text.into_owned(), span, merge);
    }

    fn container_tag(&self, tag: Option<&Tag>, own: &str, place: (usize, usize), builder: &mut Builder) {
        let Some(tag) = tag else { return };
        let known = (tag.is_yaml_core_schema() && tag.suffix == own) || (tag.handle.is_empty() && tag.suffix == "!");
        if !known {
            unknown_tag(tag, self.span(place, builder), builder);
        }
    }

    /// Where a list or object starts: at its bracket, or at its first dash or key, behind tag and anchor.
    fn container_start(&mut self, start: usize, end: usize) -> usize {
        let bracket = bracket(self.text, start, end);
        self.flow += usize::from(bracket.is_some());
        bracket.unwrap_or(end)
    }

    /// YAML forbids tabs in indentation; the parser lets them pass and guesses a level.
    fn indentation(&self, at: usize, builder: &mut Builder) {
        if self.flow > 0 || !self.has_tabs {
            return;
        }
        let before = self.text.get(..at).unwrap_or("");
        let line = before.rfind('\n').map_or(0, |n| n + 1);
        let Some(indent) = before.get(line..) else { return };
        let blank = indent.bytes().all(|b| matches!(b, b' ' | b'\t'));
        if blank && indent.contains('\t') {
            let span = self.span((line, at), builder);
            builder.error("yaml/tab", span, "a tab indents this line; YAML wants spaces").help =
                Some("replace each tab by spaces".to_owned());
        }
    }

    fn syntax_error(&self, marker: Marker, info: &str) -> SyntaxError {
        let at = self.base + self.offsets.byte(marker.index());
        let mut error = SyntaxError::new(at, info);
        if let Some((_, message, help)) = PLAIN_WORDS.iter().find(|(theirs, ..)| info.contains(theirs)) {
            (*message).clone_into(&mut error.message);
            error.help = Some(help);
        }
        error
    }
}

/// The offset behind `&anchor` and `!tag`.
pub(super) fn behind_properties(text: &str, start: usize, end: usize) -> usize {
    let mut rest = text.get(start..end).unwrap_or("");
    while rest.starts_with(['&', '!']) {
        rest = rest.trim_start_matches(|c: char| !c.is_whitespace()).trim_start();
    }
    end.saturating_sub(rest.len()).max(start)
}

/// Where a scalar ends: at its closing quote, or before trailing blanks. The parser counts a comment behind quotes in.
pub(super) fn scalar_end(text: &str, start: usize, end: usize) -> usize {
    let own = text.get(start..end).unwrap_or("");
    let Some(quote @ (b'"' | b'\'')) = own.bytes().next() else { return start + own.trim_end().len() };
    let mut bytes = own.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\\' && quote == b'"' {
            bytes.next();
        } else if byte == quote && !(quote == b'\'' && bytes.next_if(|(_, next)| *next == quote).is_some()) {
            return start + at + 1;
        }
    }
    end
}

/// The bracket that opens a list or object, behind anchor, tag and comments: the parser counts in what surrounds it.
pub(super) fn bracket(text: &str, start: usize, end: usize) -> Option<usize> {
    let mut rest = text.get(start..end)?;
    loop {
        rest = rest.trim_start();
        match rest.chars().next()? {
            '[' | '{' => return Some(end - rest.len()),
            '&' | '!' => rest = rest.trim_start_matches(|c: char| !c.is_whitespace()),
            '#' => rest = rest.trim_start_matches(|c: char| c != '\n'),
            _ => return None,
        }
    }
}

/// What a scalar with a tag means; only the tags of the core schema are known.
fn tagged(tag: &Tag, text: &str, span: crate::source::Span, builder: &mut Builder) -> Value {
    let text_value = || Value::String(text.to_owned());
    if tag.handle.is_empty() && tag.suffix == "!" {
        return text_value();
    }
    let value = if tag.is_yaml_core_schema() { core_tagged(&tag.suffix, text) } else { Tagged::Unknown };
    match value {
        Tagged::Value(value) => value,
        Tagged::Wrong => {
            builder.error("yaml/tag", span, format!("`{text}` is not what its tag `!!{}` says", tag.suffix));
            text_value()
        }
        Tagged::Unknown => {
            unknown_tag(tag, span, builder);
            text_value()
        }
    }
}

/// What the parser says, in plain words, and what to do about it.
const PLAIN_WORDS: &[(&str, &str, &str)] = &[
    (
        "invalid Unicode character escape",
        "this text holds an escape that is no character",
        "YAML has no surrogate pairs: write the character itself, or `\\U0001F600`",
    ),
    ("unknown anchor", "this alias names no anchor that stands before it", "write `&name` in front of the value that it repeats"),
    (
        "did not find expected key",
        "a key of the object belongs here",
        "the keys of one object start in the same column: look at the indentation of this line and the one before",
    ),
    (
        "did not find expected '-'",
        "an item of the list belongs here",
        "the dashes of one list stand in the same column: look at the indentation of this line and the one before",
    ),
    (
        "indentation in quoted scalar",
        "this text in quotes goes on at a wrong indentation",
        "perhaps its closing quote is missing",
    ),
    ("found a tab", "a tab stands where YAML wants spaces", "replace each tab by spaces"),
    ("mapping values are not allowed", "a `:` stands where no key can be", "put texts that contain `: ` in quotes"),
];

enum Tagged {
    Value(Value),
    Wrong,
    Unknown,
}

fn core_tagged(suffix: &str, text: &str) -> Tagged {
    let plain = scalar::plain(text.into());
    let value = match suffix {
        "str" => Some(Value::String(text.to_owned())),
        "null" => Some(plain).filter(|v| *v == Value::Null),
        "bool" => Some(plain).filter(|v| matches!(v, Value::Bool(_))),
        "float" => Some(plain).filter(|v| matches!(v, Value::Number(_))),
        "int" => Some(plain).filter(|v| matches!(v, Value::Number(n) if !n.contains(['.', 'e', 'E', 'n', 'N']))),
        _ => return Tagged::Unknown,
    };
    value.map_or(Tagged::Wrong, Tagged::Value)
}

fn unknown_tag(tag: &Tag, span: crate::source::Span, builder: &mut Builder) {
    let name = if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { format!("{}{}", tag.handle, tag.suffix) };
    builder.error("yaml/unknown-tag", span, format!("the tag `{name}` has no meaning here")).help =
        Some("only the tags of JSON are known: !!str, !!int, !!float, !!bool, !!null, !!seq, !!map".to_owned());
}

/// Character indexes to byte offsets, in constant time after one pass over a text that is not ASCII.
pub(super) struct Offsets<'t> {
    text: &'t str,
    /// The byte offset of every 32nd character; empty for ASCII, where both counts agree.
    marks: Vec<u32>,
}

const STEP: usize = 32;

impl<'t> Offsets<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().step_by(STEP).map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX)).collect()
        };
        Self { text, marks }
    }

    pub(super) fn byte(&self, index: usize) -> usize {
        if self.marks.is_empty() {
            return index.min(self.text.len());
        }
        let Some(&mark) = self.marks.get(index / STEP) else { return self.text.len() };
        let rest = self.text.get(mark as usize..).unwrap_or("");
        rest.char_indices().nth(index % STEP).map_or(self.text.len(), |(n, _)| mark as usize + n)
    }
}
