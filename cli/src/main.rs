//! The `eventpact` command: arguments, the user's files and exit codes. Everything else lives in the library crates.

#[macro_use]
mod say;
mod catalogue;
mod commands;
mod config;
mod exit;
mod input;
mod output;
mod progress;
#[cfg(feature = "remote")]
mod remote;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::exit::Exit;

/// Contracts for event-driven systems: check, serve, generate, replay and document them.
#[derive(Debug, Parser)]
#[command(name = "eventpact", version, max_term_width = 110, after_help = AFTER)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "Exit codes: 0 clean, 1 findings, 2 could not run (usage, unreadable input, unreachable server).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Is a new version compatible with its history? Every break is shown with a message that proves it.
    Check(commands::check::Args),
    /// What changed between two versions, compatible changes too, and what that means for readers, writers and the version number.
    Diff(commands::diff::Args),
    /// Are these documents valid?
    Validate(commands::validate::Args),
    /// Show the configuration and where each value comes from.
    Config(commands::config::Args),
    /// What does a rule find, why does it matter, and what to do instead?
    Explain(commands::explain::Args),
    /// List every rule, on documents and on compatibility.
    Rules(commands::rules::Args),
    /// Write a document with all that it refers to in one file.
    Bundle(commands::bundle::Args),
    /// Write a document in another version of AsyncAPI.
    Convert(commands::convert::Args),
    /// Format YAML and JSON: comments stay, and so does what it means.
    Fmt(commands::fmt::Args),
    /// The canonical form of an Avro schema, and its fingerprints.
    Fingerprint(commands::fingerprint::Args),
    /// Compile Protobuf files into a descriptor set, or print the text of one.
    Descriptor(commands::descriptor::Args),
    /// Write a crate of typed producers and consumers.
    Generate(commands::generate::Args),
    /// Write documentation: Markdown pages and one HTML page.
    Docs(commands::docs::Args),
    /// Register, read, check, copy and back up schemas in any schema registry.
    Registry(commands::registry::Args),
    /// Run the schema registry.
    #[cfg(feature = "serve")]
    Serve(commands::serve::Args),
    /// Print the lines that make a shell complete commands, options and subjects.
    Completions(commands::completions::Args),
    /// List, show and replay dead letters.
    #[cfg(feature = "kafka")]
    Dlq(commands::dlq::Args),
}

fn main() -> ExitCode {
    // A shell that completes a command line asks through the environment, and gets nothing but its answer.
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Check(args) => commands::check::run(args),
        Command::Diff(args) => commands::diff::run(args),
        Command::Validate(args) => commands::validate::run(args),
        Command::Config(args) => commands::config::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Rules(args) => commands::rules::run(args),
        Command::Bundle(args) => commands::bundle::run(args),
        Command::Convert(args) => commands::convert::run(args),
        Command::Fmt(args) => commands::fmt::run(args),
        Command::Fingerprint(args) => commands::fingerprint::run(args),
        Command::Descriptor(args) => commands::descriptor::run(args),
        Command::Generate(args) => commands::generate::run(args),
        Command::Docs(args) => commands::docs::run(args),
        Command::Registry(args) => commands::registry::run(args),
        #[cfg(feature = "serve")]
        Command::Serve(args) => commands::serve::run(args),
        Command::Completions(args) => commands::completions::run(args),
        #[cfg(feature = "kafka")]
        Command::Dlq(args) => commands::dlq::run(args),
    };
    let exit = result.unwrap_or_else(|error| {
        complain!("error: {}", eventpact_contract::diagnostic::printable(&format!("{error:#}")));
        Exit::CouldNotRun
    });
    if say::is_lost() {
        complain!("error: not everything could be printed");
        return Exit::CouldNotRun.into();
    }
    exit.into()
}
