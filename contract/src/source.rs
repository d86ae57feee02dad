//! Files, byte spans in them, and the line and column that a span starts at.
//!
//! One [`Sources`] holds every file of a run, so that a finding can point into the old and the new version at once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::yaml::Node;

/// The number of a file in its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A range of bytes in one file: `start` inclusive, `end` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file that the range lies in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `file`; offsets beyond 4 GiB are cut (files are refused long before).
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: cut(start), end: cut(end) }
    }

    /// The empty span at the start of `file`: for what concerns the whole file.
    pub fn start_of(file: FileId) -> Self {
        Self { file, start: 0, end: 0 }
    }

    /// The smallest span that holds both; `other` must be in the same file, else `self` is returned.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        if self.file != other.file {
            return self;
        }
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A position for people: 1-based line and column, columns counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// 1-based line.
    pub line: usize,
    /// 1-based column in characters (not bytes).
    pub column: usize,
}

impl fmt::Display for LineColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One file: its name as the user wrote it, and its text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: String,
    text: Arc<str>,
    /// Made when somebody asks for a line.
    line_starts: OnceLock<Vec<u32>>,
    /// Made when somebody asks for a place far within a long line: what stands in front of each [`BLOCK`].
    blocks: OnceLock<Vec<Counted>>,
    tree: Option<Arc<Node>>,
}

/// Bytes whose characters are counted together, so that a place in a line of a megabyte is found without counting all of it.
const BLOCK: usize = 1024;

/// Characters, and those of them that take four bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    characters: usize,
    wide: usize,
}

impl Counted {
    /// A piece of text, which need not start or end between two characters.
    fn of(bytes: &[u8]) -> Self {
        let starts = |byte: &&u8| (**byte & 0xc0) != 0x80;
        Self {
            characters: bytes.iter().filter(starts).count(),
            wide: if bytes.is_ascii() { 0 } else { bytes.iter().filter(|byte| **byte >= 0xf0).count() },
        }
    }

    fn and(self, other: Self) -> Self {
        Self { characters: self.characters + other.characters, wide: self.wide + other.wide }
    }
}

/// Editors do not count the mark that some put in front of a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let first = if self.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
            let breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            let starts = std::iter::once(first).chain(breaks.map(|(i, _)| i + 1));
            starts.map(|n| u32::try_from(n).unwrap_or(u32::MAX)).collect()
        })
    }

    /// The name that diagnostics show, with `/` between folders.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole text, to be shared.
    pub(crate) fn shared_text(&self) -> &Arc<str> {
        &self.text
    }

    /// The tree of the text, where the one who read it kept it: of AsyncAPI documents and what they refer to.
    pub fn tree(&self) -> Option<&Node> {
        self.tree.as_deref()
    }

    /// The 1-based position of a byte offset.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let (line, before) = self.before(offset);
        LineColumn { line, column: before.characters + 1 }
    }

    /// As [`Self::line_column`], with columns counted in UTF-16 code units, as editors and SARIF count them.
    pub fn utf16_line_column(&self, offset: u32) -> LineColumn {
        let (line, before) = self.before(offset);
        // A character of four bytes takes two units.
        LineColumn { line, column: before.characters + before.wide + 1 }
    }

    /// The 1-based line of an offset, and what stands in front of it there.
    fn before(&self, offset: u32) -> (usize, Counted) {
        let line = self.line_starts().partition_point(|start| *start <= offset).max(1);
        let (start, end) = (self.line_start(line), (offset as usize).min(self.text.len()));
        let bytes = self.text.as_bytes();
        if end.saturating_sub(start) <= 2 * BLOCK {
            return (line, bytes.get(start..end).map(Counted::of).unwrap_or_default());
        }
        let all = |end: usize| {
            let whole = self.blocks().get(end / BLOCK).copied().unwrap_or_default();
            whole.and(bytes.get(end / BLOCK * BLOCK..end).map(Counted::of).unwrap_or_default())
        };
        let (start, end) = (all(start), all(end));
        (line, Counted { characters: end.characters - start.characters, wide: end.wide - start.wide })
    }

    /// What stands in front of each block.
    fn blocks(&self) -> &[Counted] {
        self.blocks.get_or_init(|| {
            let mut sums = vec![Counted::default()];
            for block in self.text.as_bytes().chunks(BLOCK) {
                let sum = sums.last().copied().unwrap_or_default();
                sums.push(sum.and(Counted::of(block)));
            }
            sums
        })
    }

    /// The text of a 1-based line without its line break; empty when there is no such line.
    pub fn line(&self, line: usize) -> &str {
        let end = self.line_starts().get(line).map_or(self.text.len(), |next| *next as usize);
        let text = self.text.get(self.line_start(line)..end).unwrap_or("");
        text.strip_suffix('\n').unwrap_or(text).trim_end_matches('\r')
    }

    /// The offset of the first byte of a 1-based line; behind the text when there is no such line.
    pub(crate) fn line_start(&self, line: usize) -> usize {
        self.line_starts().get(line.wrapping_sub(1)).map_or(self.text.len(), |start| *start as usize)
    }
}

