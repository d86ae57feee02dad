//! JSON payloads: serde_json with our errors.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{DecodeError, EncodeError};

/// Appends `event` as JSON.
pub fn encode<T: Serialize>(event: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    serde_json::to_writer(out, event).map_err(|error| EncodeError::new(error.to_string()))
}

/// Reads an event from JSON. serde_json bounds the nesting at 128.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let offset = offset_of(bytes, error.line(), error.column());
        DecodeError::at(offset, error.to_string())
    })
}

/// For optional properties of generated types: what is there goes through its own type, so that a null is refused unless the
/// property may be null, and stays apart from a property that is not there.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// serde_json counts lines and columns from 1, we count bytes.
fn offset_of(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize = bytes.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_at_which_byte() {
        let error = decode::<Vec<u32>>(b"[1,\n  x]").unwrap_err();
        assert_eq!(error.offset(), Some(6));
        let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(decode::<serde_json::Value>(nested.as_bytes()).is_err());
    }
}
