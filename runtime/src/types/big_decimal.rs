//! A decimal of any precision: for schemas that ask for more digits than `rust_decimal` holds (28), and for `big-decimal`.

use std::fmt;
use std::str::FromStr;

/// An unscaled integer times 10^-scale, exactly as it travels: `1.50` and `1.5` are two values.
///
/// ```
/// use eventpact_runtime::types::BigDecimal;
/// let price: BigDecimal = "-12345678901234567890123456789012345.67".parse().unwrap();
/// assert_eq!(price.scale(), 2);
/// assert_eq!(price.to_string(), "-12345678901234567890123456789012345.67");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BigDecimal {
    unscaled: Vec<u8>,
    scale: i32,
}

/// A text that is not a decimal number, or a number beyond [`BigDecimal::MAX_BYTES`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseDecimalError;

impl fmt::Display for ParseDecimalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number like -12.50, or too long")
    }
}

impl std::error::Error for ParseDecimalError {}

impl BigDecimal {
    /// How many bytes the unscaled integer may take (about 2460 digits).
    pub const MAX_BYTES: usize = 1024;

    /// From a two's-complement integer, most significant byte first; no byte is zero. `None` beyond [`Self::MAX_BYTES`].
    pub fn from_unscaled_bytes(bytes: &[u8], scale: i32) -> Option<Self> {
        if bytes.len() > Self::MAX_BYTES {
            return None;
        }
        let mut rest = bytes;
        while let [first, tail @ ..] = rest {
            let spare = matches!((first, tail.first()), (0, Some(0..=0x7f)) | (0xff, Some(0x80..)));
            if !spare {
                break;
            }
            rest = tail;
        }
        Some(Self { unscaled: if rest.is_empty() { vec![0] } else { rest.to_vec() }, scale })
    }

    /// From an integer that fits 128 bits.
    pub fn new(unscaled: i128, scale: i32) -> Self {
        Self::from_unscaled_bytes(&unscaled.to_be_bytes(), scale).unwrap_or(Self { unscaled: vec![0], scale })
    }

    /// The unscaled integer: two's complement, most significant byte first, as short as it can be.
    pub fn unscaled_bytes(&self) -> &[u8] {
        &self.unscaled
    }

    /// How many digits stand behind the point; negative for powers of ten.
    pub fn scale(&self) -> i32 {
        self.scale
    }

    /// True below zero.
    pub fn is_negative(&self) -> bool {
        self.unscaled.first().is_some_and(|byte| *byte >= 0x80)
    }

    /// How many digits the unscaled integer has, at least 1.
    pub fn digits(&self) -> usize {
        self.magnitude_text().len()
    }

    /// The digits without sign and point.
    fn magnitude_text(&self) -> String {
        let negative = self.is_negative();
        let mut carry = u16::from(negative);
        let mut bytes: Vec<u8> = self.unscaled.iter().map(|b| if negative { !b } else { *b }).collect();
        for byte in bytes.iter_mut().rev() {
            let sum = u16::from(*byte) + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
        let mut groups: Vec<u64> = vec![0];
        for byte in std::iter::once(u8::from(carry > 0)).chain(bytes) {
            let mut carry = u64::from(byte);
            for group in &mut groups {
                let value = *group * 256 + carry;
                *group = value % 1_000_000_000;
                carry = value / 1_000_000_000;
            }
            if carry > 0 {
                groups.push(carry);
            }
        }
        let text = groups.iter().rev().map(|group| format!("{group:09}")).collect::<Vec<_>>().concat();
        let digits = text.trim_start_matches('0');
        if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
    }
}

impl Default for BigDecimal {
    fn default() -> Self {
        Self::new(0, 0)
    }
}

impl fmt::Display for BigDecimal {
    /// Plain for scales that people write, scientific (`1.5E+9`) otherwise: the text of Java's `BigDecimal`, which parses back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.magnitude_text();
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        let scale = i64::from(self.scale);
        let exponent = length - 1 - scale;
        if self.is_negative() {
            f.write_str("-")?;
        }
        if scale == 0 {
            f.write_str(&digits)
        } else if scale > 0 && exponent >= -6 {
            let padded = format!("{digits:0>width$}", width = usize::try_from(scale + 1).unwrap_or(0));
            let (whole, fraction) = padded.split_at(padded.len().saturating_sub(usize::try_from(scale).unwrap_or(0)));
            write!(f, "{whole}.{fraction}")
        } else {
            let (first, rest) = digits.split_at(1);
            let point = if rest.is_empty() { "" } else { "." };
            write!(f, "{first}{point}{rest}E{exponent:+}")
        }
    }
}

impl FromStr for BigDecimal {
    type Err = ParseDecimalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, rest) = match text.as_bytes() {
            [b'-', ..] => (true, text.get(1..).unwrap_or("")),
            [b'+', ..] => (false, text.get(1..).unwrap_or("")),
            _ => (false, text),
        };
        let (number, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let exponent: i64 = exponent.parse::<i32>().map_err(|_| ParseDecimalError)?.into();
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = [whole, fraction].concat();
        if digits.is_empty() || digits.len() > Self::MAX_BYTES * 2 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(ParseDecimalError);
        }
        let scale = i64::try_from(fraction.len()).map_err(|_| ParseDecimalError)? - exponent;
        let scale = i32::try_from(scale).map_err(|_| ParseDecimalError)?;
        Self::from_unscaled_bytes(&unscaled(&digits, negative), scale).ok_or(ParseDecimalError)
    }
}

/// Decimal digits to two's complement, most significant byte first.
fn unscaled(digits: &str, negative: bool) -> Vec<u8> {
    let mut bytes: Vec<u8> = vec![0];
    for digit in digits.bytes() {
        let mut carry = u16::from(digit - b'0');
        for byte in &mut bytes {
            let value = u16::from(*byte) * 10 + carry;
            *byte = (value & 0xff) as u8;
            carry = value >> 8;
        }
        if carry > 0 {
            bytes.push((carry & 0xff) as u8);
        }
    }
    bytes.push(0);
    if negative {
        let mut carry = 1_u16;
        for byte in &mut bytes {
            let sum = u16::from(!*byte) + carry;
            *byte = (sum & 0xff) as u8;
            carry = sum >> 8;
        }
    }
    bytes.reverse();
    bytes
}

super::serde_as_text!(BigDecimal);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], scale: i32, text: &str) {
        let value = BigDecimal::from_unscaled_bytes(bytes, scale).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(text.parse::<BigDecimal>().unwrap(), value);
    }

    #[test]
    fn what_prints_is_what_parses() {
        check(&[], 0, "0");
        check(&[0], 2, "0.00");
        check(&[0xff], 1, "-0.1");
        check(&[0x80], 0, "-128");
        check(&[0x00, 0x80], 0, "128");
        check(&[0xff, 0x80], 3, "-0.128");
        check(&[15], -8, "1.5E+9");
        check(&[1], 10, "1E-10");
        check(&[1], i32::MAX, "1E-2147483647");
        check(&i128::MIN.to_be_bytes(), 5, "-1701411834604692317316873037158841.05728");
        check(&[0x7f; 40], 0, &BigDecimal::from_unscaled_bytes(&[0x7f; 40], 0).unwrap().to_string());
    }

    #[test]
    fn what_is_no_number_or_too_long_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1e", "0x1", "1e99999999999"] {
            assert!(text.parse::<BigDecimal>().is_err(), "{text}");
        }
        assert!("9".repeat(3000).parse::<BigDecimal>().is_err());
        assert!(BigDecimal::from_unscaled_bytes(&[1; 1025], 0).is_none());
    }
}
