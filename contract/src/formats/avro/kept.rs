//! Parts of a text that are kept as they are written: most schemas are read without anybody looking at them. They stand in the text
//! that their schema holds, which counts its readers once.

use std::borrow::Cow;
use std::fmt;

use smol_str::SmolStr;

use super::tree::{Kind, Schema, Type};
use crate::yaml::{Entry, written_entries};

/// A name. Most fit into the struct itself, and asking for that outright takes less time.
#[inline]
pub(super) fn word(text: &str) -> SmolStr {
    if text.len() <= INLINE { SmolStr::new_inline(text) } else { SmolStr::new(text) }
}

/// How many bytes of a name need no room elsewhere.
const INLINE: usize = 23;

/// A documentation: a part of the text of its schema, or a text of its own. [`Schema::doc`] gives it.
#[derive(Debug, Clone)]
#[allow(clippy::box_collection)] // a thin pointer: there is room for one in each field
pub struct Text(Kept<Box<String>>);

/// Attributes that the specification does not name, as a list of entries. [`Schema::props`] reads them.
#[derive(Clone, Default)]
#[allow(clippy::box_collection)] // as above
pub struct Props(Option<Kept<Box<Vec<Entry>>>>);

#[derive(Debug, Clone)]
enum Kept<T> {
    /// From `start` to `end` of the text of the schema.
    Written(Written),
    Own(T),
}

/// Where something is written in the text of its schema.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// What it stands in, which decides which keys are attributes of that.
    pub(super) place: Place,
    /// From the first byte to behind the last; of attributes others may stand between.
    pub(super) start: u32,
    pub(super) end: u32,
}

/// What attributes stand in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Type,
    Enum,
    Field,
}

impl Text {
    /// The bytes from `start` to `end` of the text of the schema.
    pub(super) fn part(start: u32, end: u32) -> Self {
        Self(Kept::Written(Written { place: Place::Type, start, end }))
    }

    /// The text, when it does not stand in that of a schema: of protocols, and of schemas with something to say about.
    pub fn own(&self) -> Option<&str> {
        if let Kept::Own(text) = &self.0 { Some(text) } else { None }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Kept::Own(Box::new(text.to_owned())))
    }
}

impl Props {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The entries, when they do not stand in the text of a schema.
    pub(super) fn own(&self) -> &[Entry] {
        if let Some(Kept::Own(entries)) = &self.0 { entries } else { &[] }
    }
}

impl From<Written> for Props {
    fn from(written: Written) -> Self {
        Self(Some(Kept::Written(written)))
    }
}

impl From<Vec<Entry>> for Props {
    fn from(entries: Vec<Entry>) -> Self {
        Self((!entries.is_empty()).then(|| Kept::Own(Box::new(entries))))
    }
}

impl fmt::Debug for Props {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(Kept::Written(written)) => fmt::Debug::fmt(written, f),
            _ => fmt::Debug::fmt(self.own(), f),
        }
    }
}

impl Schema {
    /// A documentation in this schema.
    pub fn doc<'s>(&'s self, doc: Option<&'s Text>) -> Option<&'s str> {
        match &doc?.0 {
            Kept::Own(text) => Some(text),
            Kept::Written(Written { start, end, .. }) => Some(self.text(*start, *end)),
        }
    }

    /// The attributes of a type or field of this schema that the specification does not name.
    pub fn props<'s>(&'s self, props: &'s Props) -> Cow<'s, [Entry]> {
        match &props.0 {
            Some(Kept::Written(written)) => Cow::Owned(self.written(*written)),
            _ => Cow::Borrowed(props.own()),
        }
    }

    fn text(&self, start: u32, end: u32) -> &str {
        self.source.as_ref().and_then(|(_, text)| text.get(start as usize..end as usize)).unwrap_or("")
    }

    fn written(&self, Written { place, start, end }: Written) -> Vec<Entry> {
        let Some((file, text)) = &self.source else { return Vec::new() };
        let mut entries = written_entries(*file, text, start, end);
        entries.retain(|entry| !place.names(&entry.key));
        entries
    }

    /// The types, with everything in them that stands in the text.
    fn complete(&self) -> Vec<Type> {
        let own = |doc: &mut Option<Text>| *doc = self.doc(doc.as_ref()).map(Text::from);
        let read = |props: &mut Props| *props = self.props(props).into_owned().into();
        let mut types = self.types.clone();
        for ty in &mut types {
            read(&mut ty.props);
            match &mut ty.kind {
                Kind::Record(record) => {
                    own(&mut record.named.doc);
                    for field in &mut record.fields {
                        own(&mut field.doc);
                        read(&mut field.props);
                    }
                }
                Kind::Enum(one) => own(&mut one.named.doc),
                Kind::Fixed(fixed) => own(&mut fixed.named.doc),
                _ => {}
            }
        }
        types
    }
}

/// The same for all ways of reading: what stands in the text is shown where it belongs.
#[allow(clippy::missing_fields_in_debug)]
impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema").field("types", &self.complete()).field("root", &self.root).finish()
    }
}
