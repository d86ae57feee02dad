//! The records of the topic `_schemas`, in which Confluent's and Karapace's registries keep everything: bytes to records and
//! back, records to changes, changes to records. No broker, no feature, no I/O.
//!
//! - [`Record`]: one message. Nothing of it is lost on the way through: fields that nobody knows keep their place.
//! - [`Replay`]: what a registry knows after reading a topic from its start.
//!
//! A registry's state is what its topic says and nothing else: who wrote a record waits until it has read it back.

mod json;
mod key;
mod record;
mod replay;
mod write;

#[cfg(test)]
mod tests;

pub use key::{Association, Key};
pub use record::{MAX_RECORD, Record, RecordError};
pub use replay::Replay;
#[cfg(feature = "kafka-store")]
pub(crate) use write::Outgoing;
