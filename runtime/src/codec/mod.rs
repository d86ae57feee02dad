//! Messages to bytes and back.
//!
//! Lives here: the errors with their places, the primitives of each format that generated code calls.
//! Does not live here: the types of a schema (generated), sending and receiving.

pub mod avro;
mod error;

pub use error::{DecodeError, EncodeError};