/// Every file of one run.
///
/// ```
/// use eventpact_contract::source::{Sources, Span};
/// let mut sources = Sources::new();
/// let file = sources.add("a.yaml", "one: 1\ntwo: 2\n");
/// let at = sources.file(file).line_column(Span::new(file, 7, 10).start);
/// assert_eq!((at.line, at.column), (2, 1));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a file in and gives its number; the same name may be added more than once (old and new version).
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            name: name.into(),
            text,
            line_starts: OnceLock::new(),
            blocks: OnceLock::new(),
            tree: None,
        });
        id
    }

    /// Keeps the tree of a file for those who look for a place in it later.
    pub(crate) fn keep_tree(&mut self, id: FileId, tree: Node) {
        if let Some(file) = self.files.get_mut(id.0 as usize) {
            file.tree = Some(Arc::new(tree));
        }
    }

    /// The file of a number that this collection gave out.
    ///
    /// # Panics
    /// When the number comes from another collection: a mistake in the program, not in its input.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// Where a span starts.
    pub fn line_column(&self, span: Span) -> LineColumn {
        self.file(span.file).line_column(span.start)
    }

    /// The text of a span; empty when it does not lie on character borders.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text().get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(n, f)| (FileId(u32::try_from(n).unwrap_or(u32::MAX)), f))
    }
}

/// How a parser gets the text of a file that a document refers to: from a folder, a git tree, or memory.
///
/// Parsers never open anything themselves. `path` is relative to the root of the reader, normalised, with `/` between
/// folders; an implementation refuses what lies outside its root.
pub trait Reader {
    /// The text, or in plain words why there is none (`no such file`, `not UTF-8 at byte 7`, `outside of the folder`).
    fn read(&self, path: &str) -> Result<String, String>;

    /// The same for those who keep the text.
    fn read_shared(&self, path: &str) -> Result<Arc<str>, String> {
        self.read(path).map(Arc::from)
    }

    /// The bytes of a file that is no text (a descriptor set), or in plain words why there are none.
    fn read_bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        self.read(path).map(String::into_bytes)
    }

    /// The text of a document at an `http` or `https` address, or in plain words why there is none. Nothing is fetched unless
    /// an implementation does it.
    fn remote(&self, url: &str) -> Result<String, String> {
        let _ = url;
        Err("remote references are not fetched".to_owned())
    }

    /// The name to show for this file in diagnostics.
    fn display_name(&self, path: &str) -> String {
        path.to_owned()
    }
}

/// Files held in memory: tests, and the registry's schemas with their references.
#[derive(Debug, Clone, Default)]
pub struct Memory(pub BTreeMap<String, String>);

impl Reader for Memory {
    fn read(&self, path: &str) -> Result<String, String> {
        self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
    }

    fn read_shared(&self, path: &str) -> Result<Arc<str>, String> {
        self.0.get(path).map(|text| Arc::from(text.as_str())).ok_or_else(|| "no such file".to_owned())
    }
}

/// Joins a reference to the folder of the file that makes it; `None` when it climbs out of the root.
///
/// ```
/// use eventpact_contract::source::resolve_path;
/// assert_eq!(resolve_path("shop/asyncapi.yaml", "./schemas/a.avsc").as_deref(), Some("shop/schemas/a.avsc"));
/// assert_eq!(resolve_path("asyncapi.yaml", "../secret"), None);
/// ```
pub fn resolve_path(referrer: &str, reference: &str) -> Option<String> {
    // What a remote document refers to is remote too: it never reaches into the folders of this machine.
    if referrer.contains("://") {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    if !reference.starts_with('/') {
        parts.extend(referrer.split('/'));
        parts.pop();
    }
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    (!reference.starts_with('/')).then(|| parts.join("/"))
}

/// The address that a reference in the document at `base` names (RFC 3986, section 5), without its fragment.
///
/// ```
/// use eventpact_contract::source::resolve_address;
/// assert_eq!(resolve_address("https://example.org/a/b.yaml", "../c.yaml#/d"), "https://example.org/c.yaml");
/// ```
pub fn resolve_address(base: &str, reference: &str) -> String {
    crate::formats::json_schema::address::resolve(base, reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, words: &str) -> (LineColumn, LineColumn) {
        let mut sources = Sources::new();
        let id = sources.add("a", text);
        let offset = u32::try_from(text.find(words).expect("the words")).expect("a short text");
        (sources.file(id).line_column(offset), sources.file(id).utf16_line_column(offset))
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        let (shown, _) = at("\u{feff}a: b\nc: d", "b");
        assert_eq!((shown.line, shown.column), (1, 4));
        assert_eq!(at("\u{feff}a: b\nc: d", "d").0, LineColumn { line: 2, column: 4 });
        let mut sources = Sources::new();
        let id = sources.add("a", "\u{feff}a: b\nc: d");
        assert_eq!((sources.file(id).line(1), sources.file(id).line_column(0).column), ("a: b", 1));
    }

    #[test]
    fn places_in_long_lines_are_those_that_counting_gives() {
        for unit in ["a", "é", "名", "𝄞", "aé名𝄞"] {
            let line = unit.repeat(3000);
            let text = format!("x\n{line}!{line}?\n{line};");
            for (words, line_number) in [("!", 2), ("?", 2), (";", 3)] {
                let start = text[..text.find(words).expect("the words")].rfind('\n').expect("a line") + 1;
                let before = &text[start..text.find(words).expect("the words")];
                let (shown, units) = at(&text, words);
                assert_eq!(shown, LineColumn { line: line_number, column: before.chars().count() + 1 }, "{unit} {words}");
                assert_eq!(units, LineColumn { line: line_number, column: before.encode_utf16().count() + 1 }, "{unit} {words}");
            }
        }
    }
}
