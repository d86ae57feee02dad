//! The checker against itself: random pairs of schemas, and values that the writer can really send. Where the verdict is
//! "compatible", no value may be refused, or arrive as another one; where it is not, the witness must hold.
//!
//! A short run belongs to every test run. `cargo xtask test --long` runs the full counts and prints them;
//! `EVENTPACT_SEED=17 cargo test -p eventpact-tests --test self_check avro` repeats one pair.

#![allow(clippy::unwrap_used)] // a test may panic
#![allow(clippy::print_stdout)] // and talks to the person who runs it
#![allow(clippy::explicit_auto_deref)] // without the `*`, `pick` is asked for another type and does not compile

#[path = "../avro_java/evolve.rs"]
#[allow(dead_code)] // Avro Java's suite uses the rest
mod evolve;
#[path = "../avro_java/random.rs"]
#[allow(dead_code)]
mod random;
#[path = "../schemas/mod.rs"]
mod schemas;

mod avro;
mod json;
mod json_schema;
mod proto;
mod protobuf;
mod run;
