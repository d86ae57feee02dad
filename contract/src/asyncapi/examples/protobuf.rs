//! Examples of Protobuf messages in their JSON mapping (ProtoJSON), held against the tree of the schema.

use std::collections::HashSet;

use super::{Mismatch, What};
use crate::formats::protobuf::{Field, FieldType, Label, Message, Scalar, Schema};
use crate::yaml::{Node, Value};

/// Messages are followed this deep.
const MAX_DEPTH: usize = 100;
/// Mismatches of one example.
const MAX_FOUND: usize = 50;

/// What in an example does not fit the message of the payload.
pub(super) fn check(schema: &Schema, example: &Node) -> Vec<Mismatch> {
    let mut checker = Checker { schema, path: Vec::new(), found: Vec::new() };
    checker.message(&schema.root, example, 0);
    checker.found
}

struct Checker<'s> {
    schema: &'s Schema,
    path: Vec<String>,
    found: Vec<Mismatch>,
}

impl Checker<'_> {
    fn wrong(&mut self, what: What, message: String) {
        if self.found.len() < MAX_FOUND {
            self.found.push(Mismatch { path: self.path.clone(), what, message });
        }
    }

    fn at(&mut self, token: &str, run: impl FnOnce(&mut Self)) {
        self.path.push(token.to_owned());
        run(self);
        self.path.pop();
    }

    fn expected(&mut self, wanted: &str, node: &Node) {
        self.wrong(What::Value, format!("{wanted} is expected here, not {}", super::brief(node)));
    }

    fn message(&mut self, name: &str, node: &Node, depth: usize) {
        if depth > MAX_DEPTH {
            return self.wrong(What::Value, format!("messages nest more than {MAX_DEPTH} deep here"));
        }
        if self.well_known(name, node, depth) {
            return;
        }
        let Some(message) = self.schema.message(name) else { return };
        let Some(map) = node.as_mapping() else {
            return self.expected(&format!("an object with the fields of {name}"), node);
        };
        let mut oneofs = HashSet::new();
        let mut set = HashSet::new();
        for entry in &map.entries {
            let field = message.fields.iter().find(|f| f.json_name == entry.key || f.element.name == entry.key);
            match field {
                Some(field) => {
                    set.insert(field.number);
                    let twice = field.oneof.filter(|oneof| entry.value.value != Value::Null && !oneofs.insert(*oneof));
                    if let Some(oneof) = twice.and_then(|n| message.oneofs.get(n)) {
                        let text = format!("`{}` has a value already; only one of its fields may be set", oneof.element.name);
                        self.at(&entry.key, |c| c.wrong(What::Value, text));
                    }
                    self.at(&entry.key, |c| c.field(field, &entry.value, depth + 1));
                }
                // `[my.extension]` is looked up by nobody here.
                None if entry.key.starts_with('[') => {}
                None => {
                    let text = format!("{name} has no field `{}`", entry.key);
                    self.at(&entry.key, |c| c.wrong(What::Unknown, text));
                }
            }
        }
        self.required(message, &set);
    }

    fn required(&mut self, message: &Message, set: &HashSet<i32>) {
        for field in message.fields.iter().filter(|f| f.label == Label::Required && !set.contains(&f.number)) {
            self.wrong(What::Value, format!("the required field `{}` is missing", field.json_name));
        }
    }

    fn field(&mut self, field: &Field, node: &Node, depth: usize) {
        if let FieldType::Map { key, value } = &field.ty {
            let Some(map) = node.as_mapping() else {
                if node.value != Value::Null {
                    self.expected("an object (a map)", node);
                }
                return;
            };
            for entry in &map.entries {
                let as_text = Node { span: entry.key_span, value: Value::String(entry.key.clone()) };
                self.at(&entry.key, |c| {
                    if !is_map_key(*key, &as_text) {
                        c.wrong(What::Value, format!("`{}` is no key of type {}", entry.key, key.as_str()));
                    }
                    c.value(value, &entry.value, depth);
                });
            }
            return;
        }
        // `null` means that the field is not set; for these it is a value.
        let takes_null = matches!(&field.ty, FieldType::Message(n) if n == "google.protobuf.Value");
        if node.value == Value::Null && !takes_null {
            return;
        }
        if field.label != Label::Repeated {
            return self.value(&field.ty, node, depth);
        }
        match node.as_sequence() {
            Some(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.at(&n.to_string(), |c| c.value(&field.ty, item, depth));
                }
            }
            None => self.expected("a list", node),
        }
    }

    fn value(&mut self, ty: &FieldType, node: &Node, depth: usize) {
        match ty {
            FieldType::Scalar(scalar) if is_scalar(*scalar, node) => {}
            FieldType::Scalar(scalar) => self.expected(&format!("a value of type {}", scalar.as_str()), node),
            FieldType::Message(name) => self.message(name, node, depth),
            FieldType::Enum(name) => {
                let known = self.schema.enumeration(name).is_none_or(|e| match &node.value {
                    Value::String(text) => e.values.iter().any(|v| v.element.name == *text),
                    Value::Null => name == "google.protobuf.NullValue",
                    _ => is_scalar(Scalar::Int32, node),
                });
                if !known {
                    self.expected(&format!("a value of the enum {name}"), node);
                }
            }
            FieldType::Map { .. } => {}
        }
    }

    /// The types that have a JSON form of their own; `false` for all others.
    fn well_known(&mut self, name: &str, node: &Node, depth: usize) -> bool {
        let Some(simple) = name.strip_prefix("google.protobuf.") else { return false };
        let text = node.as_str();
        let (fits, wanted) = match simple {
            "Timestamp" => (text.is_some_and(is_timestamp), "a time as `2026-01-31T10:00:00Z`"),
            "Duration" => (text.is_some_and(is_duration), "a duration as `1.5s`"),
            "FieldMask" => (text.is_some(), "a text of field names"),
            "Struct" => (node.as_mapping().is_some(), "an object"),
            "ListValue" => (node.as_sequence().is_some(), "a list"),
            "Value" => (true, ""),
            "Empty" => (node.as_mapping().is_some_and(|m| m.entries.is_empty()), "an empty object"),
            "Any" => (node.get("@type").and_then(Node::as_str).is_some(), "an object with `@type`"),
            _ => {
                let Some(scalar) = wrapper(simple) else { return false };
                self.value(&FieldType::Scalar(scalar), node, depth);
                return true;
            }
        };
        if !fits {
            self.expected(wanted, node);
        }
        true
    }
}

