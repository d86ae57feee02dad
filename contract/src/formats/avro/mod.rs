//! Apache Avro 1.12: the tree of a schema, its parser, its canonical texts and its binary encoding.

mod canonical;
pub mod datum;
mod fingerprint;
mod java_json;
mod normalize;
mod parse;
mod tree;

pub use canonical::{canonical_text, normalized_text, parsing_canonical_form, resolved_text};
pub use fingerprint::{md5, rabin, sha256};
pub use parse::{MAX_DEPTH, MAX_FIXED_SIZE, MAX_LEVELS, parse};
pub use tree::{EnumType, Field, Fixed, Kind, Logical, Name, Named, Order, Record, Schema, Symbol, Type, TypeId};
