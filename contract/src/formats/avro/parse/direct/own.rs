//! What has been read of an object so far.

use super::super::super::kept::Text;
use super::super::super::tree::{Field, Kind, Logical, Symbol, TypeId};
use super::super::logical::{self, Digits};
use super::super::name;
use super::super::shape::primitive;
use crate::source::Span;
use crate::yaml::Pull;

/// The most attributes of one object that the specification does not name: each is compared with all before it.
const MAX_OTHERS: usize = 8;

/// A text and its place.
pub(super) type Placed<'t> = (&'t str, Span);
/// Namespace and simple name.
pub(super) type Full<'t> = (&'t str, &'t str);

/// What `type` says in an object.
pub(super) enum Shape {
    Primitive(Kind),
    Record,
    Error,
    Enum,
    Fixed,
    Array,
    Map,
}

impl Shape {
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "record" => Self::Record,
            "error" => Self::Error,
            "enum" => Self::Enum,
            "fixed" => Self::Fixed,
            "array" => Self::Array,
            "map" => Self::Map,
            _ => return None,
        })
    }
}

/// What stands in the object of a type.
#[derive(Default)]
pub(super) struct Own<'t> {
    /// Bits of the keys so far.
    pub(super) keys: u16,
    pub(super) shape: Option<Shape>,
    pub(super) name: Option<Placed<'t>>,
    /// The name is a simple one that has been checked.
    pub(super) is_word: bool,
    /// One that has been checked.
    pub(super) namespace: Option<&'t str>,
    pub(super) aliases: Vec<&'t str>,
    pub(super) doc: Option<Text>,
    /// The type of the items or values.
    pub(super) inner: Option<TypeId>,
    /// A record that has been declared, with its fields.
    pub(super) record: Option<(TypeId, Full<'t>, Vec<Field>)>,
    pub(super) size: Option<(usize, Span)>,
    pub(super) symbols: Option<Vec<Symbol>>,
    pub(super) default: Option<Placed<'t>>,
    pub(super) others: Others<'t>,
    /// Where the keys are whose values can't be read before the rest is known.
    pub(super) later: Vec<u32>,
    pub(super) logical: Option<&'t str>,
    pub(super) precision: Digits,
    pub(super) scale: Digits,
}

impl<'t> Own<'t> {
    /// The full name; `outer` is the namespace around.
    pub(super) fn full(&self, outer: &'t str) -> Option<Full<'t>> {
        let text = self.name?.0;
        let outer = self.namespace.unwrap_or(outer);
        let (namespace, simple) = if self.is_word {
            (outer, text)
        } else {
            let (namespace, simple) = text.rsplit_once('.').unwrap_or((outer, text));
            name::check(simple).and_then(|()| name::check_namespace(namespace)).ok()?;
            (namespace, simple)
        };
        let is_primitive = namespace.is_empty() && primitive(simple).is_some();
        (!is_primitive).then_some((namespace, simple))
    }

    /// The logical type on a kind, or why it does not count there.
    pub(super) fn logical(&self, kind: &Kind) -> Result<Option<Logical>, String> {
        let digits = |key: &str| if key == "precision" { self.precision } else { self.scale };
        self.logical.map(|word| logical::read(word, kind, digits)).transpose()
    }
}

/// The attributes of an object that the specification does not name.
#[derive(Default)]
pub(super) struct Others<'t> {
    /// Those that nothing is known of.
    keys: Vec<&'t str>,
    /// From the first key to behind the last value; zero when there are none.
    pub(super) start: u32,
    pub(super) end: u32,
}

impl<'t> Others<'t> {
    /// Takes in where a key starts and its value ends.
    pub(super) fn extend(&mut self, start: u32, end: u32) {
        self.start = if self.end == 0 { start } else { self.start.min(start) };
        self.end = self.end.max(end);
    }

