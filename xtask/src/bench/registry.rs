//! The registry under load, on SQLite and on PostgreSQL where that can be had.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::run::{step, target};
use crate::services::{Postgres, postgres_programs};

/// Runs the load. PostgreSQL is left out, and that is told, where it is not installed and cannot be.
pub(super) fn run(server: &Path, load: &Path, parts: &[String]) -> Result<()> {
    let postgres = (parts.is_empty() || parts.iter().any(|part| part == "postgres"))
        .then(|| postgres_programs().and_then(|programs| Postgres::start(&programs)));
    if let Some(Err(why)) = &postgres {
        println!("without PostgreSQL: {why:#}");
    }
    let postgres = postgres.and_then(Result::ok);
    let mut command = Command::new(load);
    command.arg("measure").arg(server).arg(target().join("bench-registry"));
    command.arg(postgres.as_ref().map_or("-", Postgres::address)).args(parts);
    step("the registry under load", &mut command)
}
