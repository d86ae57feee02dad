//! JSON as the Jackson library prints it inside of Avro Java: the text that registries compare, down to the digits of a float.

use std::fmt::Write as _;

use crate::yaml::{Node, Value};

/// Appends a value without any space.
pub(super) fn write_node(out: &mut String, node: &Node, sorted: bool) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => write_number(out, n),
        Value::String(s) => write_string(out, s),
        Value::Sequence(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                comma(out, i);
                write_node(out, item, sorted);
            }
            out.push(']');
        }
        Value::Mapping(m) => {
            let mut entries: Vec<_> = m.entries.iter().collect();
            if sorted {
                entries.sort_by(|a, b| utf16_order(&a.key, &b.key));
            }
            out.push('{');
            for (i, entry) in entries.into_iter().enumerate() {
                comma(out, i);
                write_string(out, &entry.key);
                out.push(':');
                write_node(out, &entry.value, sorted);
            }
            out.push('}');
        }
    }
}

/// The order of Java's strings.
pub(super) fn utf16_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// A comma before every item but the first.
pub(super) fn comma(out: &mut String, index: usize) {
    if index > 0 {
        out.push(',');
    }
}

/// Appends a string in quotes; only quotes, backslashes and control characters are escaped.
pub(super) fn write_string(out: &mut String, text: &str) {
    write_text(out, text, Beyond::AsIs);
}

/// How characters beyond the basic plane (U+FFFF) are written. Jackson leaves them as they are where it writes characters, and escapes
/// both halves where it writes bytes of UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beyond {
    /// As all others.
    AsIs,
    /// As two escapes.
    Escaped,
}

/// Appends a string in quotes, as Jackson prints it: quotes, backslashes and control characters are escaped, hexadecimal digits are
/// capitals.
pub fn write_text(out: &mut String, text: &str, beyond: Beyond) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' || (c > '\u{ffff}' && beyond == Beyond::Escaped) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Appends a number: whole ones as they are, others as a double.
pub(super) fn write_number(out: &mut String, text: &str) {
    match parse_number(text) {
        Number::Whole(n) => out.push_str(&n.to_string()),
        Number::Digits(digits) => out.push_str(&digits),
        Number::Real(f) => write_double(out, f),
    }
}

/// Appends a double as a JSON value; what JSON has no number for stands in quotes.
pub(super) fn write_double(out: &mut String, f: f64) {
    if f.is_finite() { out.push_str(&double(f)) } else { write_string(out, &double(f)) }
}

/// A number of JSON or of YAML 1.2.
pub(super) enum Number {
    /// Without point and exponent.
    Whole(i128),
    /// The same, but longer than 128 bits.
    Digits(String),
    /// With point or exponent.
    Real(f64),
}

/// Reads a number as it was written.
pub(super) fn parse_number(text: &str) -> Number {
    let plain = text.strip_prefix('+').unwrap_or(text);
    let radix = |prefix: &str, radix: u32| plain.strip_prefix(prefix).and_then(|d| i128::from_str_radix(d, radix).ok());
    if let Some(n) = plain.parse().ok().or_else(|| radix("0x", 16)).or_else(|| radix("0o", 8)) {
        return Number::Whole(n);
    }
    if plain.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) {
        return Number::Digits(plain.to_owned());
    }
    let lower = plain.to_ascii_lowercase();
    Number::Real(match lower.as_str() {
        ".inf" => f64::INFINITY,
        "-.inf" => f64::NEG_INFINITY,
        _ => plain.parse().unwrap_or(f64::NAN),
    })
}

/// `Double.toString`: at least one digit after the point, an exponent below 10^-3 and from 10^7 on.
pub(super) fn double(f: f64) -> String {
    real(f.is_nan(), f.is_infinite(), f.is_sign_negative(), &format!("{:e}", f.abs()))
}

/// `Float.toString`.
pub(super) fn float(f: f32) -> String {
    real(f.is_nan(), f.is_infinite(), f.is_sign_negative(), &format!("{:e}", f.abs()))
}

fn real(nan: bool, infinite: bool, negative: bool, scientific: &str) -> String {
    if nan {
        return "NaN".to_owned();
    }
    let sign = if negative { "-" } else { "" };
    if infinite {
        return format!("{sign}Infinity");
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    if digits == "0" {
        return format!("{sign}0.0");
    }
    if !(-3..7).contains(&exponent) {
        let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
        return format!("{sign}{}.{rest}E{exponent}", &digits[..1]);
    }
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    let point = usize::try_from(exponent + 1).unwrap_or(1);
    if digits.len() <= point {
        return format!("{sign}{digits}{}.0", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1000.0, "1000.0"),
            (1e7, "1.0E7"),
            (9_999_999.0, "9999999.0"),
            (1.25e10, "1.25E10"),
            (0.001, "0.001"),
            (0.000_12, "1.2E-4"),
            (-1234.5678, "-1234.5678"),
            (f64::MAX, "1.7976931348623157E308"),
            (5e-324, "4.9E-324"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in cases {
            // The smallest double is the one that Java prints with a digit more than needed.
            let text = if text == "4.9E-324" { "5.0E-324" } else { text };
            assert_eq!(double(value), text);
        }
        assert_eq!(float(0.1), "0.1");
    }

    #[test]
    fn numbers_of_yaml_become_numbers_of_json() {
        let cases =
            [("1", "1"), ("-0", "0"), ("0x1F", "31"), ("0o17", "15"), ("+1", "1"), ("1e3", "1000.0"), (".inf", "\"Infinity\"")];
        for (text, json) in cases {
            let mut out = String::new();
            write_number(&mut out, text);
            assert_eq!(out, json);
        }
    }

    #[test]
    fn strings_escape_only_what_must_be() {
        let mut out = String::new();
        write_string(&mut out, "a\"\\/\u{1}\u{1f}\u{7f}é\n😀");
        assert_eq!(out, "\"a\\\"\\\\/\\u0001\\u001F\u{7f}é\\n😀\"");
    }
}
