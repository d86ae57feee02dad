//! The text by which a registry knows a JSON Schema: compact, keys in the order of the text.

use crate::yaml::{Node, Value};

/// The schema as one line, as Confluent's registry stores it: keys and numbers as written, apart from numbers with an
/// exponent, which Java's `BigDecimal` spells in its own way.
pub fn canonical_text(node: &Node) -> String {
    let mut out = String::new();
    write(node, &mut out);
    out
}

/// `true` when two schemas have one canonical text.
pub fn same_text(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Number(one), Value::Number(other)) => one == other || number(one) == number(other),
        (Value::Sequence(one), Value::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_text(one, other))
        }
        (Value::Mapping(one), Value::Mapping(other)) => {
            let pairs = || one.entries.iter().zip(&other.entries);
            one.entries.len() == other.entries.len()
                && pairs().all(|(one, other)| one.key == other.key && same_text(&one.value, &other.value))
        }
        (one, other) => one == other,
    }
}

/// The depth of the node is bounded by the reader of the text.
fn write(node: &Node, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
        Value::Number(text) => out.push_str(&number(text)),
        Value::String(text) => string(text, out),
        Value::Sequence(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Mapping(map) => {
            out.push('{');
            for (n, entry) in map.entries.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                string(&entry.key, out);
                out.push(':');
                write(&entry.value, out);
            }
            out.push('}');
        }
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 => {
                let digit = |n: u32| char::from_digit(n, 16).unwrap_or('0').to_ascii_uppercase();
                out.push_str("\\u00");
                out.extend([digit(u32::from(c) >> 4), digit(u32::from(c) & 15)]);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// A number as `BigDecimal.toString` spells it: `1e2` → `1E+2`, `1.50` → `1.50`, `0.0000001` → `1E-7`.
fn number(text: &str) -> String {
    let (sign, plain) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = plain.split_once(['e', 'E']).map_or((plain, Some(0)), |(m, e)| (m, e.parse::<i64>().ok()));
    let Some(exponent) = exponent.filter(|e| e.abs() < 1_000_000) else { return text.to_owned() };
    if !plain.contains(['.', 'e', 'E']) {
        return text.to_owned();
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let joined = format!("{whole}{fraction}");
    let digits = match joined.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let scale = i64::try_from(fraction.len()).unwrap_or(i64::MAX) - exponent;
    let adjusted = length - 1 - scale;
    if scale >= 0 && adjusted >= -6 {
        let scale = usize::try_from(scale).unwrap_or(0);
        if scale == 0 {
            return format!("{sign}{digits}");
        }
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (before, after) = padded.split_at(padded.len() - scale);
        return format!("{sign}{before}.{after}");
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { String::new() } else { format!(".{rest}") };
    let plus = if adjusted >= 0 { "+" } else { "" };
    if adjusted == 0 { format!("{sign}{first}{point}") } else { format!("{sign}{first}{point}E{plus}{adjusted}") }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_spelled_as_java_does() {
        let cases = [
            ("1", "1"),
            ("-0", "-0"),
            ("1.0", "1.0"),
            ("1.50", "1.50"),
            ("1e2", "1E+2"),
            ("1.5e3", "1.5E+3"),
            ("15e-1", "1.5"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("-2.5E-3", "-0.0025"),
            ("123e1", "1.23E+3"),
        ];
        for (text, wanted) in cases {
            assert_eq!(number(text), wanted, "{text}");
        }
    }
}
