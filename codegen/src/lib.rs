//! A contract becomes a list of files: a typed Rust crate, or documentation.
//!
//! Lives here: names, the plan of what is generated, Rust items as tokens, the files of each target.
//! Does not live here: reading specs (`eventpact-contract`), writing to a disk (the command line), what generated code calls
//! (`eventpact-runtime`).

pub mod files;

pub use files::GeneratedFile;
