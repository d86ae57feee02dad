//! Decides whether a reader understands what a writer wrote, and proves every "no" with a message.
//!
//! Lives here: the rules of each format, the walkers that pair the nodes of two schemas, the modes, the check.
//! Does not live here: parsing, rendering, files, versions in a registry. Everything is pure.

pub mod asyncapi;
pub mod avro;
pub mod check;
pub mod diff;
pub mod java_hash;
pub mod json_schema;
pub mod mode;
pub mod options;
pub mod pair;
pub mod parts;
pub mod protobuf;
pub mod report;
pub mod rule;
