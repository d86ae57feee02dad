//! `eventpact serve`

use std::net::SocketAddr;

use anyhow::Result;
use eventpact_registry::{Options, StoreSpec};

use crate::exit::Exit;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Stop it with Ctrl-C or SIGTERM: requests under way are finished first.")]
pub(crate) struct Args {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// Where schemas are kept.
    #[arg(long, default_value = "sqlite:eventpact.db", value_name = "sqlite:PATH", value_parser = store)]
    store: StoreSpec,
    /// Only read the store, which another registry may be writing to.
    #[arg(long)]
    read_only: bool,
}

fn store(text: &str) -> Result<StoreSpec, String> {
    text.parse()
}

/// Runs the registry until it is told to stop.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let store = args.store.clone();
    let store = if args.read_only { store.read_only().map_err(anyhow::Error::msg)? } else { store };
    let options = Options::new(args.listen, store);
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
