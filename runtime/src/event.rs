//! What generated types tell the runtime about themselves.

use crate::codec::{DecodeError, EncodeError};

/// A message of a contract, as a generated type. Generated code implements it; nothing else needs to.
///
/// ```
/// use eventpact_runtime::codec::{DecodeError, EncodeError, json};
/// use eventpact_runtime::event::{Event, Schema, SchemaFormat};
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Shipped { order: String }
///
/// impl Event for Shipped {
///     const NAME: &'static str = "Shipped";
///     const FULL_NAME: &'static str = "shop.Shipped";
///     const CONTENT_TYPE: &'static str = "application/json";
///     const SCHEMA: Schema = Schema::new(SchemaFormat::Json, r#"{"type":"object"}"#);
///     fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> { json::encode(self, out) }
///     fn decode(bytes: &[u8]) -> Result<Self, DecodeError> { json::decode(bytes) }
///     fn key(&self, out: &mut Vec<u8>) -> bool { out.extend_from_slice(self.order.as_bytes()); true }
/// }
/// ```
pub trait Event: Sized + Send + Sync + 'static {
    /// The name of the message in the contract, as in `OrderPlaced`. It tells the messages of one channel apart.
    const NAME: &'static str;
    /// The full name of the schema, as in `com.acme.orders.OrderPlaced`; what the record-name subject strategies use.
    const FULL_NAME: &'static str;
    /// The media type of the payload.
    const CONTENT_TYPE: &'static str;
    /// The schema that this type was generated from.
    const SCHEMA: Schema;

    /// Appends the payload, without any wire prefix.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Reads a whole payload that was written with [`Event::SCHEMA`]. Bytes left over are an error.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Appends the message key, when the contract says where it is. Returns false when the event has none.
    fn key(&self, out: &mut Vec<u8>) -> bool {
        let _ = out;
        false
    }
}

/// An event that can also be read without copying: texts and bytes stay in the payload. Generated code implements it for Avro
/// messages that hold any.
///
/// It refuses what [`Event::decode`] refuses, for the same reason at the same place, before it returns.
pub trait DecodeRef: Event {
    /// The borrowed twin: the same fields, with `&str` for `String` and `&[u8]` for `Vec<u8>`.
    type Ref<'a>: std::fmt::Debug + Clone + PartialEq + Send + Sync + Into<Self>;

    /// Reads a whole payload that was written with [`Event::SCHEMA`]. Bytes left over are an error.
    fn decode_ref(bytes: &[u8]) -> Result<Self::Ref<'_>, DecodeError>;
}

/// A schema embedded in generated code. All of it is known at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The language it is written in.
    pub format: SchemaFormat,
    /// Its text, as it is registered.
    pub text: &'static str,
    /// The schemas that it refers to, each before whoever needs it.
    pub references: &'static [SchemaReference],
    /// Its fingerprint as text, as in `crc-64-avro:4cc0f0a5a1b2c3d4` or `sha-256:…`; empty when there is none.
    pub fingerprint: &'static str,
    /// Protobuf only: which message of the file it is, by position from the outside in.
    pub message_indexes: &'static [i32],
}

impl Schema {
    /// A schema without references, fingerprint and message indexes.
    pub const fn new(format: SchemaFormat, text: &'static str) -> Self {
        Self { format, text, references: &[], fingerprint: "", message_indexes: &[0] }
    }
}

/// A schema that another one refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaReference {
    /// The name under which it is referred to: a full name in Avro, an import path in Protobuf, a URI in JSON Schema.
    pub name: &'static str,
    /// The subject that it is registered under.
    pub subject: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The names of the schemas that this one refers to itself; they stand earlier in the same list.
    pub references: &'static [&'static str],
    /// True when the event's own schema refers to it, false when only another reference does.
    pub direct: bool,
}

/// The schema languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SchemaFormat {
    /// Apache Avro.
    Avro,
    /// Protocol Buffers.
    Protobuf,
    /// JSON Schema.
    Json,
}