    /// Takes in a key that is not there yet.
    pub(super) fn add(&mut self, key: &'t str, start: u32, end: u32) -> Option<()> {
        if self.keys.len() >= MAX_OTHERS || self.keys.contains(&key) {
            return None;
        }
        self.keys.push(key);
        self.extend(start, end);
        Some(())
    }
}

/// A key of a type or a field.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Key<'t> {
    Type,
    Name,
    Namespace,
    Aliases,
    Doc,
    Default,
    Fields,
    Items,
    Values,
    Size,
    Symbols,
    LogicalType,
    Precision,
    Scale,
    Order,
    Other(&'t str),
}

const KEYS: [(Key<'_>, &str); 15] = [
    (Key::Type, "type"),
    (Key::Name, "name"),
    (Key::Namespace, "namespace"),
    (Key::Aliases, "aliases"),
    (Key::Doc, "doc"),
    (Key::Default, "default"),
    (Key::Fields, "fields"),
    (Key::Items, "items"),
    (Key::Values, "values"),
    (Key::Size, "size"),
    (Key::Symbols, "symbols"),
    (Key::LogicalType, "logicalType"),
    (Key::Precision, "precision"),
    (Key::Scale, "scale"),
    (Key::Order, "order"),
];

impl<'t> Key<'t> {
    /// Passes over the key that stands here and its colon. Those that most texts have, written as most texts write them, are found
    /// without a look for their ends.
    #[inline]
    pub(super) fn read(text: &mut Pull<'t>) -> Option<Self> {
        const NAME: u64 = u64::from_le_bytes(*b"\"name\":\0");
        const TYPE: u64 = u64::from_le_bytes(*b"\"type\":\0");
        const DOC: u64 = u64::from_le_bytes(*b"\"doc\":\0\0");
        let eight = text.eight();
        match eight & (u64::MAX >> 8) {
            NAME => {
                text.step(7);
                Some(Self::Name)
            }
            TYPE => {
                text.step(7);
                Some(Self::Type)
            }
            _ if eight & (u64::MAX >> 16) == DOC => {
                text.step(6);
                Some(Self::Doc)
            }
            _ => Self::read_other(text),
        }
    }

    fn read_other(text: &mut Pull<'t>) -> Option<Self> {
        Some(match text.second()? {
            b'd' if text.skip("\"default\":") => Self::Default,
            b'l' if text.skip("\"logicalType\":") => Self::LogicalType,
            b'f' if text.skip("\"fields\":") => Self::Fields,
            b'i' if text.skip("\"items\":") => Self::Items,
            b'v' if text.skip("\"values\":") => Self::Values,
            b's' if text.skip("\"symbols\":") => Self::Symbols,
            b's' if text.skip("\"scale\":") => Self::Scale,
            b'p' if text.skip("\"precision\":") => Self::Precision,
            _ => Self::of(text.key()?),
        })
    }

    fn of(key: &'t str) -> Self {
        KEYS.iter().find(|(_, name)| *name == key).map_or(Self::Other(key), |(known, _)| *known)
    }

    /// As the text has it.
    pub(super) fn written(self) -> &'t str {
        match self {
            Self::Other(key) => key,
            known => KEYS.iter().find(|(key, _)| *key == known).map_or("", |(_, name)| name),
        }
    }
}

/// Marks the key with a number as seen; `None` when it was.
pub(super) fn once(keys: &mut u16, number: u16) -> Option<()> {
    let bit = 1 << number;
    let is_new = *keys & bit == 0;
    *keys |= bit;
    is_new.then_some(())
}

/// The number of a kind that a union may have once.
pub(super) fn number_of(kind: &Kind) -> Option<u16> {
    Some(match kind {
        Kind::Null => 0,
        Kind::Boolean => 1,
        Kind::Int => 2,
        Kind::Long => 3,
        Kind::Float => 4,
        Kind::Double => 5,
        Kind::Bytes => 6,
        Kind::String => 7,
        Kind::Array(_) => 8,
        Kind::Map(_) => 9,
        Kind::Record(_) | Kind::Enum(_) | Kind::Fixed(_) | Kind::Union(_) => return None,
    })
}
