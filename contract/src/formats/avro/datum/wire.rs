//! Bytes in, bytes out: variable-length integers, lengths, blocks, and the limits on what untrusted bytes may ask for.

use super::{DatumError, Result};

/// Appends a `long`: zigzag, then seven bits per byte, low bits first.
pub(super) fn write_long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    out.push(rest.to_le_bytes()[0]);
}

/// Appends a length and the bytes.
pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_long(out, i64::try_from(bytes.len()).unwrap_or(i64::MAX));
    out.extend_from_slice(bytes);
}

/// Walks a slice and counts what has been made from it.
pub(super) struct Input<'b> {
    bytes: &'b [u8],
    at: usize,
    values: usize,
    limit: usize,
}

impl<'b> Input<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        // Most values take a byte at least; what takes none (`null`, an empty record, a default) is limited to a million.
        Self { bytes, at: 0, values: 0, limit: bytes.len().saturating_add(1_000_000) }
    }

    /// The number of bytes that have been read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// Counts a value that is about to be made.
    pub(super) fn count(&mut self) -> Result<()> {
        self.count_many(1)
    }

    /// Counts as many values.
    pub(super) fn count_many(&mut self, values: usize) -> Result<()> {
        self.values = self.values.saturating_add(values);
        if self.values > self.limit {
            return Err(self.fail(format!("more than {} values in {} bytes", self.limit, self.bytes.len())));
        }
        Ok(())
    }

    pub(super) fn fail(&self, message: impl Into<String>) -> DatumError {
        DatumError { offset: Some(self.at), ..DatumError::new(message) }
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'b [u8]> {
        let rest = &self.bytes[self.at.min(self.bytes.len())..];
        let Some(taken) = rest.get(..length) else {
            return Err(self.fail(format!("the bytes end: {length} wanted, {} left", rest.len())));
        };
        self.at += length;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.fail("the bytes end"))
    }

    pub(super) fn boolean(&mut self) -> Result<bool> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            other => Err(self.fail(format!("a boolean is byte 0 or 1, not {other:?}"))),
        }
    }

    pub(super) fn long(&mut self) -> Result<i64> {
        let mut zigzag: u64 = 0;
        for shift in (0..70).step_by(7) {
            let [byte] = self.array()?;
            let low = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                break;
            }
            zigzag |= low << shift;
            if byte & 0x80 == 0 {
                return Ok((zigzag >> 1).cast_signed() ^ -((zigzag & 1).cast_signed()));
            }
        }
        Err(self.fail("a number has more than 64 bits"))
    }

    pub(super) fn int(&mut self) -> Result<i32> {
        let long = self.long()?;
        i32::try_from(long).map_err(|_| self.fail(format!("{long} does not fit an int")))
    }

    /// A length of bytes that are there.
    pub(super) fn bytes(&mut self) -> Result<&'b [u8]> {
        let length = self.long()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length),
            Err(_) => Err(self.fail(format!("{length} is not a length"))),
        }
    }

    pub(super) fn string(&mut self) -> Result<&'b str> {
        let bytes = self.bytes()?;
        std::str::from_utf8(bytes).map_err(|e| self.fail(format!("a string is not UTF-8 ({e})")))
    }

    /// The number of items in the next block; zero ends the array or map.
    pub(super) fn block(&mut self) -> Result<usize> {
        let count = self.long()?;
        if count < 0 {
            // The size in bytes is for skipping; what follows is read item by item.
            self.long()?;
        }
        usize::try_from(count.unsigned_abs()).map_err(|_| self.fail(format!("{count} is not a count")))
    }

    /// An index below `count`, of a symbol or a branch.
    pub(super) fn index(&mut self, count: usize, what: &str) -> Result<usize> {
        let index = self.long()?;
        match usize::try_from(index) {
            Ok(index) if index < count => Ok(index),
            _ => Err(self.fail(format!("{what} {index} does not exist: there are {count}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs_go_there_and_back() {
        for value in [0, 1, -1, 63, 64, -64, -65, 8191, i64::from(i32::MIN), i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            write_long(&mut out, value);
            let mut input = Input::new(&out);
            assert_eq!(input.long(), Ok(value));
            assert_eq!(input.offset(), out.len());
        }
    }

    #[test]
    fn hostile_bytes_are_refused() {
        assert!(Input::new(&[0xff; 11]).long().is_err());
        assert!(Input::new(&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).bytes().is_err());
        assert!(Input::new(&[0x01]).bytes().is_err(), "a negative length");
        assert!(Input::new(&[2]).boolean().is_err());
        assert!(Input::new(&[0x02, 0xff]).string().is_err());
    }
}
