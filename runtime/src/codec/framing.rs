//! The wire prefix of schema registries: a zero byte, the schema's id in four big-endian bytes and, for Protobuf, which
//! message of the file it is. What follows is the payload, untouched.
//!
//! Everything read here is untrusted: nothing is allocated by a number from the wire, every length is checked.

use super::DecodeError;

/// The first byte of a framed body.
pub const MAGIC: u8 = 0;

/// Bytes before the payload for formats without message indexes.
pub const PREFIX_LEN: usize = 5;

/// Message indexes deeper than this are refused: no real file nests so deep.
pub const MAX_INDEXES: usize = 64;

/// Appends the prefix for schema `id`.
pub fn write_prefix(id: u32, out: &mut Vec<u8>) {
    out.push(MAGIC);
    out.extend_from_slice(&id.to_be_bytes());
}

/// Appends Protobuf message indexes: a count and the indexes as zigzag varints; `[0]`, the first message, is one zero byte.
pub fn write_indexes(indexes: &[i32], out: &mut Vec<u8>) {
    if indexes == [0] {
        out.push(0);
        return;
    }
    write_zigzag(i64::try_from(indexes.len()).unwrap_or(i64::MAX), out);
    for index in indexes {
        write_zigzag(i64::from(*index), out);
    }
}

/// Splits a framed body into the schema's id and the rest.
pub fn read_prefix(body: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    match body {
        [MAGIC, a, b, c, d, rest @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), rest)),
        [] => Err(DecodeError::at(0, "the body is empty; a zero byte and a schema id were expected")),
        [MAGIC, ..] => Err(DecodeError::at(body.len(), "the body ends within the schema id")),
        [first, ..] => Err(DecodeError::at(
            0,
            format!("the body begins with 0x{first:02x}, not with the zero byte of a registry-framed message"),
        )),
    }
}

/// Splits what follows the prefix of a Protobuf body into the message indexes and the payload.
///
/// `offset` is where `rest` begins in the body; errors count from the start of the body.
pub fn read_indexes(rest: &[u8], offset: usize) -> Result<(Vec<i32>, &[u8]), DecodeError> {
    let mut at = 0;
    let count = read_zigzag(rest, &mut at, offset)?;
    if count == 0 {
        return Ok((vec![0], rest.get(at..).unwrap_or_default()));
    }
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_INDEXES)
        .ok_or_else(|| DecodeError::at(offset, format!("{count} message indexes; 1 to {MAX_INDEXES} are possible")))?;
    let mut indexes = Vec::with_capacity(count);
    for _ in 0..count {
        let here = at;
        let index = read_zigzag(rest, &mut at, offset)?;
        let index = i32::try_from(index)
            .ok()
            .filter(|index| *index >= 0)
            .ok_or_else(|| DecodeError::at(offset + here, format!("{index} is not a message index")))?;
        indexes.push(index);
    }
    Ok((indexes, rest.get(at..).unwrap_or_default()))
}

fn write_zigzag(value: i64, out: &mut Vec<u8>) {
    let mut bits = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    while bits >= 0x80 {
        out.push(bits.to_le_bytes()[0] | 0x80);
        bits >>= 7;
    }
    out.push(bits.to_le_bytes()[0]);
}

fn read_zigzag(rest: &[u8], at: &mut usize, offset: usize) -> Result<i64, DecodeError> {
    let mut bits = 0_u64;
    for shift in (0..35).step_by(7) {
        let byte = *rest.get(*at).ok_or_else(|| DecodeError::at(offset + *at, "the body ends within the message indexes"))?;
        *at += 1;
        bits |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed());
        }
    }
    Err(DecodeError::at(offset + *at, "a message index has more than five bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(list: &[i32]) -> Vec<u8> {
        let mut out = Vec::new();
        write_indexes(list, &mut out);
        out
    }

    #[test]
    fn the_prefix_is_a_zero_byte_and_the_id_in_network_order() {
        let mut out = Vec::new();
        write_prefix(0x0102_0304, &mut out);
        out.extend_from_slice(b"xy");
        assert_eq!(out, [0, 1, 2, 3, 4, b'x', b'y']);
        assert_eq!(read_prefix(&out).unwrap(), (0x0102_0304, &b"xy"[..]));
    }

    #[test]
    fn the_first_message_is_one_zero_byte() {
        assert_eq!(indexes(&[0]), [0]);
        assert_eq!(indexes(&[1]), [2, 2]);
        assert_eq!(indexes(&[2, 0]), [4, 4, 0]);
        assert_eq!(read_indexes(&[0, 9], 5).unwrap(), (vec![0], &[9][..]));
        assert_eq!(read_indexes(&[2, 0, 9], 5).unwrap(), (vec![0], &[9][..]), "the long form of [0] is legal too");
    }

    #[test]
    fn indexes_come_back_as_written() {
        for list in [vec![0], vec![1], vec![0, 0], vec![63, 64, 8191, 8192], vec![i32::MAX], vec![1; MAX_INDEXES]] {
            let mut bytes = indexes(&list);
            bytes.extend_from_slice(b"tail");
            assert_eq!(read_indexes(&bytes, 0).unwrap(), (list, &b"tail"[..]));
        }
    }

    #[test]
    fn short_foreign_and_hostile_bodies_are_located_errors() {
        for (body, expected) in [
            (&b""[..], "the body is empty; a zero byte and a schema id were expected (at byte 0 of the payload)"),
            (&[0, 0, 1][..], "the body ends within the schema id (at byte 3 of the payload)"),
            (
                &b"{}"[..],
                "the body begins with 0x7b, not with the zero byte of a registry-framed message (at byte 0 of the payload)",
            ),
        ] {
            assert_eq!(read_prefix(body).unwrap_err().to_string(), expected);
        }
        let huge_count = [0xfe, 0xff, 0xff, 0xff, 0x0f];
        for rest in [&[][..], &[0x80][..], &[1][..], &[4, 0][..], &[0xff; 16][..], &huge_count[..], &[2, 1][..]] {
            assert!(read_indexes(rest, 5).is_err(), "{rest:?}");
        }
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut random = crate::random::Random::new(7);
        for _ in 0..200_000 {
            let length = usize::try_from(random.below(24)).unwrap();
            let body: Vec<u8> = (0..length).map(|_| random.next().to_le_bytes()[0]).collect();
            if let Ok((_, rest)) = read_prefix(&body) {
                let _ = read_indexes(rest, PREFIX_LEN);
            }
            if let Ok((list, rest)) = read_indexes(&body, 0) {
                assert!(list.len() <= MAX_INDEXES && rest.len() < body.len());
            }
        }
    }
}
