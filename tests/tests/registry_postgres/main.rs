//! Registries over PostgreSQL: real processes over a real server, with what goes wrong in life. Each test starts a PostgreSQL of its
//! own and has a ledger of what was acknowledged, against which the invariants are held ([`ledger`]).
//!
//! Counts are small; `EVENTPACT_LONG=1` makes them as large as they should be once, a larger number is the count itself.
#![allow(clippy::unwrap_used)] // a test that cannot go on says so by panicking
#![allow(clippy::print_stdout)] // it tells what it counted

mod faults;
mod http;
mod ledger;
mod partition;
mod replica;
mod several;
mod standby;
mod start;
mod tls;
mod trim;

use eventpact_tests::rounds;

/// Whatever happens to the database, a server answers within this time.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(5);
