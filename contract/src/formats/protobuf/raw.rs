//! Bytes of any message as fields: numbers and values, without a schema.

/// A value on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Raw<'b> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'b [u8]),
    /// What stands between the tags of a group.
    Group(&'b [u8]),
    Fixed32(u32),
}

/// Groups in groups are followed this deep.
const MAX_DEPTH: usize = 64;

/// The fields of a message in order; an error for bytes that are none.
pub(super) fn fields(bytes: &[u8]) -> Result<Vec<(i32, Raw<'_>)>, String> {
    let mut input = Input { bytes, depth: 0 };
    let mut out = Vec::new();
    while !input.bytes.is_empty() {
        out.push(input.field()?);
    }
    Ok(out)
}

/// The last value of a field.
pub(super) fn last<'b>(fields: &[(i32, Raw<'b>)], number: i32) -> Option<Raw<'b>> {
    fields.iter().rev().find(|(n, _)| *n == number).map(|(_, value)| *value)
}

/// The last value of a field as text; empty when there is none.
pub(super) fn text<'b>(fields: &[(i32, Raw<'b>)], number: i32) -> &'b str {
    match last(fields, number) {
        Some(Raw::Bytes(bytes)) => std::str::from_utf8(bytes).unwrap_or_default(),
        _ => "",
    }
}

/// The last value of a field as a number of 32 bits; 0 when there is none.
#[allow(clippy::cast_possible_truncation)] // cutting to the width of the type is the decoding
pub(super) fn int(fields: &[(i32, Raw<'_>)], number: i32) -> i32 {
    match last(fields, number) {
        Some(Raw::Varint(value)) => value as i32,
        _ => 0,
    }
}

/// All values of a field that are bytes.
pub(super) fn all<'b, 'f>(fields: &'f [(i32, Raw<'b>)], number: i32) -> impl Iterator<Item = &'b [u8]> + 'f {
    fields.iter().filter(move |(n, _)| *n == number).filter_map(|(_, value)| match value {
        Raw::Bytes(bytes) => Some(*bytes),
        _ => None,
    })
}

/// All numbers of a field, packed or not.
pub(super) fn ints(fields: &[(i32, Raw<'_>)], number: i32) -> Vec<i32> {
    let mut out = Vec::new();
    for (_, value) in fields.iter().filter(|(n, _)| *n == number) {
        match value {
            Raw::Bytes(bytes) => {
                let mut input = Input { bytes, depth: 0 };
                while !input.bytes.is_empty() {
                    let Ok(value) = input.varint() else { break };
                    out.push(i32::try_from(value).unwrap_or(i32::MAX));
                }
            }
            Raw::Varint(value) => out.push(i32::try_from(*value).unwrap_or(i32::MAX)),
            _ => {}
        }
    }
    out
}

/// A place in bytes.
pub(super) struct Input<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) depth: usize,
}

impl<'b> Input<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], String> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or("it ends in the middle of a field")?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let byte = self.take(1)?.first().copied().unwrap_or(0);
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number has more than ten bytes".to_owned())
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "it ends in the middle of a field".to_owned())
    }

    fn field(&mut self) -> Result<(i32, Raw<'b>), String> {
        let tag = self.varint()?;
        let number = i32::try_from(tag >> 3).ok().filter(|n| *n > 0).ok_or("a field has no valid number")?;
        let raw = match tag & 7 {
            0 => Raw::Varint(self.varint()?),
            1 => Raw::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| "a length is too large")?;
                Raw::Bytes(self.take(length)?)
            }
            3 => Raw::Group(self.group(number)?),
            5 => Raw::Fixed32(u32::from_le_bytes(self.fixed()?)),
            other => return Err(format!("field {number} has the unknown wire type {other}")),
        };
        Ok((number, raw))
    }

    /// What stands in front of the tag that ends a group.
    fn group(&mut self, number: i32) -> Result<&'b [u8], String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("groups are nested more than {MAX_DEPTH} deep"));
        }
        let start = self.bytes;
        loop {
            let before = self.bytes;
            let tag = self.varint()?;
            if tag & 7 == 4 {
                self.depth -= 1;
                let length = start.len() - before.len();
                let ends = u64::from(number.unsigned_abs()) == tag >> 3;
                return start.get(..length).filter(|_| ends).ok_or_else(|| "a group ends with another's tag".to_owned());
            }
            self.bytes = before;
            self.field()?;
        }
    }
}
