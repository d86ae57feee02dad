//! `eventpact registry backup`, `restore` and `verify`

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::archive::Archive;
use super::{Certificates, Target, transfer};
use crate::exit::Exit;
use crate::output;

/// Arguments of `registry backup`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The file holds every context: versions with their ids, soft-deleted ones too, compatibility, modes and other \
settings, and AsyncAPI documents. The audit log and associations stay behind. It is text, one JSON object a line. The registry may be in use meanwhile. Only \
what the caller may read is in it; a warning tells when that may not be everything."
)]
pub(super) struct Args {
    /// The file to write.
    file: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    target: Target,
}

/// Arguments of `registry restore`.
#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// Into a registry that holds something: add what is missing, change nothing that is there.
    #[arg(long)]
    merge: bool,
    /// Leave compatibility, modes and other settings as they are there.
    #[arg(long)]
    schemas_only: bool,
    #[command(flatten)]
    target: Target,
}

/// Arguments of `registry verify`.
#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    /// The backup.
    file: PathBuf,
    /// Also compare with the registry at this address.
    #[arg(long, value_name = "URL")]
    against: Option<String>,
    #[command(flatten)]
    certificates: Certificates,
}

/// Writes a backup.
pub(super) fn run(args: &Args) -> Result<Exit> {
    if args.file.exists() && !args.overwrite {
        bail!("{} is there already; name another file, or add --overwrite", args.file.display());
    }
    let archive = super::wait(async { transfer::fetch(&args.target.client()?, &args.target.url).await })?;
    archive.write(&args.file)?;
    say!("{}: {}, with {}", args.file.display(), archive.counted(), settings(&archive));
    Ok(Exit::Clean)
}

fn settings(archive: &Archive) -> String {
    output::count(archive.configs.len() + archive.modes.len(), "setting")
}

/// Reads a backup back.
pub(super) fn restore(args: &RestoreArgs) -> Result<Exit> {
    let archive = Archive::read(&args.file)?;
    let done = super::wait(async { transfer::restore(&args.target.client()?, &archive, args.merge, !args.schemas_only).await })?;
    say!("{done}");
    Ok(Exit::Clean)
}

/// Looks whether a backup is whole.
pub(super) fn verify(args: &VerifyArgs) -> Result<Exit> {
    let archive = Archive::read(&args.file)?;
    let shown = args.file.display();
    say!("{shown}: whole; {} of {}, taken on {}", archive.counted(), archive.source, archive.taken);
    let Some(url) = &args.against else { return Ok(Exit::Clean) };
    let there = super::wait(async { transfer::fetch(&args.certificates.client(url)?, url).await })?;
    let wrong = transfer::compare(&archive, &there);
    for line in &wrong {
        say!("{line}");
    }
    if wrong.is_empty() {
        say!("{}: holds all of it", there.source);
        return Ok(Exit::Clean);
    }
    say!("{}: {} from the backup", there.source, output::count(wrong.len(), "difference"));
    Ok(Exit::Findings)
}
