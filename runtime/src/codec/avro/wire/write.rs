//! Values to bytes: appended to a `Vec<u8>`.

use std::collections::BTreeMap;

use super::{HIGH_BITS, MAX_DEPTH};
use crate::codec::EncodeError;

/// Writes an `int`.
#[inline]
pub fn write_int(out: &mut Vec<u8>, value: i32) {
    write_long(out, i64::from(value));
}

/// Writes a `long`: zigzag, then seven bits per byte, low bits first.
#[inline]
pub fn write_long(out: &mut Vec<u8>, value: i64) {
    let zigzag = ((value << 1) ^ (value >> 63)).cast_unsigned();
    if zigzag < 0x80 {
        out.push(low_byte(zigzag));
    } else {
        write_long_of_many(out, zigzag);
    }
}

#[allow(clippy::cast_possible_truncation)] // the low byte is what is wanted
fn low_byte(n: u64) -> u8 {
    n as u8
}

/// Two bytes and more: the groups of seven bits are spread over a word, which is copied at once and then cut.
fn write_long_of_many(out: &mut Vec<u8>, zigzag: u64) {
    let bits = 64 - zigzag.leading_zeros() as usize;
    let length = bits.div_ceil(7);
    if length > 8 {
        return write_long_of_nine(out, zigzag);
    }
    let mut word = (zigzag & 0x0fff_ffff) | ((zigzag & 0x00ff_ffff_f000_0000) << 4);
    word = (word & 0x0000_3fff_0000_3fff) | ((word & 0x0fff_c000_0fff_c000) << 2);
    word = (word & 0x007f_007f_007f_007f) | ((word & 0x3f80_3f80_3f80_3f80) << 1);
    word |= HIGH_BITS & ((1 << (8 * (length - 1))) - 1);
    let end = out.len() + length;
    out.extend_from_slice(&word.to_le_bytes());
    out.truncate(end);
}

#[cold]
pub(super) fn write_long_of_nine(out: &mut Vec<u8>, mut zigzag: u64) {
    while zigzag >= 0x80 {
        out.push(low_byte(zigzag) | 0x80);
        zigzag >>= 7;
    }
    out.push(low_byte(zigzag));
}

/// Writes a length or a count. Lengths in memory never exceed `i64::MAX`.
#[inline]
pub fn write_length(out: &mut Vec<u8>, length: usize) {
    write_long(out, length.cast_signed() as i64);
}

/// Writes a `boolean`.
#[inline]
pub fn write_boolean(out: &mut Vec<u8>, value: bool) {
    out.push(u8::from(value));
}

/// Writes a `float`.
#[inline]
pub fn write_float(out: &mut Vec<u8>, value: f32) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes a `double`.
#[inline]
pub fn write_double(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}

/// Writes `bytes`: length, then the bytes.
#[inline]
pub fn write_bytes(out: &mut Vec<u8>, value: &[u8]) {
    write_length(out, value.len());
    out.extend_from_slice(value);
}

/// Writes a `string`: length in bytes, then UTF-8.
#[inline]
pub fn write_string(out: &mut Vec<u8>, value: &str) {
    write_bytes(out, value.as_bytes());
}

/// Writes a `fixed`: the bytes alone.
#[inline]
pub fn write_fixed<const N: usize>(out: &mut Vec<u8>, value: &[u8; N]) {
    out.extend_from_slice(value);
}

/// Writes an `array` as one block.
#[inline]
pub fn write_array<T>(
    out: &mut Vec<u8>,
    items: &[T],
    mut write: impl FnMut(&mut Vec<u8>, &T) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    if !items.is_empty() {
        write_length(out, items.len());
        for (index, item) in items.iter().enumerate() {
            write(out, item).map_err(|e| e.in_index(index))?;
        }
    }
    out.push(0);
    Ok(())
}

/// Writes a `map` as one block, in the order of the keys.
#[inline]
pub fn write_map<V>(
    out: &mut Vec<u8>,
    entries: &BTreeMap<String, V>,
    mut write: impl FnMut(&mut Vec<u8>, &V) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    if !entries.is_empty() {
        write_length(out, entries.len());
        for (key, value) in entries {
            write_string(out, key);
            write(out, value).map_err(|e| e.in_key(key))?;
        }
    }
    out.push(0);
    Ok(())
}

/// Refuses to write values of recursive types that no reader would take: see [`MAX_DEPTH`].
#[inline]
pub fn check_depth(depth: u32) -> Result<(), EncodeError> {
    if depth > MAX_DEPTH { Err(too_deep_to_write()) } else { Ok(()) }
}

#[cold]
fn too_deep_to_write() -> EncodeError {
    EncodeError::new(format!("the value nests more than {MAX_DEPTH} records deep, which readers refuse"))
}
