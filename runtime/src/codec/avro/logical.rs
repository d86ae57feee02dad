//! The logical types of Avro that are more than a newtype: decimals, UUIDs, durations.
//!
//! Each has a `read_…` and a `write_…` function, called by generated code. Newtypes of numbers need none.

use super::wire::{self, Reader};
use crate::codec::{DecodeError, EncodeError};
use crate::types::{BigDecimal, Duration, Uuid};

/// The number of bytes of `unscaled` that are needed: a sign bit, then no more than the value asks for.
#[cfg(feature = "decimal")]
fn needed_bytes(unscaled: i128) -> usize {
    let magnitude = if unscaled < 0 { !unscaled } else { unscaled };
    (128 - magnitude.leading_zeros() as usize) / 8 + 1
}

#[cfg(feature = "decimal")]
mod decimal {
    use std::cmp::Ordering;

    use super::{DecodeError, EncodeError, Reader, needed_bytes, wire};
    use crate::types::Decimal;

    /// Brings `value` to `scale` and checks it against `precision`; digits are never dropped.
    fn unscaled(value: Decimal, precision: u32, scale: u32) -> Result<i128, EncodeError> {
        let mantissa = value.mantissa();
        let have = value.scale();
        let unscaled = match have.cmp(&scale) {
            Ordering::Equal => Some(mantissa),
            Ordering::Less => 10_i128.checked_pow(scale - have).and_then(|factor| mantissa.checked_mul(factor)),
            Ordering::Greater => {
                let factor = 10_i128.pow((have - scale).min(38));
                (mantissa % factor == 0).then(|| mantissa / factor)
            }
        };
        match unscaled {
            Some(n) if n.unsigned_abs() < 10_u128.pow(precision.min(38)) => Ok(n),
            _ => Err(misfit(value, precision, scale)),
        }
    }

    #[cold]
    fn misfit(value: Decimal, precision: u32, scale: u32) -> EncodeError {
        EncodeError::new(format!(
            "{value} does not fit decimal({precision}, {scale}): round it to {scale} digits behind the point and at most {precision} in all"
        ))
    }

    /// Writes a `decimal` on `bytes`, as short as it can be.
    #[inline]
    pub fn write_decimal(out: &mut Vec<u8>, value: Decimal, precision: u32, scale: u32) -> Result<(), EncodeError> {
        let unscaled = unscaled(value, precision, scale)?;
        let length = needed_bytes(unscaled);
        wire::write_length(out, length);
        out.extend(unscaled.to_be_bytes().iter().skip(16 - length));
        Ok(())
    }

    /// Writes a `decimal` on `fixed(N)`, filled up with the sign.
    pub fn write_decimal_fixed<const N: usize>(
        out: &mut Vec<u8>,
        value: Decimal,
        precision: u32,
        scale: u32,
    ) -> Result<(), EncodeError> {
        let unscaled = unscaled(value, precision, scale)?;
        let length = needed_bytes(unscaled);
        if length > N {
            return Err(EncodeError::new(format!("{value} does not fit the {N} bytes of its schema")));
        }
        let filler = if unscaled < 0 { 0xff } else { 0 };
        out.extend(std::iter::repeat_n(filler, N - length));
        out.extend(unscaled.to_be_bytes().iter().skip(16 - length));
        Ok(())
    }

    /// Reads a `decimal` on `bytes`.
    #[inline]
    pub fn read_decimal(r: &mut Reader<'_>, scale: u32) -> Result<Decimal, DecodeError> {
        let bytes = r.bytes()?;
        from_bytes(bytes, scale).ok_or_else(|| too_large(r))
    }

    /// Reads a `decimal` on `fixed(N)`.
    pub fn read_decimal_fixed<const N: usize>(r: &mut Reader<'_>, scale: u32) -> Result<Decimal, DecodeError> {
        let bytes = r.fixed::<N>()?;
        from_bytes(&bytes, scale).ok_or_else(|| too_large(r))
    }

    #[cold]
    fn too_large(r: &Reader<'_>) -> DecodeError {
        r.error("a decimal of more than 28 digits")
    }

