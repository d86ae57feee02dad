//! The tasks of the workspace: `cargo xtask …`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user through these")]

mod bench;
mod browser;
mod check;
mod checkouts;
mod demo;
mod go;
mod java_avro;
mod mutants;
mod new;
mod node;
mod python;
mod run;
mod schemas;
mod services;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The tasks of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Do the main job once, on embedded defaults: check, serve, register, generate, send, retry, dead-letter, replay, document.
    Demo,
    /// Run everything: the static gate, then all tests with real servers, which are installed and started.
    Test {
        /// Only tests whose names hold this; the static gate is left out.
        filter: Option<String>,
        /// Also what takes minutes: random pairs in full count, and every rule left out once.
        #[arg(long)]
        long: bool,
    },
    /// Leave out one rule at a time; fails when no test notices.
    Mutants {
        /// Only rules whose ids hold this.
        filter: Option<String>,
    },
    /// The static gate: format, lints, documentation, minimal features. Works offline.
    Check,
    /// Rewrite the expectations of the fixture tests; read the diff before you commit it.
    Bless {
        /// Only tests whose names hold this.
        filter: Option<String>,
    },
    /// Measure against the named peers, in one run, as ratios.
    Bench {
        /// Which one: avro, kafka, documents, validate, protobuf, compat (or compat-avro, …), registry, check, serve [default: all].
        only: Option<String>,
        /// Parts of `registry`: read, register, again, check, sizes, overload, postgres [default: all].
        parts: Vec<String>,
    },
    /// What a command costs: the benchmarks call this.
    #[command(hide = true)]
    UsageOf {
        #[arg(required = true, last = true)]
        command: Vec<OsString>,
    },
    /// Start the files of something new.
    #[command(subcommand)]
    New(New),
    /// Start and stop the real servers that the tests use.
    #[command(subcommand)]
    Services(services::Command),
}

#[derive(Debug, Subcommand)]
enum New {
    /// A compatibility rule: its file, its line in the list, its case folder.
    Rule {
        /// For example avro/enum-symbol-removed.
        id: String,
    },
}

fn main() -> ExitCode {
    match task() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn task() -> Result<()> {
    match Task::parse() {
        Task::Demo => demo::run(),
        Task::Test { filter, long } => {
            test::run(filter.as_deref(), false)?;
            if long { test::long(filter.as_deref()) } else { Ok(()) }
        }
        Task::Mutants { filter } => mutants::run(filter.as_deref()),
        Task::Check => check::run(),
        Task::Bless { filter } => test::run(filter.as_deref(), true),
        Task::Bench { only, parts } => bench::run(only.as_deref(), &parts),
        Task::UsageOf { command } => bench::usage_of(&command),
        Task::New(New::Rule { id }) => new::rule(&id),
        Task::Services(command) => services::run(command),
    }
}
