//! Values at the limits that schemas name: numbers, lengths, texts.

use eventpact_contract::formats::json_schema::Sub;
use eventpact_contract::yaml::Node;
use serde_json::{Number, Value, json};

use super::pattern;

/// The longest list, object or plain text that is made.
const MAX_SIZE: u16 = 300;
/// The longest text that is made where a reader takes only shorter ones than the writer sends.
const MAX_LENGTH: f64 = 70_000.0;

/// A text that is too long for the reader by one character, where the writer may send it and it is longer than [`strings`] makes.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between two lengths
pub(super) fn too_long(writer: &[&Sub], reader: &[&Sub]) -> Option<usize> {
    let most = |subs: &[&Sub]| limits(subs, &["maxLength"]).into_iter().fold(f64::INFINITY, f64::min);
    let wanted = most(reader) + 1.0;
    (wanted >= f64::from(MAX_SIZE) && wanted <= most(writer).min(MAX_LENGTH)).then_some(wanted as usize)
}

/// The numbers under some keywords.
fn limits(subs: &[&Sub], keys: &[&str]) -> Vec<f64> {
    let found = subs.iter().flat_map(|s| keys.iter().filter_map(|k| s.node.get(k).and_then(Node::as_f64)));
    found.collect()
}

/// Sizes at two limits, and beside them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // cut to a few hundred
pub(super) fn sizes(writer: &[&Sub], reader: &[&Sub], least: &str, most: &str) -> Vec<usize> {
    let all: Vec<&Sub> = writer.iter().chain(reader).copied().collect();
    let found = limits(&all, &[least, most]).into_iter().filter(|n| (0.0..f64::from(MAX_SIZE)).contains(n)).map(|n| n as usize);
    let mut sizes: Vec<usize> = found.flat_map(|n| [n.saturating_sub(1), n, n + 1]).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// Texts of each length that is named, and of each pattern.
pub(super) fn strings(subs: &[&Sub]) -> Vec<Value> {
    let mut out: Vec<Value> = ["ab", "a", ""].into_iter().map(|t| json!(t)).collect();
    let patterns = subs.iter().filter_map(|s| s.node.get("pattern").and_then(Node::as_str));
    out.extend(patterns.flat_map(pattern::examples).map(Value::String));
    out.extend(sizes(subs, &[], "minLength", "maxLength").into_iter().map(|n| json!("a".repeat(n))));
    out.extend(["A", "1", "aB9_", "x y", "2026-11-20"].into_iter().map(|t| json!(t)));
    out
}

/// Numbers at each limit, and beside them.
pub(super) fn numbers(subs: &[&Sub]) -> Vec<Value> {
    let mut found = vec![1.0, 0.0, 1.5];
    for limit in limits(subs, &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]) {
        found.extend([limit, limit + 1.0, limit - 1.0, limit + 0.5, limit - 0.5]);
    }
    for step in limits(subs, &["multipleOf"]) {
        found.extend([step, step * 2.0, step * 3.0, step * 0.5, -step]);
    }
    found.extend([-1.0, 2.0, 3.0, 7.0, 100.0, 1e6, 0.1]);
    found.into_iter().filter_map(number).collect()
}

/// A number as people write it: whole ones without a point.
#[allow(clippy::cast_possible_truncation)] // whole and far below the edge of 64 bits
fn number(n: f64) -> Option<Value> {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        return Some(json!(n as i64));
    }
    Number::from_f64(n).map(Value::Number)
}
