//! JSON as the original's library writes it, without spaces. Keys must be equal byte for byte, or compaction keeps two.

use std::fmt::Write as _;

use eventpact_contract::formats::avro::java_json::{Beyond, write_text};
use serde_json::{Map, Value};

/// An object, with its fields in their order.
pub(super) fn object(map: &Map<String, Value>) -> Vec<u8> {
    let mut out = String::new();
    write_object(&mut out, map);
    out.into_bytes()
}

// The depth is that of a value that serde_json has read (128 at most), or of one that we made.
fn write(out: &mut String, value: &Value) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _ = write!(out, "{value}");
        }
        Value::String(text) => write_text(out, text, Beyond::Escaped),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(out, item);
            }
            out.push(']');
        }
        Value::Object(map) => write_object(out, map),
    }
}

fn write_object(out: &mut String, map: &Map<String, Value>) {
    out.push('{');
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_text(out, key, Beyond::Escaped);
        out.push(':');
        write(out, value);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_the_original_does() {
        let text = "\"\\/\u{8}\t\n\u{c}\r\u{1f}\u{7f}ü你\u{2028}😀";
        let map: Map<String, Value> = [("k".to_owned(), Value::from(text))].into_iter().collect();
        let expected = "{\"k\":\"\\\"\\\\/\\b\\t\\n\\f\\r\\u001F\u{7f}ü你\u{2028}\\uD83D\\uDE00\"}";
        assert_eq!(String::from_utf8(object(&map)).unwrap(), expected);
        assert_eq!(serde_json::from_slice::<Map<String, Value>>(expected.as_bytes()).unwrap(), map);
    }
}
