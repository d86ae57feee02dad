//! Apache Avro 1.12: the tree of a schema, its parser, its canonical text and its binary encoding.

mod parse;
mod tree;

pub use parse::{MAX_DEPTH, MAX_FIXED_SIZE, parse};
pub use tree::{EnumType, Field, Fixed, Kind, Logical, Name, Named, Order, Record, Schema, Symbol, Type, TypeId};