    /// `None` when it needs more than the 96 bits of `Decimal`. No byte at all is zero, as in Java.
    #[inline]
    fn from_bytes(bytes: &[u8], scale: u32) -> Option<Decimal> {
        let filler = if bytes.first().is_some_and(|b| *b >= 0x80) { 0xff } else { 0 };
        if bytes.len() <= 8 {
            let sign = if filler == 0 { 0 } else { -1 };
            let unscaled = bytes.iter().fold(sign, |high: i64, byte| (high << 8) | i64::from(*byte));
            return Decimal::try_new(unscaled, scale).ok();
        }
        let (spare, low) = bytes.split_at(bytes.len().saturating_sub(16));
        if spare.iter().any(|b| *b != filler) || (!spare.is_empty() && (low.first()? ^ filler) >= 0x80) {
            return None;
        }
        let mut word = [filler; 16];
        word.get_mut(16 - low.len()..)?.copy_from_slice(low);
        Decimal::try_from_i128_with_scale(i128::from_be_bytes(word), scale).ok()
    }
}

#[cfg(feature = "decimal")]
pub use decimal::{read_decimal, read_decimal_fixed, write_decimal, write_decimal_fixed};

/// Checks a decimal of many digits against its schema; its scale must be the schema's, nothing is rounded.
fn check_big(value: &BigDecimal, precision: u32, scale: u32) -> Result<(), EncodeError> {
    if i64::from(value.scale()) == i64::from(scale) && value.digits() <= precision as usize {
        return Ok(());
    }
    Err(EncodeError::new(format!("{value} does not fit decimal({precision}, {scale}): it needs exactly that scale")))
}

/// Writes a `decimal` of more than 28 digits on `bytes`.
pub fn write_wide_decimal(out: &mut Vec<u8>, value: &BigDecimal, precision: u32, scale: u32) -> Result<(), EncodeError> {
    check_big(value, precision, scale)?;
    wire::write_bytes(out, value.unscaled_bytes());
    Ok(())
}

/// Writes a `decimal` of more than 28 digits on `fixed(N)`.
pub fn write_wide_decimal_fixed<const N: usize>(
    out: &mut Vec<u8>,
    value: &BigDecimal,
    precision: u32,
    scale: u32,
) -> Result<(), EncodeError> {
    check_big(value, precision, scale)?;
    let bytes = value.unscaled_bytes();
    let Some(room) = N.checked_sub(bytes.len()) else {
        return Err(EncodeError::new(format!("{value} does not fit the {N} bytes of its schema")));
    };
    out.extend(std::iter::repeat_n(if value.is_negative() { 0xff } else { 0 }, room));
    out.extend_from_slice(bytes);
    Ok(())
}

/// Reads a `decimal` of more than 28 digits on `bytes`.
pub fn read_wide_decimal(r: &mut Reader<'_>, scale: u32) -> Result<BigDecimal, DecodeError> {
    let bytes = r.bytes()?;
    big(r, bytes, i32::try_from(scale).unwrap_or(i32::MAX))
}

/// Reads a `decimal` of more than 28 digits on `fixed(N)`.
pub fn read_wide_decimal_fixed<const N: usize>(r: &mut Reader<'_>, scale: u32) -> Result<BigDecimal, DecodeError> {
    let bytes = r.fixed::<N>()?;
    big(r, &bytes, i32::try_from(scale).unwrap_or(i32::MAX))
}

fn big(r: &Reader<'_>, bytes: &[u8], scale: i32) -> Result<BigDecimal, DecodeError> {
    BigDecimal::from_unscaled_bytes(bytes, scale)
        .ok_or_else(|| r.error(format!("a decimal of more than {} bytes", BigDecimal::MAX_BYTES)))
}

/// Writes a `big-decimal`: `bytes` that hold the unscaled `bytes` and the scale.
pub fn write_big_decimal(out: &mut Vec<u8>, value: &BigDecimal) {
    let mut inner = Vec::with_capacity(value.unscaled_bytes().len() + 4);
    wire::write_bytes(&mut inner, value.unscaled_bytes());
    wire::write_int(&mut inner, value.scale());
    wire::write_bytes(out, &inner);
}

/// Reads a `big-decimal`.
pub fn read_big_decimal(r: &mut Reader<'_>) -> Result<BigDecimal, DecodeError> {
    let outer = r.bytes()?;
    let mut inner = Reader::new(outer);
    let read = |inner: &mut Reader<'_>| {
        let bytes = inner.bytes()?;
        let scale = inner.int()?;
        big(inner, bytes, scale)
    };
    match read(&mut inner).and_then(|value| inner.finish().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(e) => Err(r.error(format!("inside a big-decimal: {}", e.reason()))),
    }
}

/// Writes a `uuid` on `string`: 36 characters in lower case.
#[inline]
pub fn write_uuid(out: &mut Vec<u8>, value: Uuid) {
    let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
    value.hyphenated().encode_lower(&mut text);
    wire::write_length(out, text.len());
    out.extend_from_slice(&text);
}

