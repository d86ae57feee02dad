//! Values of Avro and their bytes, driven by a schema at run time: for witnesses, dead letters and tests.
//!
//! Lives here: [`encode()`], [`decode()`], [`resolve()`] (a writer's bytes as a reader sees them), the JSON encoding ([`to_json`],
//! [`from_json`]). Does not live here:
//! the fast path; generated code carries its own straight-line codec.

mod decode;
mod default;
mod encode;
mod json;
mod resolve;
mod wire;

use std::fmt;

pub use decode::decode;
pub use default::default_value;
pub use encode::encode;
pub use json::{from_json, json_text, to_json};
pub use resolve::{resolve, resolve_all};

/// How deep values may nest.
pub const MAX_VALUE_DEPTH: usize = 128;

/// A value, without names: the schema that it belongs to knows them.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `boolean`
    Boolean(bool),
    /// `int`
    Int(i32),
    /// `long`
    Long(i64),
    /// `float`
    Float(f32),
    /// `double`
    Double(f64),
    /// `bytes`
    Bytes(Vec<u8>),
    /// `string`
    String(String),
    /// The fields of a record in the order of its schema.
    Record(Vec<Value>),
    /// The index of an enum's symbol.
    Enum(usize),
    /// As many bytes as the fixed has.
    Fixed(Vec<u8>),
    /// The items of an array.
    Array(Vec<Value>),
    /// The entries of a map in the order of the bytes.
    Map(Vec<(String, Value)>),
    /// The index of a union's branch, and the value of that branch.
    Union(usize, Box<Value>),
}

impl Value {
    /// The name of the shape for messages.
    fn name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Int(_) => "int",
            Self::Long(_) => "long",
            Self::Float(_) => "float",
            Self::Double(_) => "double",
            Self::Bytes(_) => "bytes",
            Self::String(_) => "string",
            Self::Record(_) => "record",
            Self::Enum(_) => "enum",
            Self::Fixed(_) => "fixed",
            Self::Array(_) => "array",
            Self::Map(_) => "map",
            Self::Union(..) => "union",
        }
    }
}

/// Why a value could not be written or read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatumError {
    /// The way to the value: `items[0].sku`; empty for the whole value.
    pub path: String,
    /// The byte that was read last; `None` when writing.
    pub offset: Option<usize>,
    /// What happened: `found null, expecting int`.
    pub message: String,
}

impl DatumError {
    fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), offset: None, message: message.into() }
    }

    /// The same error, seen from the field around it.
    fn in_field(mut self, name: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{name}{dot}{}", self.path);
        self
    }

    /// The same error, seen from the array or map around it.
    fn in_item(mut self, key: impl fmt::Display) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{key}]{dot}{}", self.path);
        self
    }
}

impl fmt::Display for DatumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (self.path.is_empty(), self.offset) {
            (true, None) => Ok(()),
            (true, Some(offset)) => write!(f, " (byte {offset})"),
            (false, None) => write!(f, " (at {})", self.path),
            (false, Some(offset)) => write!(f, " (at {}, byte {offset})", self.path),
        }
    }
}

impl std::error::Error for DatumError {}

/// What a step of the codec gives.
type Result<T> = std::result::Result<T, DatumError>;
