//! Options as they are written: their names in parts, and their values, read.

use std::collections::HashSet;
use std::fmt;
use std::mem::{Discriminant, discriminant};

use super::canonical::quoted_bytes;
use crate::source::Span;

/// An option as written.
#[derive(Debug, Clone)]
pub struct OptionEntry {
    /// The name as written: `packed`, `(my.option).field`.
    pub name: String,
    /// The text of the value as written: `true`, `"x"`, `{ a: 1 }`.
    pub value: String,
    /// The place of the whole option.
    pub span: Span,
    /// The parts of the name.
    pub parts: Vec<OptionName>,
    /// The value, read.
    pub literal: Literal,
}

/// One part of the name of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionName {
    /// The field, or the name of the extension without parentheses.
    pub name: String,
    /// It stands in parentheses.
    pub is_extension: bool,
    /// Its place.
    pub span: Span,
}

/// The value of an option, or of a field in it.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A word: `true`, `inf`, the name of an enum value.
    Word(String),
    /// `-inf`, `-nan`.
    NegativeWord(String),
    /// An integer that fits 64 bits.
    Int {
        /// A minus stands in front of it.
        negative: bool,
        /// The number without its sign.
        magnitude: u64,
    },
    /// Any other number.
    Float(f64),
    /// String literals, joined and without escapes; not always UTF-8.
    Text(Vec<u8>),
    /// `{ … }`
    Message(Vec<LiteralField>),
    /// `[ … ]`
    List(Vec<Literal>),
}

/// A field in an aggregate value.
#[derive(Debug, Clone, PartialEq)]
pub struct LiteralField {
    /// Its name.
    pub name: LiteralName,
    /// Its value.
    pub value: Literal,
    /// Its place.
    pub span: Span,
}

/// The name of a field in an aggregate value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LiteralName {
    /// `name`
    Field(String),
    /// `[extension.name]`
    Extension(String),
    /// `[type.googleapis.com/full.Name]`: the content of an `Any`.
    Any(String),
}

impl Literal {
    /// The values of a list; any other value alone.
    pub fn into_items(self) -> Vec<Self> {
        if let Self::List(items) = self { items } else { vec![self] }
    }
}

impl OptionEntry {
    /// The value without quotes and escapes, when it is a string.
    pub fn as_string(&self) -> Option<String> {
        String::from_utf8(self.as_bytes()?.to_vec()).ok()
    }

    /// The bytes of the value, when it is a string; adjacent literals are joined.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.literal {
            Literal::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// The value, when it is a word.
    pub fn as_word(&self) -> Option<&str> {
        match &self.literal {
            Literal::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// In the text format, on one line.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::NegativeWord(word) => write!(f, "-{}", word.trim_start_matches('-')),
            Self::Int { negative, magnitude } => write!(f, "{}{magnitude}", if *negative { "-" } else { "" }),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(bytes) => f.write_str(&quoted_bytes(bytes)),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(", "))
            }
            Self::Message(fields) => {
                let fields: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.name, field.value)).collect();
                write!(f, "{{ {} }}", fields.join(", "))
            }
        }
    }
}

impl fmt::Display for LiteralName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Extension(name) | Self::Any(name) => write!(f, "[{name}]"),
        }
    }
}

/// The values of a field that is set several times, each once, in the order in which they come.
#[derive(Debug)]
pub struct Distinct {
    items: Vec<Literal>,
    seen: HashSet<(Discriminant<Literal>, String)>,
}

impl Distinct {
    /// The first value; a list stays as it is.
    pub fn of(first: Literal) -> Self {
        let items = first.into_items();
        let seen = items.iter().map(key).collect();
        Self { items, seen }
    }

    /// Adds a value, or those of a list.
    pub fn add(&mut self, more: Literal) {
        for item in more.into_items() {
            if self.seen.insert(key(&item)) {
                self.items.push(item);
            }
        }
    }

    /// All of them.
    pub fn into_list(self) -> Literal {
        Literal::List(self.items)
    }
}

/// Equal for equal values, wherever they stand.
fn key(literal: &Literal) -> (Discriminant<Literal>, String) {
    (discriminant(literal), literal.to_string())
}
