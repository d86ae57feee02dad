//! A payload schema of any format, behind one closed enum.
//!
//! The shared model stops here: each format keeps its own tree, and there is one match per verb.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::formats::{avro, json_schema, protobuf};
use crate::source::FileId;

/// The formats that Eventpact reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Apache Avro.
    Avro,
    /// Protocol Buffers.
    Protobuf,
    /// JSON Schema, and the AsyncAPI Schema Object, its superset.
    JsonSchema,
}

impl Format {
    /// The name on the command line: `avro`, `protobuf`, `json-schema`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Avro => "avro",
            Self::Protobuf => "protobuf",
            Self::JsonSchema => "json-schema",
        }
    }

    /// The name in a schema registry: `AVRO`, `PROTOBUF`, `JSON`.
    pub fn registry_type(self) -> &'static str {
        match self {
            Self::Avro => "AVRO",
            Self::Protobuf => "PROTOBUF",
            Self::JsonSchema => "JSON",
        }
    }
}

/// A parsed payload schema.
#[derive(Debug, Clone)]
pub enum Schema {
    /// Avro.
    Avro(Arc<avro::Schema>),
    /// Protobuf: the linked files and the message that is the payload.
    Protobuf(Arc<protobuf::Schema>),
    /// JSON Schema.
    JsonSchema(Arc<json_schema::Schema>),
}

impl Schema {
    /// Which format it is.
    pub fn format(&self) -> Format {
        match self {
            Self::Avro(_) => Format::Avro,
            Self::Protobuf(_) => Format::Protobuf,
            Self::JsonSchema(_) => Format::JsonSchema,
        }
    }

    /// The files that it was read from; files that are built in are not among them.
    pub fn files(&self) -> BTreeSet<FileId> {
        match self {
            Self::Avro(schema) => schema.types.iter().map(|t| t.span.file).collect(),
            Self::Protobuf(schema) => schema.files.iter().filter_map(|f| f.source).collect(),
            Self::JsonSchema(schema) => schema.subs.iter().map(|s| s.span.file).collect(),
        }
    }
}
