//! The ground floor of Eventpact: text becomes a [`model::Contract`] once, with the position of everything kept.
//!
//! Lives here: the reader of YAML and JSON, the trees and parsers of the payload formats (Avro, Protobuf, JSON Schema), the
//! AsyncAPI document and its validation, and the [`diagnostic::Diagnostic`] with its renderers.
//! Does not live here: any reading of files (a caller hands in a [`source::Reader`]), any network, async code, compatibility
//! rules, generated code.

pub mod asyncapi;
pub mod bundle;
pub mod convert;
pub mod deadline;
pub mod describe;
pub mod diagnostic;
pub mod formats;
pub mod load;
pub mod model;
pub mod registrable;
pub mod rule;
pub mod schema;
pub mod source;
pub mod yaml;
