//! JSON Schema and the AsyncAPI Schema Object: the tree, its reader, its canonical text.

mod canonical;
mod document;
mod keywords;
mod parse;
mod reference;
mod tree;

pub use canonical::canonical_text;
pub use parse::{ResolveFn, parse};
pub use tree::{Additional, Conditional, Dependency, Dialect, Items, JsonType, Property, Schema, SchemaId, Sub};
