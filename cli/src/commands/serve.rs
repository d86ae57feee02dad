//! `eventpact serve`

use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::Result;
use eventpact_registry::{Dialect, IncompatibleCode, Options, Rulesets, StoreSpec};

use crate::exit::Exit;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Stop it with Ctrl-C or SIGTERM: requests under way are finished first.")]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// Where schemas are kept: a file, a database, or the topic of a registry of Confluent's or Karapace's
    /// (`kafka://HOST:PORT/_schemas`).
    #[arg(long, default_value = "sqlite:eventpact.db", value_name = "sqlite:PATH|postgres://USER@HOST/DB", value_parser = store)]
    store: StoreSpec,
    /// Only read the store, which another registry may be writing to.
    #[arg(long)]
    read_only: bool,
    /// What becomes of rule sets in requests: `drop` forgets them, as Confluent's community server does; `store` checks, keeps and
    /// returns them.
    #[arg(long, default_value = "drop", value_name = "drop|store", value_parser = Rulesets::from_str)]
    rulesets: Rulesets,
    /// The error code of an incompatible schema; 409 is what servers before 8.0 answered.
    #[arg(long, default_value = "40901", value_name = "40901|409", value_parser = IncompatibleCode::from_str)]
    incompatible_code: IncompatibleCode,
}

fn store(text: &str) -> Result<StoreSpec, String> {
    text.parse()
}

/// Runs the registry until it is told to stop.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let store = args.store.clone();
    let store = if args.read_only { store.read_only().map_err(anyhow::Error::msg)? } else { store };
    let mut options = Options::new(args.listen, store);
    options.dialect = Dialect { rulesets: args.rulesets, incompatible_code: args.incompatible_code };
    eventpact_registry::serve(&options, |address| {
        println!("schema registry on http://{address}, schemas in {}", args.store);
        if address.ip().is_loopback() {
            println!("open to every user of this machine; there is no authentication");
        } else {
            eprintln!("warning: open to everyone who reaches {address}: there is no authentication and no TLS");
        }
    })?;
    Ok(Exit::Clean)
}
