//! The brokers, one Cargo feature each. What they have in common is in [`crate::transport`].

#[cfg(feature = "kafka")]
pub mod kafka;
pub mod memory;
