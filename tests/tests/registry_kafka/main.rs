//! The registry with its store in a Kafka topic, against a real broker: what a real Confluent wrote is read and written byte for
//! byte, and nothing that was acknowledged is lost while the writer is killed, stopped, or loses its broker.
//!
//! `cargo xtask services up` starts a broker and says where (`EVENTPACT_TEST_KAFKA=host:port`).

#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test that cannot go on says so by panicking

mod attach;
mod conflicts;
mod documents;
mod faults;
mod foreign;
mod forward;
mod sasl;
mod support;
mod tls;
mod watch;
