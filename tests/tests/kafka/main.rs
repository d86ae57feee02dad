//! The Kafka transport and everything above it, against a real broker: `cargo xtask services up` starts one and says where
//! (`EVENTPACT_TEST_KAFKA=host:port`).
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking

mod conformance;
mod dead_letters;
mod hostile;
mod ledger;
mod python;
mod support;
mod transport;
