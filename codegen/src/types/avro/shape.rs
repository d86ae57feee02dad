//! What Rust has to hold for a schema: the plan between the Avro tree and the tokens.

use eventpact_contract::yaml::Node;
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::names;

/// A schema with all names settled.
pub(super) struct Lowered {
    /// The types to print, in the order in which the schema names them.
    pub(super) items: Vec<Item>,
    /// The payload.
    pub(super) root: Shape,
    /// Some decimal fits `types::Decimal`.
    pub(super) uses_decimal: bool,
}

/// A type that gets a name in Rust.
pub(super) struct Item {
    /// Its name, out of a scope.
    pub(super) name: String,
    /// Its documentation, and what it is in the schema.
    pub(super) doc: String,
    /// What it holds.
    pub(super) kind: ItemKind,
    /// How many bytes it takes at least; a small guess only guards less.
    pub(super) least: usize,
    /// It can contain itself: reading and writing count the depth.
    pub(super) recursive: bool,
    /// It holds a recursive type somewhere: writing hands the depth on.
    pub(super) deep: bool,
}

pub(super) enum ItemKind {
    Record(Vec<Field>),
    Enum { symbols: Vec<Symbol>, default: Option<usize> },
    Union(Vec<Branch>),
}

/// A field of a record.
pub(super) struct Field {
    pub(super) wire_name: String,
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) shape: Shape,
    pub(super) default: Option<Node>,
}

/// A symbol of an enum.
pub(super) struct Symbol {
    pub(super) wire_name: String,
    pub(super) variant: String,
}

/// A branch of a union.
pub(super) struct Branch {
    pub(super) variant: String,
    pub(super) shape: Shape,
}

/// What a value is in Rust and on the wire.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    /// A type of `eventpact_runtime::types` around an `i32`.
    IntType(&'static str),
    /// The same around an `i64`.
    LongType(&'static str),
    Decimal {
        precision: u32,
        scale: u32,
        fixed: Option<usize>,
    },
    BigDecimal,
    Uuid {
        fixed: bool,
    },
    Duration,
    Fixed(usize),
    /// A record, an enum or a union with a name: an index into [`Lowered::items`].
    Item(usize),
    Array(Box<Shape>),
    Map(Box<Shape>),
    Optional {
        inner: Box<Shape>,
        null_first: bool,
    },
    /// A union of one branch: only the branch's number is added on the wire.
    Single(Box<Shape>),
    /// A record that closes a circle.
    Boxed(Box<Shape>),
}

/// The most digits that `types::Decimal` always holds.
pub(super) const DECIMAL_DIGITS: u32 = 28;

/// The largest `fixed` that lives inside its record; larger ones are boxed to spare the stack.
pub(super) const INLINE_FIXED: usize = 1024;

impl Lowered {
    pub(super) fn item(&self, index: usize) -> &Item {
        &self.items[index]
    }

    /// The payload holds a recursive type: writing starts with a depth.
    pub(super) fn root_is_deep(&self) -> bool {
        fn walk(lowered: &Lowered, shape: &Shape) -> bool {
            match shape {
                Shape::Item(index) => lowered.item(*index).deep,
                Shape::Array(inner)
                | Shape::Map(inner)
                | Shape::Single(inner)
                | Shape::Boxed(inner)
                | Shape::Optional { inner, .. } => walk(lowered, inner),
                _ => false,
            }
        }
        walk(self, &self.root)
    }

    /// The type as tokens.
    pub(super) fn rust_type(&self, shape: &Shape) -> TokenStream {
        match shape {
            Shape::Null => quote!(()),
            Shape::Boolean => quote!(bool),
            Shape::Int => quote!(i32),
            Shape::Long => quote!(i64),
            Shape::Float => quote!(f32),
            Shape::Double => quote!(f64),
            Shape::Bytes => quote!(Vec<u8>),
            Shape::String => quote!(String),
            Shape::IntType(name) | Shape::LongType(name) => {
                let name = names::ident(name);
                quote!(types::#name)
            }
            Shape::Decimal { precision, .. } if *precision <= DECIMAL_DIGITS => quote!(types::Decimal),
            Shape::Decimal { .. } | Shape::BigDecimal => quote!(types::BigDecimal),
            Shape::Uuid { .. } => quote!(types::Uuid),
            Shape::Duration => quote!(types::Duration),
            Shape::Fixed(size) => {
                let (large, size) = (*size > INLINE_FIXED, Literal::usize_unsuffixed(*size));
                if large { quote!(Box<[u8; #size]>) } else { quote!([u8; #size]) }
            }
            Shape::Item(index) => {
                let name = names::ident(&self.item(*index).name);
                quote!(#name)
            }
            Shape::Array(item) => {
                let item = self.rust_type(item);
                quote!(Vec<#item>)
            }
            Shape::Map(value) => {
                let value = self.rust_type(value);
                quote!(BTreeMap<String, #value>)
            }
            Shape::Optional { inner, .. } => {
                let inner = self.rust_type(inner);
                quote!(Option<#inner>)
            }
            Shape::Single(inner) => self.rust_type(inner),
            Shape::Boxed(inner) => {
                let inner = self.rust_type(inner);
                quote!(Box<#inner>)
            }
        }
    }

    /// How many bytes a value takes at least: the guard against counts that cannot be true.
    pub(super) fn least_bytes(&self, shape: &Shape) -> usize {
        least_bytes(shape, &|index| self.item(index).least)
    }
}

/// [`Lowered::least_bytes`] with what is known of the items so far.
pub(super) fn least_bytes(shape: &Shape, of_item: &dyn Fn(usize) -> usize) -> usize {
    match shape {
        Shape::Null => 0,
        Shape::Float => 4,
        Shape::Double => 8,
        Shape::Decimal { fixed: Some(size), .. } | Shape::Fixed(size) => *size,
        Shape::Uuid { fixed: true } => 16,
        Shape::Uuid { fixed: false } => 33,
        Shape::BigDecimal => 3,
        Shape::Duration => 12,
        Shape::Single(inner) => least_bytes(inner, of_item).saturating_add(1),
        Shape::Boxed(inner) => least_bytes(inner, of_item),
        Shape::Item(index) => of_item(*index),
        _ => 1,
    }
}
