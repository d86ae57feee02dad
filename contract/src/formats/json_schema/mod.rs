//! JSON Schema and the AsyncAPI Schema Object: the tree, its reader, its canonical text.

mod tree;

pub use tree::{Additional, Dialect, Items, JsonType, Property, Schema, SchemaId, Sub};