/// Reads a `uuid` on `string`.
#[inline]
pub fn read_uuid(r: &mut Reader<'_>) -> Result<Uuid, DecodeError> {
    let text = r.bytes()?;
    Uuid::try_parse_ascii(text).map_err(|_| not_a_uuid(r))
}

#[cold]
fn not_a_uuid(r: &Reader<'_>) -> DecodeError {
    r.error("a string that is not a UUID")
}

/// Writes a `uuid` on `fixed(16)`.
#[inline]
pub fn write_uuid_fixed(out: &mut Vec<u8>, value: Uuid) {
    out.extend_from_slice(value.as_bytes());
}

/// Reads a `uuid` on `fixed(16)`.
#[inline]
pub fn read_uuid_fixed(r: &mut Reader<'_>) -> Result<Uuid, DecodeError> {
    Ok(Uuid::from_bytes(r.fixed()?))
}

/// Writes a `duration`: three numbers of four bytes, low byte first.
pub fn write_duration(out: &mut Vec<u8>, value: Duration) {
    for number in [value.months, value.days, value.millis] {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

/// Reads a `duration`.
pub fn read_duration(r: &mut Reader<'_>) -> Result<Duration, DecodeError> {
    let mut number = || Ok(u32::from_le_bytes(r.fixed()?));
    Ok(Duration { months: number()?, days: number()?, millis: number()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "decimal")]
    #[test]
    fn decimals_are_minimal_and_come_back() {
        use crate::types::Decimal;
        for (text, bytes) in [
            ("0.00", &[2, 0][..]),
            ("1.27", &[2, 0x7f]),
            ("1.28", &[4, 0, 0x80]),
            ("-1.28", &[2, 0x80]),
            ("-1.29", &[4, 0xff, 0x7f]),
            ("184467440737095516.15", &[18, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ] {
            let value: Decimal = text.parse().unwrap();
            let mut out = Vec::new();
            write_decimal(&mut out, value, 28, 2).unwrap();
            assert_eq!(out, bytes, "{text}");
            assert_eq!(read_decimal(&mut Reader::new(&out), 2).unwrap(), value);
            let mut fixed = Vec::new();
            write_decimal_fixed::<20>(&mut fixed, value, 28, 2).unwrap();
            assert_eq!(read_decimal_fixed::<20>(&mut Reader::new(&fixed), 2).unwrap(), value);
        }
    }

    #[cfg(feature = "decimal")]
    #[test]
    fn decimals_that_do_not_fit_are_refused() {
        use crate::types::Decimal;
        let mut out = Vec::new();
        for text in ["1.234", "12345.00", "-1000"] {
            assert!(write_decimal(&mut out, text.parse::<Decimal>().unwrap(), 5, 2).is_err(), "{text}");
        }
        write_decimal(&mut out, "1.200".parse().unwrap(), 5, 2).unwrap();
        assert_eq!(out, [2, 120]);
        assert!(write_decimal_fixed::<1>(&mut Vec::new(), "1.28".parse().unwrap(), 5, 2).is_err());
        let mut wide = vec![26];
        wide.extend([0x40; 13]);
        assert!(read_decimal(&mut Reader::new(&wide), 0).is_err());
    }

    #[test]
    fn the_rest_comes_back() {
        let uuid = Uuid::from_u128(0x6f1c_1d7e_3c57_4f0c_8f43_7f1d_5f3f_7a10);
        let duration = Duration { months: 1, days: 2, millis: u32::MAX };
        let wide: BigDecimal = "-123456789012345678901234567890.12".parse().unwrap();
        let mut out = Vec::new();
        write_uuid(&mut out, uuid);
        write_uuid_fixed(&mut out, uuid);
        write_duration(&mut out, duration);
        write_wide_decimal(&mut out, &wide, 32, 2).unwrap();
        write_wide_decimal_fixed::<16>(&mut out, &wide, 32, 2).unwrap();
        write_big_decimal(&mut out, &wide);
        let mut r = Reader::new(&out);
        assert_eq!(read_uuid(&mut r).unwrap(), uuid);
        assert_eq!(read_uuid_fixed(&mut r).unwrap(), uuid);
        assert_eq!(read_duration(&mut r).unwrap(), duration);
        assert_eq!(read_wide_decimal(&mut r, 2).unwrap(), wide);
        assert_eq!(read_wide_decimal_fixed::<16>(&mut r, 2).unwrap(), wide);
        assert_eq!(read_big_decimal(&mut r).unwrap(), wide);
        r.finish().unwrap();
        assert!(write_wide_decimal(&mut Vec::new(), &wide, 31, 2).is_err());
        assert!(read_uuid(&mut Reader::new(&[2, b'x'])).is_err());
    }
}
