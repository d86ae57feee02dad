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
    tree: Option<Arc<Node>>,
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let starts = std::iter::once(0).chain(self.text.match_indices('\n').map(|(i, _)| i + 1));
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

    /// The tree of the text, where the one who read it kept it: of AsyncAPI documents and what they refer to.
    pub fn tree(&self) -> Option<&Node> {
        self.tree.as_deref()
    }

    /// The 1-based position of a byte offset.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_starts().partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts().get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |s| s.chars().count()) + 1;
        LineColumn { line, column }
    }

    /// As [`Self::line_column`], with columns counted in UTF-16 code units, as editors and SARIF count them.
    pub fn utf16_line_column(&self, offset: u32) -> LineColumn {
        let at = self.line_column(offset);
        let before = self.text.get(self.line_start(at.line)..(offset as usize).min(self.text.len())).unwrap_or("");
        // A character of four bytes takes two units.
        let wide = if before.is_ascii() { 0 } else { before.bytes().filter(|byte| *byte >= 0xf0).count() };
        LineColumn { line: at.line, column: at.column + wide }
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
        self.files.push(SourceFile { name: name.into(), text, line_starts: OnceLock::new(), tree: None });
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
