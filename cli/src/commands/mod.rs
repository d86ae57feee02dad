//! One file for each command: its arguments, and `run`.

pub(crate) mod bundle;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod descriptor;
pub(crate) mod diff;
#[cfg(feature = "kafka")]
pub(crate) mod dlq;
pub(crate) mod docs;
pub(crate) mod explain;
pub(crate) mod fingerprint;
pub(crate) mod fmt;
pub(crate) mod generate;
pub(crate) mod registry;
pub(crate) mod rules;
#[cfg(feature = "serve")]
pub(crate) mod serve;
pub(crate) mod validate;
