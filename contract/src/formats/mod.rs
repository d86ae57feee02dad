//! The payload formats, one folder each: a lossless tree with places, its parser, its canonical text.

pub mod avro;
pub mod json_schema;
pub mod protobuf;
