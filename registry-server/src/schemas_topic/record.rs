//! One record: a key and a value, none for a tombstone. Values stay JSON objects with their fields in order, so that nothing is
//! lost; what is needed of them is read where it is needed.

use eventpact_registry_client::wire::RuleSet;
use eventpact_registry_client::{Metadata, Reference, SchemaType};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::json;
use super::key::{Key, number};

/// The longest key or value that is read, in bytes. Brokers take messages of 1 MiB unless told otherwise.
pub const MAX_RECORD: usize = 16 << 20;

/// Why a record is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A record without a key cannot be compacted; none of the registries writes one.
    #[error("the record has no key")]
    NoKey,
    /// Longer than [`MAX_RECORD`].
    #[error("the {part} has {bytes} bytes, more than {MAX_RECORD}")]
    TooLong {
        /// `key` or `value`.
        part: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or nested too deep.
    #[error("the {0} is not JSON")]
    NotJson(&'static str),
    /// JSON, but no object.
    #[error("the {0} is not a JSON object")]
    NotAnObject(&'static str),
    /// A field that is needed.
    #[error("the field `{name}` of the {part} is missing or of another type")]
    Field {
        /// `key` or `value`.
        part: &'static str,
        /// Its name.
        name: &'static str,
    },
    /// The record is well-formed, but contradicts what came before it, and is left out.
    #[error("{0}")]
    Conflict(String),
}

/// One message of the topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// What it is about.
    pub key: Key,
    /// The bytes of the key when they are not those of [`Key::encode`]: another order, spaces, a null, an older magic.
    pub form: Option<Vec<u8>>,
    /// What it says; none says that it is gone.
    pub value: Option<Map<String, Value>>,
}

impl Record {
    /// A record in the form of the original.
    pub fn new(key: Key, value: Option<Map<String, Value>>) -> Self {
        Self { key, form: None, value }
    }

    /// Reads a message. An empty value counts as none.
    pub fn decode(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Self, RecordError> {
        let bytes = key.ok_or(RecordError::NoKey)?;
        let key = Key::decode(bytes)?;
        let value = value.filter(|value| !value.is_empty()).map(|value| read_object(value, "value")).transpose()?;
        let form = (key.encode() != bytes).then(|| bytes.to_vec());
        Ok(Self { key, form, value })
    }

    /// The bytes of key and value.
    pub fn encode(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        (self.form.clone().unwrap_or_else(|| self.key.encode()), self.value.as_ref().map(json::object))
    }
}

/// Reads a JSON object within the limits.
pub(super) fn read_object(bytes: &[u8], part: &'static str) -> Result<Map<String, Value>, RecordError> {
    if bytes.len() > MAX_RECORD {
        return Err(RecordError::TooLong { part, bytes: bytes.len() });
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(RecordError::NotAnObject(part)),
        Err(_) => Err(RecordError::NotJson(part)),
    }
}

/// The fields of a SCHEMA value that mean something to us.
#[derive(Debug)]
pub(super) struct SchemaValue {
    pub(super) id: i32,
    pub(super) format: SchemaType,
    pub(super) references: Vec<Reference>,
    pub(super) metadata: Option<Metadata>,
    pub(super) rules: Option<RuleSet>,
    pub(super) text: String,
    pub(super) deleted: bool,
}

/// What a SCHEMA value is made of; other fields are kept with the record when it is written again.
pub(super) const SCHEMA_FIELDS: [&str; 9] =
    ["subject", "version", "id", "schemaType", "references", "metadata", "ruleSet", "schema", "deleted"];

impl SchemaValue {
    pub(super) fn read(map: &Map<String, Value>) -> Result<Self, RecordError> {
        let text = map.get("schema").and_then(Value::as_str);
        Ok(Self {
            id: number(map, "value", "id")?,
            format: optional(map, "schemaType")?.unwrap_or_default(),
            references: optional(map, "references")?.unwrap_or_default(),
            metadata: optional(map, "metadata")?,
            rules: optional(map, "ruleSet")?,
            text: text.ok_or(RecordError::Field { part: "value", name: "schema" })?.to_owned(),
            deleted: optional(map, "deleted")?.unwrap_or(false),
        })
    }
}

/// A field of a value; none when it is absent or null.
pub(super) fn optional<T: DeserializeOwned>(map: &Map<String, Value>, name: &'static str) -> Result<Option<T>, RecordError> {
    let field = map.get(name).filter(|field| !field.is_null());
    field.map(|field| T::deserialize(field).map_err(|_| RecordError::Field { part: "value", name })).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_knows_is_kept() {
        let key = br#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}"#;
        let value = br#"{"subject":"s","later":[1,{"x":null}],"version":1,"id":3,"md5":"aa","schema":"\"int\"","deleted":false}"#;
        let record = Record::decode(Some(key), Some(value)).unwrap();
        assert_eq!(record.encode(), (key.to_vec(), Some(value.to_vec())));
        let other = br#"{ "keytype":"LATER" }"#;
        let record = Record::decode(Some(other), None).unwrap();
        assert_eq!(record.encode(), (other.to_vec(), None));
    }

    #[test]
    fn what_is_no_record_is_told() {
        let key = br#"{"keytype":"NOOP","magic":0}"#;
        assert_eq!(Record::decode(None, None), Err(RecordError::NoKey));
        assert_eq!(Record::decode(Some(key), Some(b"1")), Err(RecordError::NotAnObject("value")));
        let deep = "[".repeat(200);
        assert_eq!(Record::decode(Some(key), Some(deep.as_bytes())), Err(RecordError::NotJson("value")));
        let long = vec![b' '; MAX_RECORD + 1];
        assert!(matches!(Record::decode(Some(key), Some(&long)), Err(RecordError::TooLong { part: "value", .. })));
    }
}
