//! `eventpact registry import`

use anyhow::Result;

use super::{Target, transfer};
use crate::exit::Exit;

/// Arguments of `registry import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ids and versions stay as they are, so that messages written with the other registry can be read with this one. \
Credentials of the source: EVENTPACT_REGISTRY_AUTH holds for both, unless they stand in the address; certificates hold for both.\n\n\
Example: eventpact registry import --from http://old:8081 --url http://127.0.0.1:8081"
)]
pub(super) struct Args {
    /// The registry to copy from.
    #[arg(long, value_name = "URL", env = "EVENTPACT_REGISTRY_FROM", hide_env_values = true)]
    from: String,
    /// Only subjects that begin like this, and what they refer to.
    #[arg(long, value_name = "PREFIX")]
    subjects: Option<String>,
    /// Into a registry that holds something: add what is missing, change nothing that is there.
    #[arg(long)]
    merge: bool,
    /// Leave compatibility, modes and other settings as they are there.
    #[arg(long)]
    schemas_only: bool,
    /// Say what would be copied, and do nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

/// Copies a registry.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let mut archive = transfer::fetch(&args.target.certificates.client(&args.from)?, &args.from).await?;
        if let Some(prefix) = &args.subjects {
            archive.narrow(prefix);
        }
        if args.dry_run {
            say!("{} would be copied from {}", archive.counted(), archive.source);
            return Ok(Exit::Clean);
        }
        let done = transfer::restore(&args.target.client()?, &archive, args.merge, !args.schemas_only).await?;
        say!("{done}");
        Ok(Exit::Clean)
    })
}
