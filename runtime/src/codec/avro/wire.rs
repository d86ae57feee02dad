//! The binary encoding of Avro 1.12, one function per primitive, for straight-line generated code.
//!
//! Lives here: variable-length integers, blocks, the limits on untrusted bytes. Writers append to a `Vec<u8>`; a [`Reader`]
//! walks a slice. Does not live here: schemas (generated code *is* the schema), logical types (`super::logical`).
//!
//! Speed decides the shape: small functions inline into the caller, everything about errors is cold and out of line.

use std::collections::BTreeMap;

use crate::codec::{DecodeError, EncodeError};

/// How deep values of recursive types may nest, both ways: written and read.
pub const MAX_DEPTH: u32 = 128;

/// How many items that take no bytes (`null`, an empty record) one message may hold.
pub const MAX_EMPTY_ITEMS: usize = 1 << 20;

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

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
fn write_long_of_nine(out: &mut Vec<u8>, mut zigzag: u64) {
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

/// Walks over the bytes of one message.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    length: usize,
    depth: u32,
    empty_items: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of a datum (behind any framing).
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, length: bytes.len(), depth: 0, empty_items: 0 }
    }

    /// How many bytes were read so far.
    #[inline]
    pub fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    /// An error at the current place.
    #[cold]
    pub fn error(&self, reason: impl Into<String>) -> DecodeError {
        DecodeError::at(self.offset(), reason)
    }

    /// Ends the reading: bytes that are left over mean that another schema wrote them.
    #[inline]
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.left_over()) }
    }

    #[cold]
    fn left_over(&self) -> DecodeError {
        self.error(format!("{} bytes are left over behind the datum: it was written with another schema", self.rest.len()))
    }

    /// Goes one record of a recursive type deeper; see [`MAX_DEPTH`].
    #[inline]
    pub fn enter(&mut self) -> Result<(), DecodeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("the value nests more than {MAX_DEPTH} records deep")));
        }
        Ok(())
    }

    /// Comes back from [`Reader::enter`].
    #[inline]
    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Reads an `int`.
    #[inline]
    pub fn int(&mut self) -> Result<i32, DecodeError> {
        match i32::try_from(self.long()?) {
            Ok(value) => Ok(value),
            Err(_) => Err(self.error("an int of more than 32 bits")),
        }
    }

    /// Reads a `long`.
    #[inline]
    pub fn long(&mut self) -> Result<i64, DecodeError> {
        match self.rest {
            [first, rest @ ..] if *first < 0x80 => {
                self.rest = rest;
                Ok(from_zigzag(u64::from(*first)))
            }
            _ => self.long_of_many(),
        }
    }

    /// Two bytes and more: a whole word is loaded and its groups of seven bits pushed together.
    fn long_of_many(&mut self) -> Result<i64, DecodeError> {
        let Some(chunk) = self.rest.first_chunk::<8>() else {
            return self.long_bytewise();
        };
        let word = u64::from_le_bytes(*chunk);
        let stop = !word & HIGH_BITS;
        if stop == 0 {
            return self.long_bytewise();
        }
        let mut bits = word & (stop ^ (stop - 1)) & !HIGH_BITS;
        bits = (bits & 0x007f_007f_007f_007f) | ((bits & 0x7f00_7f00_7f00_7f00) >> 1);
        bits = (bits & 0x0000_3fff_0000_3fff) | ((bits & 0x3fff_0000_3fff_0000) >> 2);
        bits = (bits & 0x0fff_ffff) | ((bits & 0x0fff_ffff_0000_0000) >> 4);
        let used = stop.trailing_zeros() as usize / 8 + 1;
        self.rest = self.rest.get(used..).unwrap_or_default();
        Ok(from_zigzag(bits))
    }

    /// Close to the end of the payload, and numbers of nine and ten bytes.
    #[cold]
    fn long_bytewise(&mut self) -> Result<i64, DecodeError> {
        let mut bits = 0_u64;
        for (n, byte) in self.rest.iter().take(10).enumerate() {
            if n == 9 && *byte > 1 {
                break;
            }
            bits |= u64::from(byte & 0x7f) << (7 * n);
            if *byte < 0x80 {
                self.rest = self.rest.get(n + 1..).unwrap_or_default();
                return Ok(from_zigzag(bits));
            }
        }
        let reason = if self.rest.len() < 10 { "the payload ends inside a number" } else { "a number of more than 64 bits" };
        Err(self.error(reason))
    }

    /// Reads a `boolean`.
    #[inline]
    pub fn boolean(&mut self) -> Result<bool, DecodeError> {
        match self.rest {
            [byte @ 0..=1, rest @ ..] => {
                self.rest = rest;
                Ok(*byte == 1)
            }
            _ => Err(self.bad_boolean()),
        }
    }

    #[cold]
    fn bad_boolean(&self) -> DecodeError {
        match self.rest.first() {
            Some(byte) => self.error(format!("a boolean is the byte 0 or 1, this is {byte}")),
            None => self.error("the payload ends where a boolean should be"),
        }
    }

    /// Reads a `float`.
    #[inline]
    pub fn float(&mut self) -> Result<f32, DecodeError> {
        Ok(f32::from_le_bytes(self.fixed()?))
    }

    /// Reads a `double`.
    #[inline]
    pub fn double(&mut self) -> Result<f64, DecodeError> {
        Ok(f64::from_le_bytes(self.fixed()?))
    }

    /// Reads a `fixed`.
    #[inline]
    pub fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((chunk, rest)) => {
                self.rest = rest;
                Ok(*chunk)
            }
            None => Err(self.short(N)),
        }
    }

    /// Goes past `count` bytes.
    #[inline]
    pub fn skip(&mut self, count: usize) -> Result<(), DecodeError> {
        match self.rest.get(count..) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => Err(self.short(count)),
        }
    }

    /// Reads a `fixed` that is too large for the stack.
    pub fn boxed_fixed<const N: usize>(&mut self) -> Result<Box<[u8; N]>, DecodeError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(N) else {
            return Err(self.short(N));
        };
        let Ok(boxed) = Box::<[u8; N]>::try_from(bytes.to_vec()) else {
            return Err(self.short(N));
        };
        self.rest = rest;
        Ok(boxed)
    }

    /// Reads a union of `null` and one other type.
    #[inline]
    pub fn optional<T>(&mut self, some: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<Option<T>, DecodeError> {
        match self.long()? {
            0 => Ok(None),
            1 => some(self).map(Some),
            index => Err(self.bad_index("the union", index, 2)),
        }
    }

    /// Reads a union of one type and `null`.
    #[inline]
    pub fn optional_null_last<T>(
        &mut self,
        some: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, DecodeError> {
        match self.long()? {
            0 => some(self).map(Some),
            1 => Ok(None),
            index => Err(self.bad_index("the union", index, 2)),
        }
    }

    /// Reads a union of a single type.
    #[inline]
    pub fn single<T>(&mut self, value: impl FnOnce(&mut Self) -> Result<T, DecodeError>) -> Result<T, DecodeError> {
        match self.long()? {
            0 => value(self),
            index => Err(self.bad_index("the union", index, 1)),
        }
    }

    #[cold]
    fn short(&self, wanted: usize) -> DecodeError {
        self.error(format!("{wanted} bytes are announced, {} are left", self.rest.len()))
    }

    /// Reads `bytes` without copying them.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.long()?;
        let Ok(wanted) = usize::try_from(length) else {
            return Err(self.negative(length));
        };
        match self.rest.split_at_checked(wanted) {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(bytes)
            }
            None => Err(self.short(wanted)),
        }
    }

    #[cold]
    fn negative(&self, length: i64) -> DecodeError {
        self.error(format!("the length {length} is not one"))
    }

    /// Reads a `string` without copying it.
    #[inline]
    pub fn str(&mut self) -> Result<&'a str, DecodeError> {
        let bytes = self.bytes()?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text),
            Err(e) => Err(self.not_utf8(bytes.len() - e.valid_up_to())),
        }
    }

    #[cold]
    fn not_utf8(&self, behind: usize) -> DecodeError {
        DecodeError::at(self.offset() - behind, "a string that is not UTF-8")
    }

    /// Reads a `string`.
    #[inline]
    pub fn string(&mut self) -> Result<String, DecodeError> {
        // Copied first: what the allocator gives is aligned, and checking UTF-8 is faster there.
        let bytes = self.bytes()?;
        match String::from_utf8(bytes.to_vec()) {
            Ok(text) => Ok(text),
            Err(e) => Err(self.not_utf8(bytes.len() - e.utf8_error().valid_up_to())),
        }
    }

    /// Reads the start of the next block: how many items follow, 0 at the end. `least` is how many bytes an item takes at
    /// least: a count that cannot be true is refused before anything is allocated for it.
    #[inline]
    pub fn block(&mut self, least: usize) -> Result<usize, DecodeError> {
        match self.long()? {
            0 => Ok(0),
            count => self.count(count, least),
        }
    }

    fn count(&mut self, count: i64, least: usize) -> Result<usize, DecodeError> {
        if count < 0 {
            self.long()?; // the size of the block in bytes, for readers that skip it
        }
        let items = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        if least == 0 {
            self.empty_items = self.empty_items.saturating_add(items);
        }
        if items.saturating_mul(least) > self.rest.len() || self.empty_items > MAX_EMPTY_ITEMS {
            return Err(self.error(format!("a block of {items} items cannot be in the {} bytes that are left", self.rest.len())));
        }
        Ok(items)
    }

    /// How much room to reserve for `count` items of `T`: never much more memory than there are bytes to read.
    #[inline]
    fn room<T>(&self, count: usize) -> usize {
        count.min((self.rest.len() * 4 / size_of::<T>().max(1)).max(16))
    }

    /// Reads an `array`; `least` as in [`Reader::block`].
    #[inline]
    pub fn array<T>(
        &mut self,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let mut items = Vec::new();
        loop {
            let count = self.block(least)?;
            if count == 0 {
                return Ok(items);
            }
            items.reserve(self.room::<T>(count));
            for _ in 0..count {
                match item(self) {
                    Ok(value) => items.push(value),
                    Err(e) => return Err(e.in_index(items.len())),
                }
            }
        }
    }

    /// Reads a `map`; `least` is how many bytes a value takes at least. Of equal keys the last one stays.
    #[inline]
    pub fn map<V>(
        &mut self,
        least: usize,
        mut value: impl FnMut(&mut Self) -> Result<V, DecodeError>,
    ) -> Result<BTreeMap<String, V>, DecodeError> {
        let mut entries = BTreeMap::new();
        loop {
            let count = self.block(least + 1)?;
            if count == 0 {
                return Ok(entries);
            }
            for _ in 0..count {
                let key = self.string()?;
                match value(self) {
                    Ok(value) => entries.insert(key, value),
                    Err(e) => return Err(e.in_key(&key)),
                };
            }
        }
    }

    /// The error for the index of a union or an enum that the schema does not have.
    #[cold]
    pub fn bad_index(&self, what: &str, index: i64, count: usize) -> DecodeError {
        self.error(format!("{what} has {count} alternatives, number {index} is none of them"))
    }
}

