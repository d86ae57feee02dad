//! One file for each command: its arguments, and `run`.

pub(crate) mod check;
pub(crate) mod explain;
pub(crate) mod registry;
pub(crate) mod rules;
pub(crate) mod validate;
