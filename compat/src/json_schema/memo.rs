//! What was found for two schemas is found for all that say the same: many channels carry payloads that differ in their words only.

use std::collections::HashMap;
use std::rc::Rc;

use eventpact_contract::formats::json_schema::{Dialect, Schema};
use serde_json::Value;

use super::walk::Judged;
use crate::options::ContentModel;
use crate::pair::Pair;

/// The comparisons so far. It keeps few messages of each, and lives as long as the comparison of two contracts.
#[derive(Default)]
pub(crate) struct Memo {
    judged: HashMap<Key, Rc<Judged>>,
}

/// What a comparison depends on.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    reader: (String, Dialect),
    writer: (String, Dialect),
    model: ContentModel,
}

impl Memo {
    /// What was found for the two documents, or is now; `None` when they say the same, so that there is nothing to find.
    pub(super) fn judged(
        &mut self,
        pair: Pair<'_, Schema>,
        model: ContentModel,
        (reader, writer): (&Value, &Value),
        judge: impl FnOnce() -> Judged,
    ) -> Option<Rc<Judged>> {
        let side = |schema: &Schema, document: &Value| (said(document), schema.dialect);
        let key = Key { reader: side(pair.reader, reader), writer: side(pair.writer, writer), model };
        if key.reader == key.writer {
            return None;
        }
        Some(Rc::clone(self.judged.entry(key).or_insert_with(|| Rc::new(judge()))))
    }
}

/// A schema as a text, without the words that are for people.
fn said(document: &Value) -> String {
    let mut out = String::new();
    schema(document, &mut out);
    out
}

fn schema(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            out.push('{');
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("title" | "description" | "$comment", Value::String(_)) => continue,
                    ("enum" | "const" | "default" | "examples" | "example", value) => plain(key, value, out),
                    (
                        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies",
                        Value::Object(named),
                    ) => {
                        name(key, out);
                        out.push('{');
                        for (key, value) in named {
                            name(key, out);
                            schema(value, out);
                            out.push(',');
                        }
                        out.push('}');
                    }
                    (_, value) => {
                        name(key, out);
                        schema(value, out);
                    }
                }
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                schema(item, out);
                out.push(',');
            }
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn name(key: &str, out: &mut String) {
    out.push_str(&Value::from(key).to_string());
    out.push(':');
}

/// A key whose value is no schema.
fn plain(key: &str, value: &Value, out: &mut String) {
    name(key, out);
    out.push_str(&value.to_string());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::said;

    #[test]
    fn only_words_for_people_are_left_out() {
        let one = json!({
            "title": "A", "description": "a", "type": "object",
            "properties": { "title": { "type": "string", "description": "b" } },
            "allOf": [{ "$comment": "c", "minProperties": 1 }]
        });
        let other = json!({
            "type": "object",
            "properties": { "title": { "type": "string" } },
            "allOf": [{ "minProperties": 1 }]
        });
        assert_eq!(said(&one), said(&other));
    }

    #[test]
    fn what_a_message_is_held_against_stays() {
        let texts = [
            json!({ "properties": { "title": { "type": "string" } } }),
            json!({ "properties": { "title": true } }),
            json!({ "properties": { "description": true } }),
            json!({ "properties": {} }),
            json!({ "const": { "title": "a" } }),
            json!({ "const": { "title": "b" } }),
            json!({ "enum": [{ "description": "a" }] }),
            json!({ "enum": [{ "description": "b" }] }),
            json!({ "default": { "title": "a" } }),
            json!({ "required": ["title"] }),
            json!({ "dependencies": { "title": ["a"] } }),
            json!({ "dependencies": { "title": ["b"] } }),
            json!({ "$defs": { "title": { "type": "string" } } }),
            json!({ "minLength": 1 }),
            json!({ "minLength": "1" }),
            json!({ "title": { "type": "string" } }),
        ];
        let said: std::collections::HashSet<String> = texts.iter().map(said).collect();
        assert_eq!(said.len(), texts.len(), "{said:#?}");
    }
}
