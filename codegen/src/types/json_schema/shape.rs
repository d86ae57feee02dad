//! What Rust has to hold for a JSON Schema.

use proc_macro2::TokenStream;
use quote::quote;

use crate::names::ident;

/// A schema with all names settled.
pub(super) struct Lowered {
    pub(super) items: Vec<Item>,
    pub(super) root: Shape,
}

/// A type that gets a name.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) kind: ItemKind,
}

pub(super) enum ItemKind {
    /// Not filled yet: a reference to itself met it while it was being made.
    Open,
    Object {
        fields: Vec<Field>,
        rest: Rest,
    },
    Enum(Vec<Symbol>),
    Union {
        /// The property that tells the variants apart; `None` tries one after the other.
        tag: Option<String>,
        variants: Vec<Variant>,
    },
}

/// A property.
pub(super) struct Field {
    pub(super) wire_name: String,
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) shape: Shape,
    pub(super) required: bool,
}

/// The properties that the schema does not name.
pub(super) enum Rest {
    /// There are none: others are refused.
    Forbidden,
    /// They are kept, in the field of this name.
    Kept { field: String, shape: Shape },
}

/// A value of an enum.
pub(super) struct Symbol {
    pub(super) wire_name: String,
    pub(super) variant: String,
}

/// A branch of a union.
pub(super) struct Variant {
    pub(super) name: String,
    /// The value of the tag.
    pub(super) wire_name: Option<String>,
    pub(super) shape: Shape,
}

/// What a value is in Rust.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    Any,
    Null,
    Boolean,
    /// A whole number; `true` without a sign.
    Integer(bool),
    Number,
    String,
    Array(Box<Shape>),
    /// An object with free names.
    Map(Box<Shape>),
    /// An index into [`Lowered::items`].
    Item(usize),
    Nullable(Box<Shape>),
    Boxed(Box<Shape>),
}

impl Lowered {
    pub(super) fn item(&self, index: usize) -> &Item {
        &self.items[index]
    }

    pub(super) fn is_item_called(&self, name: &str) -> bool {
        matches!(&self.root, Shape::Item(index) if self.item(*index).name == name)
    }

    /// The type as tokens.
    pub(super) fn rust_type(&self, shape: &Shape) -> TokenStream {
        match shape {
            Shape::Any => quote!(Value),
            Shape::Null => quote!(()),
            Shape::Boolean => quote!(bool),
            Shape::Integer(true) => quote!(u64),
            Shape::Integer(false) => quote!(i64),
            Shape::Number => quote!(f64),
            Shape::String => quote!(String),
            Shape::Array(item) => {
                let item = self.rust_type(item);
                quote!(Vec<#item>)
            }
            Shape::Map(value) if matches!(**value, Shape::Any) => quote!(Map<String, Value>),
            Shape::Map(value) => {
                let value = self.rust_type(value);
                quote!(BTreeMap<String, #value>)
            }
            Shape::Item(index) => {
                let name = ident(&self.item(*index).name);
                quote!(#name)
            }
            Shape::Nullable(inner) => {
                let inner = self.rust_type(inner);
                quote!(Option<#inner>)
            }
            Shape::Boxed(inner) => {
                let inner = self.rust_type(inner);
                quote!(Box<#inner>)
            }
        }
    }
}