fn wrapper(simple: &str) -> Option<Scalar> {
    Some(match simple {
        "DoubleValue" => Scalar::Double,
        "FloatValue" => Scalar::Float,
        "Int64Value" => Scalar::Int64,
        "UInt64Value" => Scalar::Uint64,
        "Int32Value" => Scalar::Int32,
        "UInt32Value" => Scalar::Uint32,
        "BoolValue" => Scalar::Bool,
        "StringValue" => Scalar::String,
        "BytesValue" => Scalar::Bytes,
        _ => return None,
    })
}

/// The form of a scalar in JSON; numbers may stand in quotes.
fn is_scalar(scalar: Scalar, node: &Node) -> bool {
    let (text, quoted) = match &node.value {
        Value::Bool(_) => return scalar == Scalar::Bool,
        Value::Number(text) => (text.as_str(), false),
        Value::String(text) => (text.as_str(), true),
        _ => return false,
    };
    match scalar {
        Scalar::Bool => false,
        Scalar::String => quoted,
        Scalar::Bytes => quoted && is_base64(text),
        Scalar::Double | Scalar::Float => {
            let named = quoted && matches!(text, "NaN" | "Infinity" | "-Infinity");
            named || text.parse::<f64>().is_ok_and(f64::is_finite)
        }
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => whole(text).is_some_and(|n| i32::try_from(n).is_ok()),
        Scalar::Uint32 | Scalar::Fixed32 => whole(text).is_some_and(|n| u32::try_from(n).is_ok()),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => whole(text).is_some_and(|n| i64::try_from(n).is_ok()),
        Scalar::Uint64 | Scalar::Fixed64 => whole(text).is_some_and(|n| u64::try_from(n).is_ok()),
    }
}

fn is_map_key(scalar: Scalar, key: &Node) -> bool {
    match (scalar, key.as_str()) {
        (Scalar::Bool, Some(text)) => matches!(text, "true" | "false"),
        _ => is_scalar(scalar, key),
    }
}

/// A whole number, also as `1e3` or `5.0`.
fn whole(text: &str) -> Option<i128> {
    if let Ok(n) = text.parse::<i128>() {
        return Some(n);
    }
    let n = text.parse::<f64>().ok().filter(|n| n.fract() == 0.0 && n.abs() < 9e15)?;
    #[allow(clippy::cast_possible_truncation)] // whole and small
    Some(n as i128)
}

/// Standard or URL-safe, with or without padding.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_'));
    plain && body.len() % 4 != 1 && (padding == 0 || (text.len().is_multiple_of(4) && padding <= 2))
}

/// RFC 3339 with `Z` or an offset.
fn is_timestamp(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else { return false };
    let at = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(b, f)| if f == b'0' { b.is_ascii_digit() } else { b == f })
    };
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, true),
        None => match time.rfind(['+', '-']) {
            Some(n) => (time.get(..n).unwrap_or_default(), at(time.get(n + 1..).unwrap_or_default(), "00:00")),
            None => return false,
        },
    };
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let digits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    offset && digits && at(date, "0000-00-00") && at(seconds, "00:00:00")
}

fn is_duration(text: &str) -> bool {
    let Some(number) = text.strip_suffix('s') else { return false };
    let number = number.strip_prefix('-').unwrap_or(number);
    let (seconds, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(seconds) && digits(fraction) && fraction.len() <= 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_texts() {
        for good in ["2026-01-31T10:00:00Z", "2026-01-31T10:00:00.123+02:00"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in ["2026-01-31", "2026-01-31T10:00Z", "2026-01-31T10:00:00", "2026-01-31T10:00:00.Z"] {
            assert!(!is_timestamp(bad), "{bad}");
        }
        assert!(is_duration("1.5s") && is_duration("-3s") && !is_duration("1.5") && !is_duration("s"));
        assert!(is_base64("aGk=") && is_base64("aGk") && is_base64("") && !is_base64("a") && !is_base64("a b="));
        assert_eq!((whole("1e3"), whole("5.0"), whole("5.5"), whole("x")), (Some(1000), Some(5), None, None));
    }
}