#[inline]
fn from_zigzag(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        write_long(&mut out, value);
        out
    }

    /// The loop of the specification, to compare with.
    fn long_by_the_book(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        write_long_of_nine(&mut out, ((value << 1) ^ (value >> 63)).cast_unsigned());
        out
    }

    #[test]
    fn longs_of_every_length_come_back() {
        for shift in 0..64 {
            for value in
                [1_i64 << shift, (1_i64 << shift).wrapping_sub(1), (1_i64 << shift).wrapping_neg(), 0x55aa_1234 << (shift / 2)]
            {
                let bytes = long(value);
                assert_eq!(bytes, long_by_the_book(value), "{value}");
                for padding in [0, 9] {
                    let mut padded = bytes.clone();
                    padded.extend(std::iter::repeat_n(0xff, padding));
                    let mut r = Reader::new(&padded);
                    assert_eq!(r.long().unwrap(), value);
                    assert_eq!(r.offset(), bytes.len(), "{value}");
                }
            }
        }
    }

    #[test]
    fn numbers_that_are_cut_or_too_long_are_refused() {
        assert_eq!(Reader::new(&[0x80]).long().unwrap_err().reason(), "the payload ends inside a number");
        assert_eq!(Reader::new(&[0xff; 12]).long().unwrap_err().reason(), "a number of more than 64 bits");
        let too_big = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert!(Reader::new(&too_big).long().is_err());
        assert!(Reader::new(&long(i64::from(i32::MAX) + 1)).int().is_err());
        assert_eq!(Reader::new(&long(i64::from(i32::MIN))).int().unwrap(), i32::MIN);
    }

    #[test]
    fn counts_that_cannot_be_true_are_refused_before_allocating() {
        let mut bytes = long(i64::MAX);
        bytes.push(0);
        assert!(Reader::new(&bytes).array(1, Reader::long).is_err());
        assert!(Reader::new(&bytes).array(0, |_| Ok(())).is_err());
        assert!(Reader::new(&long(i64::MIN)).array(1, Reader::long).is_err());
        let mut many = Vec::new();
        for _ in 0..3 {
            write_long(&mut many, 1 << 19);
        }
        assert!(Reader::new(&many).array(0, |_| Ok(())).is_err(), "empty items add up over blocks");
    }

    #[test]
    fn blocks_with_a_size_are_read() {
        let bytes = [3, 4, 2, 4, 2, 6, 0]; // -2 items in 2 bytes, then one item
        assert_eq!(Reader::new(&bytes).array(1, Reader::long).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn errors_name_the_place() {
        let e = Reader::new(&[4, 2, b'a', 6, b'b', 0]).array(1, Reader::string).unwrap_err();
        assert_eq!(e.to_string(), "[1]: 3 bytes are announced, 2 are left (at byte 4 of the payload)");
        let e = Reader::new(&[4, 0xff, b'x']).str().unwrap_err();
        assert_eq!(e.to_string(), "a string that is not UTF-8 (at byte 1 of the payload)");
        assert_eq!(Reader::new(&[9, 9]).finish().unwrap_err().offset(), Some(0));
        assert_eq!(Reader::new(&[2]).boolean().unwrap_err().reason(), "a boolean is the byte 0 or 1, this is 2");
    }

    #[test]
    fn containers_round_trip() {
        let mut out = Vec::new();
        let map = BTreeMap::from([("a".to_owned(), 1_i64), ("b".to_owned(), -70_000)]);
        write_map(&mut out, &map, |out, v| {
            write_long(out, *v);
            Ok(())
        })
        .unwrap();
        write_array(&mut out, &[true, false], |out, v| {
            write_boolean(out, *v);
            Ok(())
        })
        .unwrap();
        write_float(&mut out, 1.5);
        write_double(&mut out, -2.5);
        write_fixed(&mut out, &[1, 2, 3]);
        write_string(&mut out, "é");
        let mut r = Reader::new(&out);
        assert_eq!(r.map(1, Reader::long).unwrap(), map);
        assert_eq!(r.array(1, Reader::boolean).unwrap(), [true, false]);
        assert_eq!((r.float().unwrap(), r.double().unwrap()), (1.5, -2.5));
        assert_eq!(r.fixed::<3>().unwrap(), [1, 2, 3]);
        assert_eq!(r.string().unwrap(), "é");
        r.finish().unwrap();
    }
}
