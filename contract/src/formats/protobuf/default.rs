//! Default values, in the text that a descriptor holds.

use super::literal::range;
use super::tree::{Enum, Field, FieldType, Literal, Scalar};

/// The `default` option of a field as a descriptor writes it; `None` when there is none or it does not fit the type. `find`
/// gives the enum of a full name.
pub(super) fn default_value<'a>(field: &Field, find: impl Fn(&str) -> Option<&'a Enum>) -> Option<String> {
    let option = field.options.iter().rev().find(|o| o.name == "default")?;
    match (&field.ty, &option.literal) {
        (FieldType::Scalar(Scalar::String), _) => option.as_string(),
        (FieldType::Scalar(Scalar::Bytes), Literal::Text(bytes)) => Some(escape(bytes)),
        (FieldType::Scalar(Scalar::Bool), Literal::Word(word)) => matches!(word.as_str(), "true" | "false").then(|| word.clone()),
        (FieldType::Scalar(Scalar::Float), literal) => float_text(number(literal)?, true),
        (FieldType::Scalar(Scalar::Double), literal) => float_text(number(literal)?, false),
        (FieldType::Scalar(kind), Literal::Int { negative, magnitude }) => {
            let value = if *negative { -i128::from(*magnitude) } else { i128::from(*magnitude) };
            let minus_zero = *negative && matches!(kind, Scalar::Uint32 | Scalar::Uint64 | Scalar::Fixed32 | Scalar::Fixed64);
            (range(*kind).contains(&value) && !minus_zero).then(|| value.to_string())
        }
        (FieldType::Enum(name), Literal::Word(word)) => {
            find(name)?.values.iter().any(|v| v.element.name == *word).then(|| word.clone())
        }
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss)] // a default of a floating-point field is as precise as the field
fn number(literal: &Literal) -> Option<f64> {
    let word = |word: &str| match word {
        "inf" => Some(f64::INFINITY),
        "nan" => Some(f64::NAN),
        _ => None,
    };
    match literal {
        Literal::Float(value) => Some(*value),
        Literal::Int { negative, magnitude } => Some(if *negative { -(*magnitude as f64) } else { *magnitude as f64 }),
        Literal::Word(text) => word(text),
        Literal::NegativeWord(text) => word(text).map(|v| -v),
        _ => None,
    }
}

/// The digits that protoc prints: as few as C's `%g` needs at its two usual precisions to give the number back.
fn float_text(value: f64, single: bool) -> Option<String> {
    #[allow(clippy::cast_possible_truncation)] // the default of a float is the nearest float
    let narrow = |v: f64| if single { f64::from(v as f32) } else { v };
    let value = narrow(value);
    if value.is_nan() {
        return Some("nan".to_owned());
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { "inf" } else { "-inf" }.to_owned());
    }
    let (few, many) = if single { (6, 9) } else { (15, 17) };
    let short = general(value, few)?;
    let parsed: f64 = if single { f64::from(short.parse::<f32>().ok()?) } else { short.parse().ok()? };
    #[allow(clippy::float_cmp)] // the very same number is wanted
    if parsed == value { Some(short) } else { general(value, many) }
}

/// C's `%.{digits}g`.
fn general(value: f64, digits: usize) -> Option<String> {
    if value == 0.0 {
        return Some(if value.is_sign_negative() { "-0" } else { "0" }.to_owned());
    }
    let shown = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = shown.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if exponent < -4 || usize::try_from(exponent).is_ok_and(|e| e >= digits) {
        let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        let sign = if exponent < 0 { '-' } else { '+' };
        return Some(format!("{mantissa}e{sign}{:02}", exponent.abs()));
    }
    let places = usize::try_from(i32::try_from(digits).ok()? - 1 - exponent).unwrap_or(0);
    let fixed = format!("{value:.places$}");
    Some(if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.').to_owned() } else { fixed })
}

/// Bytes in the escapes of C.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut out = String::new();
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'"' => out.push_str("\\\""),
            b'\'' => out.push_str("\\'"),
            b'\\' => out.push_str("\\\\"),
            0x20..=0x7e => out.push(char::from(byte)),
            _ => {
                out.push('\\');
                out.extend([byte >> 6, (byte >> 3) & 7, byte & 7].map(|digit| char::from(b'0' + digit)));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::float_text;

    fn check(value: f64, single: bool, expected: &str) {
        assert_eq!(float_text(value, single).as_deref(), Some(expected));
    }

    #[test]
    fn numbers_are_those_of_c() {
        check(0.1, false, "0.1");
        check(0.1, true, "0.1");
        check(1e20, false, "1e+20");
        check(123_456_789.0, true, "123456792");
        check(1.5e-7, false, "1.5e-07");
        check(5e-324, false, "4.94065645841247e-324");
        check(0.1 + 0.2, false, "0.30000000000000004");
        check(-0.0, false, "-0");
        check(100.0, false, "100");
        check(f64::NEG_INFINITY, true, "-inf");
    }
}
