//! Parts of a text that are kept as they are written: most schemas are read without anybody looking at them.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use smol_str::SmolStr;

use crate::source::FileId;
use crate::yaml::{Entry, written_entries};

/// A name. Most fit into the struct itself, and asking for that outright takes less time.
pub(super) fn word(text: &str) -> SmolStr {
    if text.len() <= INLINE { SmolStr::new_inline(text) } else { SmolStr::new(text) }
}

/// How many bytes of a name need no room elsewhere.
const INLINE: usize = 23;

/// A documentation: a part of the text that it stands in, or a text of its own.
#[derive(Clone)]
pub struct Text {
    all: Arc<str>,
    start: u32,
    end: u32,
}

impl Text {
    /// The bytes from `start` to `end` of a text that is shared.
    pub(super) fn part(all: &Arc<str>, start: u32, end: u32) -> Self {
        Self { all: Arc::clone(all), start, end }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { all: text.into(), start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.all.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Attributes that the specification does not name, as a list of entries. They are read when somebody asks for the first time.
#[derive(Clone, Default)]
pub struct Props(Option<Box<Kept>>);

#[derive(Clone)]
struct Kept {
    read: OnceLock<Vec<Entry>>,
    written: Option<Written>,
}

/// Where attributes are written.
#[derive(Clone)]
pub(super) struct Written {
    pub(super) text: Arc<str>,
    pub(super) file: FileId,
    /// From the first of them to behind the last; others may stand between.
    pub(super) start: u32,
    pub(super) end: u32,
    /// The keys that the specification names.
    pub(super) is_reserved: fn(&str) -> bool,
}

impl Props {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl Deref for Props {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        let Some(kept) = &self.0 else { return &[] };
        kept.read.get_or_init(|| kept.written.as_ref().map_or_else(Vec::new, Written::entries))
    }
}

impl Written {
    fn entries(&self) -> Vec<Entry> {
        let mut entries = written_entries(self.file, &self.text, self.start, self.end);
        entries.retain(|entry| !(self.is_reserved)(&entry.key));
        entries
    }
}

impl From<Written> for Props {
    fn from(written: Written) -> Self {
        Self(Some(Box::new(Kept { read: OnceLock::new(), written: Some(written) })))
    }
}

impl From<Vec<Entry>> for Props {
    fn from(entries: Vec<Entry>) -> Self {
        Self((!entries.is_empty()).then(|| Box::new(Kept { read: entries.into(), written: None })))
    }
}

impl fmt::Debug for Props {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
