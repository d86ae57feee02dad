//! The tasks of the workspace.
#![allow(clippy::print_stdout, clippy::print_stderr)] // A command line tool talks to its user.

mod services;

use anyhow::Result;
use clap::Parser;

/// The tasks of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Start and stop the real servers that the tests use.
    #[command(subcommand)]
    Services(services::Command),
}

fn main() -> Result<()> {
    match Task::parse() {
        Task::Services(command) => services::run(command),
    }
}
