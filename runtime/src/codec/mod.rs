//! Messages to bytes and back.
//!
//! Lives here: the errors with their places, the wire prefix, what each payload format needs at run time.
//! Does not live here: the types of a schema (generated), schema ids ([`crate::schemas`]), sending and receiving.

pub mod avro;
mod error;
pub mod framing;
pub mod json;
#[cfg(feature = "protobuf")]
pub mod protobuf;

pub use error::{DecodeError, EncodeError};
