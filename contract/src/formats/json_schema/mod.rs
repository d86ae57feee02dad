//! JSON Schema and the AsyncAPI Schema Object: the tree, its reader, its canonical text.

pub(crate) mod address;
mod canonical;
mod dialect;
mod document;
mod formats;
mod keywords;
mod parse;
mod reference;
mod tree;
mod validate;

pub use canonical::{canonical_text, same_text};
pub use dialect::Dialect;
pub(crate) use dialect::Holds;
pub(crate) use keywords::is_about_shape;
pub use parse::{ResolveFn, parse, parse_as, parse_with_booleans};
pub(crate) use reference::{OwnNames, is_meta_schema};
pub use tree::{Additional, Conditional, Dependency, Items, JsonType, Property, Schema, SchemaId, Sub};
pub(crate) use validate::is_wrong_pattern;
pub use validate::{Budget, Unusable, Validator, Violation};
