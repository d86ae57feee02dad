//! A contract becomes a list of files: a typed Rust crate, or documentation.
//!
//! Lives here: names, the plan of what is generated, Rust items as tokens, the files of each target.
//! Does not live here: reading specs (`eventpact-contract`), writing to a disk (the command line), what generated code calls
//! (`eventpact-runtime`).

mod client;
mod comments;
mod error;
mod event;
mod examples;
pub mod files;
mod imports;
pub mod names;
mod plan;
mod render;
pub mod targets;
mod types;

pub use error::CodegenError;
pub use files::GeneratedFile;
pub use targets::rust_crate::{Options, RuntimeDependency, rust_crate};

/// The version that generated files name.
pub(crate) const GENERATOR_VERSION: &str = env!("CARGO_PKG_VERSION");
