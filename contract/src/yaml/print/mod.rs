//! Writing YAML and JSON: with comments, quotes and blocks as they were written.
//!
//! `read.rs` makes a [`Styled`] tree of a text, `write.rs` and `scalar.rs` print one, `from_tree.rs` takes the style of a
//! rewritten [`Node`] tree from the texts that it came from, `json.rs` prints JSON.

mod from_tree;
mod json;
mod read;
mod scalar;
mod write;

pub(crate) use from_tree::styled;

use super::{Node, Value};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::source::{FileId, Sources, Span};

/// A document with what YAML does not count as its value.
pub(crate) struct Document {
    /// Directives, comments before `---`, and `---` itself, each with its line break; empty when there is none.
    head: String,
    root: Styled,
    /// Comments behind everything.
    foot: Vec<Line>,
}

/// A value as it is written.
#[derive(Clone)]
pub(crate) struct Styled {
    /// `&anchor` and `!tag`, or nothing.
    properties: String,
    content: Content,
    /// The comment on the last line of the value, or on the line that opens a block.
    trailing: Option<String>,
    /// Where it starts in its text.
    start: usize,
}

#[derive(Clone)]
enum Content {
    Scalar(Scalar),
    /// `*name`
    Alias(String),
    Sequence(Block),
    Mapping(Block),
}

/// The items of a list or the entries of an object.
#[derive(Clone, Default)]
struct Block {
    /// In brackets.
    flow: bool,
    items: Vec<Item>,
    /// Comments behind the last one.
    foot: Vec<Line>,
}

#[derive(Clone)]
struct Item {
    lead: Vec<Line>,
    /// The key of an entry.
    key: Option<Styled>,
    value: Styled,
    /// The text and the offset that it was read at.
    at: Option<(FileId, usize)>,
}

/// What stands before an item.
#[derive(Clone, PartialEq)]
enum Line {
    Blank,
    /// With its `#`.
    Comment(String),
}

#[derive(Clone)]
struct Scalar {
    style: Style,
    value: String,
    /// As it stands in the text; of a block without its header line. Empty for one that is new.
    raw: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
    /// `strip` for `>-`; `None` when its indentation can't be kept.
    Folded {
        strip: bool,
        kept: bool,
    },
}

/// A text as `eventpact fmt` writes it: two spaces of indentation, one style of quotes where that is safe, comments kept.
/// `Err` with what is wrong with the text, or with the finding that it can't be formatted without changing what it means.
///
/// ```
/// use eventpact_contract::{source::Sources, yaml};
/// let mut sources = Sources::new();
/// let file = sources.add("a.yaml", "a:   \"b\"   # why\nc:\n- 1\n");
/// assert_eq!(yaml::format(&mut sources, file).unwrap(), "a: 'b' # why\nc:\n  - 1\n");
/// ```
pub fn format(sources: &mut Sources, file: FileId) -> Result<String, Vec<Diagnostic>> {
    let (node, problems) = super::parse(sources, file);
    let Some(node) = node.filter(|_| !has_errors(&problems)) else { return Err(problems) };
    let source = sources.file(file);
    let (name, crlf) = (source.name().to_owned(), source.text().contains("\r\n"));
    let text = if is_json(sources, file) {
        json::write(&node, sources, json::indent_of(source.text()))
    } else {
        let Some(document) = read::read(source.text(), file) else {
            let message = "this is neither YAML nor JSON by the letter: its comments would be lost, so it is left as it is";
            return Err(vec![Diagnostic::error("fmt/not-safe", Span::start_of(file), message)]);
        };
        write::write(&document)
    };
    let comments = read::comments_of(sources.file(file).text());
    let again = sources.add(name, text.clone());
    let (read_again, _) = super::parse(sources, again);
    let signs = |text: &str| text.matches('#').count();
    let same = read_again.is_some_and(|again| same_value(&node, &again))
        && comments == read::comments_of(&text)
        && signs(&text) == signs(sources.file(file).text());
    if !same {
        let message = "this file can't be formatted without changing what it says; it is left as it is";
        return Err(vec![Diagnostic::error("fmt/not-safe", Span::start_of(file), message)]);
    }
    Ok(if crlf { text.replace('\n', "\r\n") } else { text })
}

