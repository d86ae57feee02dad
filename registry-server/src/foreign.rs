//! Schemas that another program has put into the store: a topic takes whatever is written to it, so nobody has read their texts.
//!
//! **What cannot be read is answered by id with its text alone**, as registries did before they knew subjects there. Subject,
//! version, guid and times tell of a schema that a registry has taken, and no registry would take this one; its text is all that
//! is certain. JSON comes without spaces, as what a registry has read does. What a client needs to make something of the text (its
//! type when that is not Avro, metadata, rules) stays: it may be able to read what we cannot. So does the answer of every other
//! route.
//!
//! Source: `test_malformed_kafka_message` of Karapace's REST tests, which a real Confluent 8.2.3 passes as well, puts such a record
//! into the topic and wants this answer. All of Confluent's recorded answers by id that have a subject are of schemas that can be
//! read.
//!
//! Whether a text can be read shows when its id is first asked for, so that loading a topic takes no longer.

use std::sync::{Arc, OnceLock};

use eventpact_contract::source::Sources;
use eventpact_contract::{formats::json_schema, yaml};
use eventpact_registry_client::{SchemaString, SchemaType};

use crate::schema::{Reading, parse};
use crate::state::Schema;

/// The [`unreadable_text`] of a schema, once somebody has looked. It is no part of what the schema is, so two of them are always equal.
#[derive(Debug, Clone, Default)]
pub(crate) struct Foreign(pub(crate) OnceLock<Option<Arc<str>>>);

impl PartialEq for Foreign {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Foreign {}

/// The text to answer by id when it cannot be read, `None` when it can, or when that cannot be told: what is wrong with a text that
/// refers to others may be what it refers to, and a format that we do not know has its own rules. Takes as long as reading takes.
pub(crate) fn unreadable_text(schema: &Schema) -> Option<Arc<str>> {
    let is_told = schema.references.is_empty() && !matches!(schema.format, SchemaType::Other(_));
    if !is_told || parse(&schema.format, &schema.text, &[], Reading::LENIENT).is_ok() {
        return None;
    }
    let mut sources = Sources::new();
    let file = sources.add("schema", Arc::clone(&schema.text));
    let (json, _) = yaml::parse_json(&sources, file);
    Some(json.map_or_else(|| Arc::clone(&schema.text), |json| json_schema::canonical_text(&json).into()))
}

/// The answer by id of a schema that has this [`unreadable_text`].
pub(crate) fn answer(schema: &Schema, text: &str) -> SchemaString {
    SchemaString {
        schema: text.to_owned(),
        schema_type: (schema.format != SchemaType::Avro).then(|| schema.format.clone()),
        metadata: schema.metadata.clone(),
        rule_set: schema.rules.clone(),
        ..SchemaString::default()
    }
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::Reference;

    use super::*;
    use crate::identity::Identity;

    fn schema(format: SchemaType, text: &str) -> Schema {
        Schema {
            identity: Identity::of(text, &[], None, None),
            format,
            text: text.into(),
            references: Vec::new(),
            metadata: None,
            rules: None,
            foreign: Some(Foreign::default()),
        }
    }

    fn answered(format: SchemaType, text: &str) -> Option<String> {
        let schema = schema(format, text);
        let text = unreadable_text(&schema)?;
        Some(serde_json::to_string(&answer(&schema, &text)).unwrap())
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_its_text_alone() {
        let avro = |text| answered(SchemaType::Avro, text);
        assert_eq!(avro(r#"{"foo": "bar"}"#).as_deref(), Some(r#"{"schema":"{\"foo\":\"bar\"}"}"#));
        assert_eq!(avro(r#"{"b" : 1.50 , "a": [ ] }"#).as_deref(), Some(r#"{"schema":"{\"b\":1.50,\"a\":[]}"}"#));
        assert_eq!(avro("no  JSON {").as_deref(), Some(r#"{"schema":"no  JSON {"}"#));
        assert_eq!(avro("").as_deref(), Some(r#"{"schema":""}"#));
        let other = answered(SchemaType::Protobuf, "message {");
        assert_eq!(other.as_deref(), Some(r#"{"schemaType":"PROTOBUF","schema":"message {"}"#));
    }

    #[test]
    fn what_can_be_read_or_may_be_with_what_it_refers_to_is_a_schema_like_others() {
        assert_eq!(answered(SchemaType::Avro, r#" {"type": "int"} "#), None);
        assert_eq!(answered(SchemaType::Json, r#"{"foo": "bar"}"#), None);
        assert_eq!(answered(SchemaType::Other("LATER".to_owned()), r#"{"foo": "bar"}"#), None);
        assert_eq!(answered(SchemaType::Protobuf, "syntax = \"proto3\"; message A {}"), None);
        let mut refers = schema(SchemaType::Avro, r#"{"type":"array","items":"Gone"}"#);
        assert!(unreadable_text(&refers).is_some());
        refers.references.push(Reference::new("Gone", "gone", 1));
        assert_eq!(unreadable_text(&refers), None);
    }
}
