#![doc = include_str!("../README.md")]

pub mod codec;
pub mod confirm;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod consumer;
pub mod dlq;
pub mod event;
pub mod failure;
pub mod inbound;
pub mod message;
pub mod policy;
pub mod producer;
mod random;
pub mod schemas;
pub mod shutdown;
pub mod telemetry;
pub mod tracker;
pub mod transport;
pub mod transports;
pub mod types;

pub use bytes;
pub use eventpact_registry_client as registry_client;
