//! Strings, numbers, `enum` and `const`.

use std::collections::HashSet;

use serde_json::Value;

use super::diff::{Done, Found, Stop};
use super::part::{Number, Text};

/// The types of a limit that can be added, removed, raised and lowered.
pub(super) struct Limit {
    /// The keyword.
    pub(super) keyword: &'static str,
    /// Added, removed, raised, lowered.
    pub(super) kinds: [&'static str; 4],
}

/// Compares a limit.
pub(super) fn limit(found: &mut Found, limit: &Limit, o: Option<f64>, u: Option<f64>) {
    let [added, removed, raised, lowered] = limit.kinds;
    let kind = match (o, u) {
        (None, Some(_)) => added,
        (Some(_), None) => removed,
        (Some(a), Some(b)) if a < b => raised,
        (Some(a), Some(b)) if a > b => lowered,
        _ => return,
    };
    found.add_at(limit.keyword, kind);
}

macro_rules! limits {
    ($($name:ident $keyword:literal $stem:literal;)*) => {
        $(pub(super) const $name: Limit = Limit {
            keyword: $keyword,
            kinds: [
                concat!($stem, "_ADDED"),
                concat!($stem, "_REMOVED"),
                concat!($stem, "_INCREASED"),
                concat!($stem, "_DECREASED"),
            ],
        };)*
    };
}

limits! {
    MAX_LENGTH "maxLength" "MAX_LENGTH";
    MIN_LENGTH "minLength" "MIN_LENGTH";
    MAXIMUM "maximum" "MAXIMUM";
    MINIMUM "minimum" "MINIMUM";
    EXCLUSIVE_MAXIMUM "exclusiveMaximum" "EXCLUSIVE_MAXIMUM";
    EXCLUSIVE_MINIMUM "exclusiveMinimum" "EXCLUSIVE_MINIMUM";
    MAX_ITEMS "maxItems" "MAX_ITEMS";
    MIN_ITEMS "minItems" "MIN_ITEMS";
    MAX_CONTAINS "maxContains" "MAX_CONTAINS";
    MIN_CONTAINS "minContains" "MIN_CONTAINS";
    MAX_PROPERTIES "maxProperties" "MAX_PROPERTIES";
    MIN_PROPERTIES "minProperties" "MIN_PROPERTIES";
}

/// Two strings.
pub(super) fn text(found: &mut Found, o: &Text, u: &Text) {
    limit(found, &MAX_LENGTH, o.max, u.max);
    limit(found, &MIN_LENGTH, o.min, u.min);
    let kind = match (&o.pattern, &u.pattern) {
        (None, Some(_)) => "PATTERN_ADDED",
        (Some(_), None) => "PATTERN_REMOVED",
        (Some(a), Some(b)) if a != b => "PATTERN_CHANGED",
        _ => return,
    };
    found.add_at("pattern", kind);
}

/// Two numbers.
pub(super) fn number(found: &mut Found, o: &Number, u: &Number) -> Done {
    limit(found, &MAXIMUM, o.max, u.max);
    limit(found, &MINIMUM, o.min, u.min);
    match (o.below, u.below) {
        // The registry holds the old limit against `maximum` here, and fails where there is none.
        (Some(a), Some(b)) if a > b => match u.max {
            Some(max) if a > max => found.add_at("exclusiveMaximum", "EXCLUSIVE_MAXIMUM_DECREASED"),
            Some(_) => {}
            None => {
                found.add_at("exclusiveMaximum", "EXCLUSIVE_MAXIMUM_DECREASED");
                return fails(found);
            }
        },
        _ => limit(found, &EXCLUSIVE_MAXIMUM, o.below, u.below),
    }
    limit(found, &EXCLUSIVE_MINIMUM, o.above, u.above);
    if let Some(kind) = step(o.multiple_of.as_deref(), u.multiple_of.as_deref()) {
        found.add_at("multipleOf", kind);
    }
    match (o.integer, u.integer) {
        (true, false) => found.add("TYPE_EXTENDED"),
        (false, true) => found.add("TYPE_NARROWED"),
        _ => {}
    }
    Ok(())
}

/// The last difference is where the registry fails.
fn fails(found: &mut Found) -> Done {
    found.differences.pop().map_or(Ok(()), |last| Err(Stop::Fails(last)))
}

fn step(o: Option<&str>, u: Option<&str>) -> Option<&'static str> {
    let (o, u) = match (o, u) {
        (None, None) => return None,
        (None, Some(_)) => return Some("MULTIPLE_OF_ADDED"),
        (Some(_), None) => return Some("MULTIPLE_OF_REMOVED"),
        (Some(o), Some(u)) => (o, u),
    };
    let (divides, divided, equal) = match (decimal(o), decimal(u)) {
        (Some(a), Some(b)) => {
            let (a, b) = aligned(a, b)?;
            (a != 0 && b % a == 0, b != 0 && a % b == 0, a == b)
        }
        _ => {
            let (a, b): (f64, f64) = (o.parse().ok()?, u.parse().ok()?);
            (b % a == 0.0, a % b == 0.0, a.total_cmp(&b).is_eq())
        }
    };
    match (equal, divides, divided) {
        (true, ..) => None,
        (_, true, _) => Some("MULTIPLE_OF_EXPANDED"),
        (_, _, true) => Some("MULTIPLE_OF_REDUCED"),
        _ => Some("MULTIPLE_OF_CHANGED"),
    }
}

/// A number as digits and how many of them stand behind the point.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let scale = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
    match u32::try_from(scale) {
        Ok(scale) if scale <= 30 => Some((digits, scale)),
        Ok(_) => None,
        Err(_) => Some((digits.checked_mul(10i128.checked_pow(scale.unsigned_abs())?)?, 0)),
    }
}

/// Two numbers with the same number of digits behind the point.
fn aligned((a, scale_a): (i128, u32), (b, scale_b): (i128, u32)) -> Option<(i128, i128)> {
    let scale = scale_a.max(scale_b);
    let raise = |digits: i128, by: u32| digits.checked_mul(10i128.checked_pow(by)?);
    Some((raise(a, scale - scale_a)?, raise(b, scale - scale_b)?))
}

/// Values are compared as written: 1 and 1.0 are two. The order does not matter, nor do repetitions.
pub(super) fn enumeration(found: &mut Found, o: &[Value], u: &[Value]) {
    // Lists of tens of thousands of values fit into one schema.
    let all_in = |some: &[Value], others: &[Value]| {
        let others: HashSet<&Value> = others.iter().collect();
        some.iter().all(|value| others.contains(value))
    };
    let kind = match (all_in(o, u), all_in(u, o)) {
        (true, true) => return,
        (true, false) => "ENUM_ARRAY_EXTENDED",
        (false, true) => "ENUM_ARRAY_NARROWED",
        (false, false) => "ENUM_ARRAY_CHANGED",
    };
    found.add_at("enum", kind);
}

/// Two constants; the registry fails on an original that is `null`.
pub(super) fn constant(found: &mut Found, o: &Value, u: &Value) -> Done {
    if o != u || o.is_null() {
        found.add_at("const", "ENUM_ARRAY_CHANGED");
    }
    if o.is_null() { fails(found) } else { Ok(()) }
}
