//! Apache Avro 1.12: the tree of a schema, its parser, protocols and IDL, its canonical texts and its binary encoding.
//!
//! ```
//! use eventpact_contract::formats::avro::{self, datum};
//! use eventpact_contract::{source::Sources, yaml};
//!
//! let mut read = |text: &str| {
//!     let mut sources = Sources::new();
//!     let file = sources.add("order.avsc", text);
//!     let node = yaml::parse(&sources, file).0.expect("JSON");
//!     avro::parse(&node, &mut |_| None, true).0.expect("a valid schema")
//! };
//! let old = read(r#"{ "type": "record", "name": "shop.Order", "fields": [{ "name": "n", "type": "int" }] }"#);
//! let new = read(r#"{ "type": "record", "name": "Order", "namespace": "shop", "fields": [{ "name": "n", "type": "long" }] }"#);
//! assert_eq!(avro::canonical_text(&old), r#"{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"n","type":"int"}]}"#);
//!
//! let bytes = datum::encode(&old, &datum::Value::Record(vec![datum::Value::Int(-2)]))?;
//! assert_eq!(bytes, [3]);
//! let value = datum::resolve(&old, &new, &bytes)?;
//! assert_eq!(datum::to_json(&new, &value).to_string(), r#"{"n":-2}"#);
//! # Ok::<(), datum::DatumError>(())
//! ```

mod branches;
mod canonical;
pub mod datum;
mod fingerprint;
mod idl;
pub mod java_json;
mod kept;
mod normalize;
mod parse;
mod protocol;
mod tree;

pub use branches::Branches;
pub use canonical::{canonical_text, comparison_text, normalized_text, parsing_canonical_form, resolved_text};
pub use fingerprint::{md5, rabin, sha256};
pub use kept::{Props, Text};
pub use parse::{MAX_DEPTH, MAX_FIXED_SIZE, MAX_LEVELS, parse, parse_clean, parse_kept};
pub use protocol::{Message, Protocol, parse_idl, parse_protocol};
pub use tree::{EnumType, Field, Fixed, Kind, Logical, Name, Named, Order, Record, Schema, Symbol, Type, TypeId};
