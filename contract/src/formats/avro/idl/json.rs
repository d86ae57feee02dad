//! The values of IDL: JSON with the numbers of Java.

use std::collections::HashMap;

use super::lex::{Kind, Token};
use super::parse::{Idl, Step};
use crate::diagnostic::Label;
use crate::source::Span;
use crate::yaml::{Entry, MAX_DEPTH, Mapping, Node, Value};

impl Idl<'_> {
    /// A JSON value; `depth` counts the lists and objects around it.
    pub(super) fn json(&mut self, depth: usize) -> Step<Node> {
        if depth >= MAX_DEPTH {
            return self.fail(format!("values are nested deeper than {MAX_DEPTH} levels"));
        }
        let token = self.next();
        let value = match (&token.kind, token.text.as_str()) {
            (Kind::Text, _) => Value::String(token.text),
            (Kind::Word { plain: true }, "NaN" | "Infinity") => Value::Number(token.text),
            (Kind::Integer, _) => Value::Number(integer(&token.text).unwrap_or(0).to_string()),
            (Kind::Float, _) => real(&token.text),
            (Kind::Word { plain: true }, "true") => Value::Bool(true),
            (Kind::Word { plain: true }, "false") => Value::Bool(false),
            (Kind::Word { plain: true }, "null") => Value::Null,
            (Kind::Mark('['), _) => return self.list(&token, depth),
            (Kind::Mark('{'), _) => return self.object(&token, depth),
            _ => {
                self.back();
                return self.expected("a JSON value");
            }
        };
        Ok(Node { span: token.span, value })
    }

    fn list(&mut self, open: &Token, depth: usize) -> Step<Node> {
        let mut items = Vec::new();
        if !self.at_mark(']') {
            loop {
                items.push(self.json(depth + 1)?);
                if !self.take_mark(',') {
                    break;
                }
            }
        }
        let close = self.mark(']')?;
        Ok(Node { span: open.span.to(close), value: Value::Sequence(items) })
    }

    fn object(&mut self, open: &Token, depth: usize) -> Step<Node> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        if !self.at_mark('}') {
            loop {
                let (key, key_span) = self.text("a key in double quotes")?;
                self.mark(':')?;
                let value = self.json(depth + 1)?;
                if let Some(first) = seen.insert(key.clone(), key_span) {
                    let message = format!("the key \"{key}\" stands twice in this object");
                    self.error("avro/idl-syntax", key_span, message).related.push(Label::new(first, "the first one"));
                } else {
                    entries.push(Entry { key, key_span, value });
                }
                if !self.take_mark(',') {
                    break;
                }
            }
        }
        let close = self.mark('}')?;
        Ok(Node { span: open.span.to(close), value: Value::Mapping(Mapping { entries }) })
    }
}

/// A whole number as Java decodes it: decimal, `0x` hexadecimal or octal with a leading zero; perhaps with an `L`.
pub(super) fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_suffix(['l', 'L']).unwrap_or(text);
    let (negative, digits) = digits.strip_prefix('-').map_or((false, digits), |digits| (true, digits));
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

/// A number with point, exponent or suffix.
pub(super) fn float(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let value = match digits {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ if digits.starts_with("0x") || digits.starts_with("0X") => hexadecimal(digits.get(2..)?)?,
        _ => {
            let plain = digits.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(digits);
            let known = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
            // A whole number without any of these is an integer, and one that is too large for that is no number of IDL.
            if !known || (plain == digits && !plain.contains(['.', 'e', 'E'])) {
                return None;
            }
            plain.parse().ok()?
        }
    };
    Some(if negative { -value } else { value })
}

/// `1.8p3`: hexadecimal digits, times a power of two.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let value = whole.chars().chain(fraction.chars()).try_fold(0.0, |sum, c| Some(sum * 16.0 + f64::from(c.to_digit(16)?)))?;
    let shift = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(value * 2_f64.powi(exponent.checked_sub(shift)?))
}

/// The number as Java prints it; `NaN` and infinities are numbers too, though JSON has none.
fn real(text: &str) -> Value {
    Value::Number(super::super::java_json::double(float(text).unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::{float, integer};

    #[test]
    fn numbers_of_java() {
        for (text, value) in [("0", 0), ("017", 15), ("0x1F", 31), ("-5L", -5), ("9223372036854775807", i64::MAX)] {
            assert_eq!(integer(text), Some(value), "{text}");
        }
        for text in ["09", "1x", "", "-", "9223372036854775808", "0x", "+1", "1.0"] {
            assert_eq!(integer(text), None, "{text}");
        }
        for (text, value) in [("1.", 1.0), (".5", 0.5), ("1f", 1.0), ("-2e3", -2000.0), ("0x1.8p1", 3.0), ("+1.5d", 1.5)] {
            assert_eq!(float(text), Some(value), "{text}");
        }
        for text in ["1", "e5", ".", "1e", "0x1", "nan", "inf", "1_0.0"] {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
