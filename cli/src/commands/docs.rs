//! `eventpact docs CONTRACT --out DIR`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use eventpact_codegen::GeneratedFile;
use eventpact_codegen::targets::docs;
use eventpact_contract::source::Sources;

use crate::exit::Exit;
use crate::input::ReadArgs;
use crate::output;

/// Arguments of `docs`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The page index.html needs nothing else: no script and nothing from elsewhere. Files that eventpact did not write \
are never overwritten without --force."
)]
pub(crate) struct Args {
    /// The AsyncAPI document.
    contract: String,
    #[command(flatten)]
    read: ReadArgs,
    /// The folder of the pages; it is made when it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value = "all")]
    only: Only,
    /// Write nothing; exit 1 when the folder is not what would be written.
    #[arg(long)]
    check: bool,
    /// Overwrite files that eventpact did not write.
    #[arg(long)]
    force: bool,
}

/// The kinds of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Markdown and HTML.
    All,
    /// `README.md`, `channels/*.md`, `messages/*.md`
    Markdown,
    /// `index.html`
    Html,
}

/// Writes the pages, or compares them.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let Some(contract) = output::contract(&args.contract, &args.read, &mut sources)? else { return Ok(Exit::CouldNotRun) };
    let mut files = docs::docs(&contract)?;
    files.retain(|file| match args.only {
        Only::All => true,
        Only::Markdown => is_markdown(&file.path),
        Only::Html => !is_markdown(&file.path),
    });
    let stale: Vec<PathBuf> = if args.only == Only::Html { Vec::new() } else { gone(&args.out, &files) };
    if args.check { Ok(compare(&args.out, &files, &stale)) } else { write(args, &files, &stale) }
}

fn is_markdown(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == "md")
}

/// Pages of channels and messages that eventpact wrote once and would not write now.
fn gone(folder: &Path, files: &[GeneratedFile]) -> Vec<PathBuf> {
    let entries =
        ["channels", "messages"].iter().flat_map(|name| fs::read_dir(folder.join(name)).into_iter().flatten().flatten());
    let mut gone: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| !files.iter().any(|file| folder.join(&file.path) == *path))
        .filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains(docs::MARK)))
        .collect();
    gone.sort();
    gone
}

fn compare(folder: &Path, files: &[GeneratedFile], stale: &[PathBuf]) -> Exit {
    let differs = |file: &&GeneratedFile| fs::read_to_string(folder.join(&file.path)).ok().as_deref() != Some(file.text.as_str());
    let differing: Vec<&GeneratedFile> = files.iter().filter(differs).collect();
    for file in &differing {
        say!("{} differs", folder.join(&file.path).display());
    }
    for path in stale {
        say!("{} would be removed", path.display());
    }
    if differing.is_empty() && stale.is_empty() {
        say!("{}: {} files, as they would be written", folder.display(), files.len());
        return Exit::Clean;
    }
    complain!("error: the documentation is out of date; run eventpact docs again");
    Exit::Findings
}

fn write(args: &Args, files: &[GeneratedFile], stale: &[PathBuf]) -> Result<Exit> {
    for file in files {
        let path = args.out.join(&file.path);
        // A file that can't be read as text is not ours either.
        let foreign = path.exists() && !fs::read_to_string(&path).is_ok_and(|text| text.contains(docs::MARK));
        if foreign && !args.force {
            bail!("{} was not written by eventpact; name another folder, or use --force", path.display());
        }
    }
    for file in files {
        let path = args.out.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        }
        fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    for path in stale {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    say!("{}: {} files written, {} removed", args.out.display(), files.len(), stale.len());
    Ok(Exit::Clean)
}
