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
    /// The name of the borrowed twin of a payload that gets a type around it; `None` when there is nothing to borrow.
    pub(super) wrapper_twin: Option<String>,
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
    /// The name of the twin that borrows from the payload; `None` when there is nothing to borrow.
    pub(super) twin: Option<String>,
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

/// Which of its two types a value gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `String`, `Vec<u8>`: a value of its own.
    Owned,
    /// `&str`, `&[u8]`: a view of the payload, of the lifetime `'a`.
    Borrowed,
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

    /// The borrowed form of a shape is another type than the owned one.
    pub(super) fn borrows(&self, shape: &Shape) -> bool {
        borrows(shape, &|index| self.item(index).twin.is_some())
    }

    /// The type of an item in a form, with its lifetime.
    pub(super) fn item_type(&self, index: usize, form: Form) -> TokenStream {
        let path = self.item_path(index, form);
        if form == Form::Borrowed && self.item(index).twin.is_some() { quote!(#path<'a>) } else { path }
    }

    /// The same without a lifetime, as it stands in front of `::`.
    pub(super) fn item_path(&self, index: usize, form: Form) -> TokenStream {
        let item = self.item(index);
        let name = match (form, &item.twin) {
            (Form::Borrowed, Some(twin)) => names::ident(twin),
            _ => names::ident(&item.name),
        };
        quote!(#name)
    }

    /// The type as tokens.
    pub(super) fn rust_type(&self, shape: &Shape, form: Form) -> TokenStream {
        match shape {
            Shape::Null => quote!(()),
            Shape::Boolean => quote!(bool),
            Shape::Int => quote!(i32),
            Shape::Long => quote!(i64),
            Shape::Float => quote!(f32),
            Shape::Double => quote!(f64),
            Shape::Bytes if form == Form::Borrowed => quote!(&'a [u8]),
            Shape::Bytes => quote!(Vec<u8>),
            Shape::String if form == Form::Borrowed => quote!(&'a str),
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
                match (large, form) {
                    (true, Form::Owned) => quote!(Box<[u8; #size]>),
                    (true, Form::Borrowed) => quote!(&'a [u8; #size]),
                    (false, _) => quote!([u8; #size]),
                }
            }
            Shape::Item(index) => self.item_type(*index, form),
            Shape::Array(item) => {
                let item = self.rust_type(item, form);
                quote!(Vec<#item>)
            }
            Shape::Map(value) => {
                let value = self.rust_type(value, form);
                if form == Form::Borrowed { quote!(types::MapRef<'a, #value>) } else { quote!(BTreeMap<String, #value>) }
            }
            Shape::Optional { inner, .. } => {
                let inner = self.rust_type(inner, form);
                quote!(Option<#inner>)
            }
            Shape::Single(inner) => self.rust_type(inner, form),
            Shape::Boxed(inner) => {
                let inner = self.rust_type(inner, form);
                quote!(Box<#inner>)
            }
        }
    }

    /// How many bytes a value takes at least: the guard against counts that cannot be true.
    pub(super) fn least_bytes(&self, shape: &Shape) -> usize {
        least_bytes(shape, &|index| self.item(index).least)
    }
}

/// [`Lowered::borrows`] with what is known of the items so far.
pub(super) fn borrows(shape: &Shape, of_item: &dyn Fn(usize) -> bool) -> bool {
    match shape {
        Shape::Bytes | Shape::String | Shape::Map(_) => true,
        Shape::Fixed(size) => *size > INLINE_FIXED,
        Shape::Item(index) => of_item(*index),
        Shape::Array(inner) | Shape::Optional { inner, .. } | Shape::Single(inner) | Shape::Boxed(inner) => {
            borrows(inner, of_item)
        }
        _ => false,
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
