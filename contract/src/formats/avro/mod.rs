//! Apache Avro 1.12: the tree of a schema, its parser, its canonical text and its binary encoding.

mod tree;

pub use tree::{EnumType, Field, Fixed, Kind, Logical, Name, Named, Order, Record, Schema, Symbol, Type, TypeId};
