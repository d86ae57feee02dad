//! Avro: the primitives of the binary encoding that generated code calls.

pub mod wire;
