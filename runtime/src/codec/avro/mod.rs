//! Avro payloads: the primitives of the binary encoding that generated code calls, and plans for other writers' schemas.
//!
//! Generated code reads bytes of its own schema directly. For other writers a [`Plan`] rewrites the bytes first, so that the
//! same generated code reads them.

pub mod logical;
mod plan;
pub mod wire;

pub use plan::{Plan, PlanError};
