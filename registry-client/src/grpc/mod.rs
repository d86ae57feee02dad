//! The registry's gRPC: the messages of `eventpact.registry.v1`, and a client that follows what changes.

#[rustfmt::skip]
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod messages;
mod watch;

pub use watch::Watch;
