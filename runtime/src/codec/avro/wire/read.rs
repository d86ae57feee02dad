//! Bytes to values, owned or borrowed from the bytes, and the limits on untrusted bytes.

use std::collections::BTreeMap;

use ascii::AsAsciiStr;

use super::{HIGH_BITS, MAX_DEPTH, MAX_EMPTY_ITEMS};
use crate::codec::DecodeError;
use crate::types::MapRef;

/// Up to this length a text is first taken for ASCII, which nearly all short ones are: the check of the standard library goes
/// byte by byte at both ends. Longer ones would lose more by a failed guess than they win by a good one.
const SHORT_TEXT: usize = 64;

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

    /// Reads a `fixed` without copying it.
    #[inline]
    pub fn fixed_ref<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((chunk, rest)) => {
                self.rest = rest;
                Ok(chunk)
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
        if bytes.len() <= SHORT_TEXT
            && let Ok(text) = bytes.as_ascii_str()
        {
            return Ok(text.as_str());
        }
        self.utf8(bytes)
    }

    fn utf8(&self, bytes: &'a [u8]) -> Result<&'a str, DecodeError> {
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
        self.str().map(str::to_owned)
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

    /// Makes room for `count` more items, though never for much more memory than there are bytes to read.
    #[inline]
    fn make_room<T>(&self, items: &mut Vec<T>, count: usize) {
        let room = count.min((self.rest.len() * 4 / size_of::<T>().max(1)).max(16));
        if items.capacity() == 0 {
            *items = Vec::with_capacity(room); // cheaper than to reserve, and there is nearly always one block
        } else {
            items.reserve(room);
        }
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
            self.make_room(&mut items, count);
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

    /// Reads a `map` without copying its keys; `least` as in [`Reader::map`]. Of equal keys the last one stays.
    #[inline]
    pub fn map_ref<V>(
        &mut self,
        least: usize,
        mut value: impl FnMut(&mut Self) -> Result<V, DecodeError>,
    ) -> Result<MapRef<'a, V>, DecodeError> {
        let mut entries = Vec::new();
        loop {
            let count = self.block(least + 1)?;
            if count == 0 {
                return Ok(MapRef::from_entries(entries));
            }
            self.make_room(&mut entries, count);
            for _ in 0..count {
                let key = self.str()?;
                match value(self) {
                    Ok(value) => entries.push((key, value)),
                    Err(e) => return Err(e.in_key(key)),
                }
            }
        }
    }

    /// The error for the index of a union or an enum that the schema does not have.
    #[cold]
    pub fn bad_index(&self, what: &str, index: i64, count: usize) -> DecodeError {
        self.error(format!("{what} has {count} alternatives, number {index} is none of them"))
    }
}

/// A copy of a large `fixed` on the heap, which never was on the stack.
pub fn boxed_copy<const N: usize>(bytes: &[u8; N]) -> Box<[u8; N]> {
    match Box::<[u8; N]>::try_from(bytes.to_vec()) {
        Ok(boxed) => boxed,
        Err(other) => unreachable!("{N} bytes were copied, {} arrived", other.len()),
    }
}

#[inline]
fn from_zigzag(bits: u64) -> i64 {
    (bits >> 1).cast_signed() ^ -(bits & 1).cast_signed()
}
