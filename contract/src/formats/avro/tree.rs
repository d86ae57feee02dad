//! The tree of an Avro schema: an arena of types, so that a record can contain itself.

use std::sync::Arc;

use smol_str::SmolStr;

use super::branches::Branches;
use super::kept::{Props, Text};
use crate::source::{FileId, Span};
use crate::yaml::Node;

/// The number of a type in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// A whole schema: all types, with the root among them. A named type stands once; who refers to it holds its number.
#[derive(Clone)]
pub struct Schema {
    /// All types, in the order in which the text mentions them first.
    pub types: Vec<Type>,
    /// The type of the payload.
    pub root: TypeId,
    /// The text that docs and attributes of the types are parts of.
    pub(super) source: Option<(FileId, Arc<str>)>,
}

impl Schema {
    /// The type of a number of this schema.
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// The type of the payload.
    pub fn root(&self) -> &Type {
        self.get(self.root)
    }
}

/// A type where it is written.
#[derive(Debug, Clone)]
pub struct Type {
    /// The place of the type: the object, or the name of a primitive.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// The logical type; invalid ones are [`Logical::Unknown`], as the specification asks (ignore, do not fail).
    pub logical: Option<Logical>,
    /// Attributes that the specification does not name: see [`Schema::props`].
    pub props: Props,
}

/// The shapes of Avro.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `null`
    Null,
    /// `boolean`
    Boolean,
    /// `int`: 32 bits, signed.
    Int,
    /// `long`: 64 bits, signed.
    Long,
    /// `float`: IEEE 754, 32 bits.
    Float,
    /// `double`: IEEE 754, 64 bits.
    Double,
    /// `bytes`
    Bytes,
    /// `string`
    String,
    /// `record` and `error`
    Record(Box<Record>),
    /// `enum`
    Enum(Box<EnumType>),
    /// `fixed`
    Fixed(Box<Fixed>),
    /// `array` of the type
    Array(TypeId),
    /// `map` of string keys to the type
    Map(TypeId),
    /// A union of the branches, in order.
    Union(Branches),
}

impl Kind {
    /// The word of the specification: `record`, `int`, `union`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Record(_) => "record",
            Self::Enum(_) => "enum",
            Self::Fixed(_) => "fixed",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Union(_) => "union",
        }
    }

    /// Name, aliases and doc of a record, an enum or a fixed; `None` for the other shapes.
    pub fn named(&self) -> Option<&Named> {
        match self {
            Self::Record(record) => Some(&record.named),
            Self::Enum(e) => Some(&e.named),
            Self::Fixed(fixed) => Some(&fixed.named),
            _ => None,
        }
    }
}

impl Type {
    /// The name that a union knows the type by: the full name, or the word of the specification.
    pub fn branch_name(&self) -> String {
        self.kind.named().map_or_else(|| self.kind.name().to_owned(), |n| n.name.full())
    }
}

/// A full name: namespace (empty for none) and simple name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    /// The namespace with dots; empty for the null namespace.
    pub namespace: SmolStr,
    /// The simple name.
    pub name: SmolStr,
}

impl Name {
    /// `namespace.name`, or the simple name when there is no namespace.
    pub fn full(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { [self.namespace.as_str(), &self.name].join(".") }
    }
}

/// What every named type has.
#[derive(Debug, Clone)]
pub struct Named {
    /// The full name.
    pub name: Name,
    /// The place of the name.
    pub name_span: Span,
    /// Other full names that a reader answers to.
    pub aliases: Vec<Name>,
    /// The documentation: see [`Schema::doc`].
    pub doc: Option<Text>,
}

impl Named {
    /// Whether a reader with this name takes data of a writer's type: the simple names are equal (namespaces do not count), or
    /// the writer's full name is among the aliases.
    pub fn reads(&self, writer: &Name) -> bool {
        // As in Avro Java, an alias without a namespace on a type with one is the name ".Alias", which no writer has.
        let lost = |alias: &Name| alias.namespace.is_empty() && !self.name.namespace.is_empty();
        self.name.name == writer.name || self.aliases.iter().any(|alias| alias == writer && !lost(alias))
    }
}

/// `record` or `error`.
#[derive(Debug, Clone)]
pub struct Record {
    /// Name, aliases, doc.
    pub named: Named,
    /// Written as `"type": "error"`.
    pub is_error: bool,
    /// The fields in order.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Debug, Clone)]
pub struct Field {
    /// The name.
    pub name: SmolStr,
    /// The place of the name.
    pub name_span: Span,
    /// The place of the whole field.
    pub span: Span,
    /// Other names that a reader answers to.
    pub aliases: Vec<SmolStr>,
    /// The documentation: see [`Schema::doc`].
    pub doc: Option<Text>,
    /// The type.
    pub ty: TypeId,
    /// The default as written; `None` when there is no `default` key (a `null` default is `Some`).
    pub default: Option<Node>,
    /// How it sorts.
    pub order: Order,
    /// Attributes that the specification does not name: see [`Schema::props`].
    pub props: Props,
}

/// How a field takes part in the order of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The default.
    #[default]
    Ascending,
    /// Turned round.
    Descending,
    /// Not at all.
    Ignore,
}

/// `enum`
#[derive(Debug, Clone)]
pub struct EnumType {
    /// Name, aliases, doc.
    pub named: Named,
    /// The symbols in order.
    pub symbols: Vec<Symbol>,
    /// The symbol that a reader takes for one it does not know.
    pub default: Option<Symbol>,
}

/// A symbol of an enum and its place.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// The text.
    pub name: SmolStr,
    /// Where it stands.
    pub span: Span,
}

/// `fixed`
#[derive(Debug, Clone)]
pub struct Fixed {
    /// Name, aliases, doc.
    pub named: Named,
    /// The number of bytes.
    pub size: usize,
    /// The place of the size.
    pub size_span: Span,
}

/// A logical type on top of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logical {
    /// An unscaled two's-complement integer on `bytes` or `fixed`: value × 10^-scale.
    Decimal {
        /// Digits in all.
        precision: u32,
        /// Digits behind the point.
        scale: u32,
    },
    /// A decimal with its scale in the bytes, on `bytes`.
    BigDecimal,
    /// 16 bytes or text of RFC 4122, on `string` or `fixed(16)`.
    Uuid,
    /// Days since 1970-01-01, on `int`.
    Date,
    /// Milliseconds after midnight, on `int`.
    TimeMillis,
    /// Microseconds after midnight, on `long`.
    TimeMicros,
    /// Milliseconds since 1970-01-01T00:00:00Z, on `long`.
    TimestampMillis,
    /// Microseconds since 1970-01-01T00:00:00Z, on `long`.
    TimestampMicros,
    /// Nanoseconds since 1970-01-01T00:00:00Z, on `long`.
    TimestampNanos,
    /// Milliseconds in an unnamed time zone, on `long`.
    LocalTimestampMillis,
    /// Microseconds in an unnamed time zone, on `long`.
    LocalTimestampMicros,
    /// Nanoseconds in an unnamed time zone, on `long`.
    LocalTimestampNanos,
    /// Months, days and milliseconds, on `fixed(12)`.
    Duration,
    /// One that the specification does not name, or on a type where it does not belong.
    Unknown(String),
}
