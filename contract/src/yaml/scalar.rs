//! The scalars of the YAML 1.2 core schema: which unquoted texts are null, booleans and numbers.

use std::borrow::Cow;

use super::Value;

/// What an unquoted text means.
pub(super) fn plain(text: Cow<'_, str>) -> Value {
    meaning(&text).unwrap_or_else(|| Value::String(text.into_owned()))
}

/// What an unquoted text means when it is no string.
pub(super) fn meaning(text: &str) -> Option<Value> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        _ => number(text).map(Value::Number),
    }
}

/// The number as JSON writes it, when the text is one.
pub(super) fn number(text: &str) -> Option<String> {
    // Most texts are words: leave early.
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(text.to_owned());
    }
    decimal(unsigned).map(|number| if text.starts_with('-') { format!("-{number}") } else { number })
}

/// Hexadecimal and octal integers; such as do not fit into 128 bits are no numbers.
fn radix(digits: &str, radix: u32) -> Option<String> {
    let plain = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
    if plain { u128::from_str_radix(digits, radix).ok().map(|n| n.to_string()) } else { None }
}

/// `[0-9]+`, `[0-9]+.[0-9]*`, `.[0-9]+`, each with an exponent or without: without leading zeros, with a digit on both sides
/// of the point, as JSON wants it.
fn decimal(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at..)?),
        None => (text, ""),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction.unwrap_or("")) || (whole.is_empty() && fraction.unwrap_or("").is_empty()) {
        return None;
    }
    if !exponent.is_empty() {
        let power = exponent.get(1..)?;
        let power = power.strip_prefix(['-', '+']).unwrap_or(power);
        if power.is_empty() || !digits(power) {
            return None;
        }
    }
    let trimmed = whole.trim_start_matches('0');
    let is_json = !whole.is_empty() && (whole == "0" || trimmed.len() == whole.len()) && fraction != Some("");
    if is_json {
        return Some(text.to_owned());
    }
    let whole = if trimmed.is_empty() { "0" } else { trimmed };
    Some(match fraction {
        None => format!("{whole}{exponent}"),
        Some("") => format!("{whole}.0{exponent}"),
        Some(fraction) => format!("{whole}.{fraction}{exponent}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_schema() {
        for (text, wanted) in [
            ("1e400", "1e400"),
            ("18446744073709551615", "18446744073709551615"),
            ("-0", "-0"),
            ("+12", "12"),
            ("012", "12"),
            (".5", "0.5"),
            ("-1.", "-1.0"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("-.inf", "-.inf"),
            ("6.02E+23", "6.02E+23"),
        ] {
            assert_eq!(plain(text.into()), Value::Number(wanted.to_owned()), "{text}");
        }
        for text in ["yes", "No", "on", "2026-01-31", "1_000", "0b1", "0x", "1e", ".", "-", "+", "1.2.3", "12:30", "0xg", "-.nan"]
        {
            assert_eq!(plain(text.into()), Value::String(text.to_owned()), "{text}");
        }
        for text in ["", "~", "null", "Null"] {
            assert_eq!(plain(text.into()), Value::Null);
        }
    }
}
