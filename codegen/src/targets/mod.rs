//! Plans to files, one module per target.

pub(crate) mod lock;
pub mod rust_crate;
