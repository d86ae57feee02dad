//! Protobuf payloads: prost with our errors.

use prost::Message;

use super::{DecodeError, EncodeError};

/// Appends `message` in the wire format.
pub fn encode<M: Message>(message: &M, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    message.encode(out).map_err(|error| EncodeError::new(error.to_string()))
}

/// Reads a message. prost bounds the nesting at 100. It does not say where it failed.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, DecodeError> {
    M::decode(bytes).map_err(|error| DecodeError::new(error.to_string()))
}
