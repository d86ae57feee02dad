//! Keys: what a record is about. The order of a key's fields is fixed, since compaction compares bytes.

use eventpact_registry_client::wire;
use serde_json::{Map, Value};

use super::json;
use super::record::RecordError;
use crate::subject::{SubjectName, scope};

/// The only tenant outside of Confluent's cloud.
pub(super) const TENANT: &str = "default";

/// What a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// `SCHEMA`: a version of a subject.
    Schema {
        /// The subject, qualified with its context.
        subject: String,
        /// Its version.
        version: i32,
    },
    /// `CONFIG`: the configuration of a subject or context; none for the whole registry.
    Config {
        /// Where.
        subject: Option<String>,
    },
    /// `MODE`: the mode of a subject or context; none for the whole registry.
    Mode {
        /// Where.
        subject: Option<String>,
    },
    /// `CONTEXT`: a context is there.
    Context {
        /// `default`, except in Confluent's cloud.
        tenant: String,
        /// With its leading dot.
        context: String,
    },
    /// `DELETE_SUBJECT`: the versions of a subject up to one are soft-deleted.
    DeleteSubject {
        /// Which.
        subject: String,
    },
    /// `CLEAR_SUBJECT`: soft-deleted versions are forgotten; none for those of the whole registry.
    ClearSubject {
        /// A subject or a context.
        subject: Option<String>,
    },
    /// `ASSOC`: a subject belongs to a resource.
    Association(Association),
    /// `NOOP`: says nothing; written to learn where the topic ends.
    Noop,
    /// Ours, and a `NOOP` to everybody else: the ids of a context below a number were given out, though no version has the last
    /// of them any more.
    NextId {
        /// With its leading dot.
        context: String,
    },
    /// Ours, and a `NOOP` to everybody else: a version of an AsyncAPI document.
    Document {
        /// The name, qualified with its context.
        name: String,
        /// Its version.
        version: i32,
    },
    /// Another keytype, as it was written.
    Other(Vec<u8>),
}

/// The fields of an `ASSOC` key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Association {
    /// `default`, except in Confluent's cloud.
    pub tenant: Option<String>,
    /// The resource, as the name of a topic.
    pub resource_name: Option<String>,
    /// Where the resource lives, as the id of a cluster.
    pub resource_namespace: Option<String>,
    /// `topic`.
    pub resource_type: Option<String>,
    /// `key` or `value`.
    pub association_type: Option<String>,
    /// The subject.
    pub subject: Option<String>,
}

