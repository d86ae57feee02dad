//! Plans to files, one module per target.

pub mod docs;
pub mod lock;
pub mod rust_crate;