/// Prints a tree that was made from the trees of texts, in the style of these texts: YAML, or JSON when the text of `root` is
/// JSON. Comments of that text that have no place left stand before what follows them.
pub(crate) fn print(root: &Node, sources: &Sources) -> String {
    let file = root.span.file;
    if is_json(sources, file) {
        return json::write(root, sources, json::indent_of(sources.file(file).text()));
    }
    write::write(&styled(root, sources))
}

/// `true` for a text that is read as JSON.
fn is_json(sources: &Sources, file: FileId) -> bool {
    let text = sources.file(file).text();
    let starts = super::without_bom(text).0.trim_start().starts_with(['{', '[', '"']);
    starts && super::parse_json(sources, file).0.is_some()
}

/// `true` when two trees are the same but for their places.
pub(crate) fn same_value(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Sequence(a), Value::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b)),
        (Value::Mapping(a), Value::Mapping(b)) => {
            a.entries.len() == b.entries.len()
                && a.entries.iter().zip(&b.entries).all(|(a, b)| a.key == b.key && same_value(&a.value, &b.value))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        let mut sources = Sources::new();
        let file = sources.add("a.yaml", text);
        let once = format(&mut sources, file).unwrap_or_else(|found| panic!("{text}: {found:?}"));
        let file = sources.add("a.yaml", once.clone());
        assert_eq!(format(&mut sources, file).unwrap(), once, "twice: {text}");
        once
    }

    #[test]
    fn layout() {
        for (text, wanted) in [
            ("a:\n    b:   1\n\n\n    c: [ 1,2 ]\n", "a:\n  b: 1\n\n  c: [1, 2]\n"),
            ("a:\n- b: 1\n  c: 2\n-   - x\n", "a:\n  - b: 1\n    c: 2\n  - - x\n"),
            ("{a: 1, \"b\": {c: }} # end\n", "{a: 1, 'b': {c: null}} # end\n"),
            ("a: \"it's\"\nb: 'it''s'\nc: \"\\n\"\nd: \"x\"\n", "a: \"it's\"\nb: \"it's\"\nc: \"\\n\"\nd: 'x'\n"),
            ("# top\n\n# more\na: 1 # one\n# end\n", "# top\n\n# more\na: 1 # one\n# end\n"),
            ("a: # head\n  # lead\n  b: 1\n  # foot\nc:\n", "a: # head\n  # lead\n  b: 1\n  # foot\nc:\n"),
            ("a:\n- 1\n# about b\nb: 2\n", "a:\n  - 1\n# about b\nb: 2\n"),
            ("a: [1, # one\n 2]\n", "a:\n  - 1 # one\n  - 2\n"),
            ("a:\n- # what\n  b: 1\n", "a:\n  # what\n  - b: 1\n"),
            ("a: |+\n    x\n\n\nb: 1\n", "a: |+\n  x\n\n\nb: 1\n"),
            ("a: |2-\n    x\n   y\nb: >\n   x\n   y\n\n   z\n", "a: |2-\n    x\n   y\nb: >\n  x\n  y\n\n  z\n"),
            ("a: one\n   two\n\n   three\n", "a: one\n  two\n\n  three\n"),
            ("a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: !!str 1\n", "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: !!str 1\n"),
            ("a: &x # c\n   b: 1\n", "a: &x # c\n  b: 1\n"),
            ("%YAML 1.2\n# lic\n---\na:   1\n...\n", "%YAML 1.2\n# lic\n---\na: 1\n"),
            ("? a\n: b\n", "a: b\n"),
            ("a:   1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        ] {
            assert_eq!(formatted(text), wanted, "{text}");
        }
    }

    #[test]
    fn json_stays_json() {
        let text = "{\n\t\"a\": [1,2,\n3],  \"b\": {\"c\":\"\\u00e9\"}, \"d\": []\n}";
        let wanted = "{\n\t\"a\": [\n\t\t1,\n\t\t2,\n\t\t3\n\t],\n\t\"b\": { \"c\": \"\\u00e9\" },\n\t\"d\": []\n}\n";
        assert_eq!(formatted(text), wanted);
    }
}