impl Key {
    /// Reads a key, whatever the order of its fields.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let map = super::record::read_object(bytes, "key")?;
        let text = |name: &'static str| text(&map, name);
        let must = |name: &'static str| text(name)?.ok_or(RecordError::Field { part: "key", name });
        // One subject has several spellings (`:.:s` is `s`); the bytes that were read stay with the record.
        let subject = || Ok(SubjectName::parse(&must("subject")?).to_string());
        let at = || Ok(text("subject")?.map(|at| scope(&at)).filter(|at| !at.is_empty()));
        let known = match must("keytype")?.as_str() {
            "SCHEMA" => Self::Schema { subject: subject()?, version: number(&map, "key", "version")? },
            "CONFIG" => Self::Config { subject: at()? },
            "MODE" => Self::Mode { subject: at()? },
            "CONTEXT" => Self::Context { tenant: must("tenant")?, context: must("context")? },
            "DELETE_SUBJECT" => Self::DeleteSubject { subject: subject()? },
            "CLEAR_SUBJECT" => Self::ClearSubject { subject: at()? },
            "NOOP" => match (text("context")?, text("document")?) {
                (Some(context), _) => Self::NextId { context },
                (None, Some(name)) => {
                    Self::Document { name: SubjectName::parse(&name).to_string(), version: number(&map, "key", "version")? }
                }
                (None, None) => Self::Noop,
            },
            "ASSOC" => Self::Association(Association {
                tenant: text("tenant")?,
                resource_name: text("resourceName")?,
                resource_namespace: text("resourceNamespace")?,
                resource_type: text("resourceType")?,
                association_type: text("associationType")?,
                subject: text("subject")?,
            }),
            _ => Self::Other(bytes.to_vec()),
        };
        Ok(known)
    }

    /// The bytes that the original writes.
    pub fn encode(&self) -> Vec<u8> {
        let (keytype, magic, fields): (&str, u8, Vec<(&str, Option<Value>)>) = match self {
            Self::Schema { subject, version } => {
                ("SCHEMA", 1, vec![("subject", Some(subject.as_str().into())), ("version", Some((*version).into()))])
            }
            Self::Config { subject } => ("CONFIG", 0, vec![("subject", option(subject.as_ref()))]),
            Self::Mode { subject } => ("MODE", 0, vec![("subject", option(subject.as_ref()))]),
            Self::Context { tenant, context } => {
                ("CONTEXT", 0, vec![("tenant", Some(tenant.as_str().into())), ("context", Some(context.as_str().into()))])
            }
            Self::DeleteSubject { subject } => ("DELETE_SUBJECT", 0, vec![("subject", Some(subject.as_str().into()))]),
            Self::ClearSubject { subject } => ("CLEAR_SUBJECT", 0, vec![("subject", option(subject.as_ref()))]),
            Self::Association(of) => (
                "ASSOC",
                0,
                vec![
                    ("tenant", option(of.tenant.as_ref())),
                    ("resourceName", option(of.resource_name.as_ref())),
                    ("resourceNamespace", option(of.resource_namespace.as_ref())),
                    ("resourceType", option(of.resource_type.as_ref())),
                    ("associationType", option(of.association_type.as_ref())),
                    ("subject", option(of.subject.as_ref())),
                ],
            ),
            Self::Noop => ("NOOP", 0, Vec::new()),
            Self::NextId { context } => ("NOOP", 0, vec![("context", Some(context.as_str().into()))]),
            Self::Document { name, version } => {
                ("NOOP", 0, vec![("document", Some(name.as_str().into())), ("version", Some((*version).into()))])
            }
            Self::Other(bytes) => return bytes.clone(),
        };
        let mut map = Map::new();
        map.insert("keytype".into(), keytype.into());
        map.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        map.insert("magic".into(), magic.into());
        json::object(&map)
    }
}

impl Association {
    pub(super) fn of(association: &wire::Association) -> Self {
        Self {
            tenant: Some(TENANT.to_owned()),
            resource_name: Some(association.resource_name.clone()),
            resource_namespace: Some(association.resource_namespace.clone()),
            resource_type: Some(association.resource_type.clone()),
            association_type: Some(association.association_type.clone()),
            subject: Some(association.subject.clone()),
        }
    }
}

fn option(text: Option<&String>) -> Option<Value> {
    text.map(|text| text.as_str().into())
}

/// A text of a key; none when it is absent or null.
fn text(map: &Map<String, Value>, name: &'static str) -> Result<Option<String>, RecordError> {
    match map.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(RecordError::Field { part: "key", name }),
    }
}

/// A 32-bit number.
pub(super) fn number(map: &Map<String, Value>, part: &'static str, name: &'static str) -> Result<i32, RecordError> {
    let number = map.get(name).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok());
    number.ok_or(RecordError::Field { part, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_in_every_form_and_written_in_one() {
        let forms = [
            r#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}"#,
            r#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":0}"#,
            r#"{"subject": "s", "version": 1, "magic": 1, "keytype": "SCHEMA"}"#,
        ];
        let keys = forms.map(|form| Key::decode(form.as_bytes()).unwrap());
        assert!(keys.iter().all(|key| *key == keys[0]));
        assert_eq!(keys[0].encode(), forms[0].as_bytes());
        let global = Key::decode(br#"{"keytype":"CONFIG","subject":null,"magic":0}"#).unwrap();
        assert_eq!(global.encode(), br#"{"keytype":"CONFIG","magic":0}"#);
    }

    #[test]
    fn what_is_no_key_is_told() {
        let said = |text: &str| Key::decode(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(said("{"), "the key is not JSON");
        assert_eq!(said("[]"), "the key is not a JSON object");
        assert_eq!(said(r#"{"keytype":"SCHEMA","subject":"s"}"#), "the field `version` of the key is missing or of another type");
        assert_eq!(said(r#"{"magic":1}"#), "the field `keytype` of the key is missing or of another type");
        assert!(matches!(Key::decode(br#"{"keytype":"LATER"}"#), Ok(Key::Other(_))));
    }
}
