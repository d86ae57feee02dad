//! The binary encoding of Avro 1.12, one function per primitive, for straight-line generated code.
//!
//! Lives here: variable-length integers, blocks, the limits on untrusted bytes. Writers append to a `Vec<u8>` (`write`); a
//! [`Reader`] walks a slice (`read`). Does not live here: schemas (generated code *is* the schema), logical types
//! (`super::logical`).
//!
//! Speed decides the shape: small functions inline into the caller, everything about errors is cold and out of line.

mod read;
mod write;

pub use read::{Reader, boxed_copy};
pub use write::{
    check_depth, write_array, write_boolean, write_bytes, write_double, write_fixed, write_float, write_int, write_length,
    write_long, write_map, write_string,
};

/// How deep values of recursive types may nest, both ways: written and read.
pub const MAX_DEPTH: u32 = 128;

/// How many items that take no bytes (`null`, an empty record) one message may hold.
pub const MAX_EMPTY_ITEMS: usize = 1 << 20;

const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::write::write_long_of_nine;
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
    fn texts_of_every_length_are_what_the_standard_library_says() {
        for length in [0_usize, 1, 7, 8, 9, 31, 63, 64, 65, 128, 200] {
            let text = vec![b'a'; length];
            for at in 0..=length {
                for part in [&b""[..], "\u{e9}".as_bytes(), "\u{1f980}".as_bytes(), &[0xff], &[0xc3], &[0xed, 0xa0, 0x80]] {
                    let body = [&text[..at], part, &text[at..]].concat();
                    let mut bytes = Vec::new();
                    write_bytes(&mut bytes, &body);
                    let prefix = bytes.len() - body.len();
                    let read = (Reader::new(&bytes).str(), Reader::new(&bytes).string());
                    match std::str::from_utf8(&body) {
                        Ok(text) => assert_eq!(read, (Ok(text), Ok(text.to_owned()))),
                        Err(e) => {
                            let offset = Some(prefix + e.valid_up_to());
                            let found = (read.0.map_err(|e| e.offset()), read.1.map_err(|e| e.offset()));
                            assert_eq!(found, (Err(offset), Err(offset)));
                        }
                    }
                }
            }
        }
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
