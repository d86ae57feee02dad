//! `eventpact generate CONTRACT --out DIR`

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use eventpact_codegen::targets::lock;
use eventpact_codegen::{GeneratedFile, Options, RuntimeDependency};
use eventpact_contract::source::Sources;
use similar::TextDiff;

use crate::exit::Exit;
use crate::input::ReadArgs;
use crate::output;

/// Arguments of `generate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Files that were changed by hand are never overwritten without --force: events.lock holds the hash of each \
generated file. Files that you add are left alone."
)]
pub(crate) struct Args {
    /// The AsyncAPI document.
    contract: String,
    #[command(flatten)]
    read: ReadArgs,
    /// The folder of the crate; it is made when it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The name of the crate [default: the name of the folder].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Take eventpact-runtime from this folder instead of from the package registry.
    #[arg(long, value_name = "DIR")]
    runtime_path: Option<PathBuf>,
    /// Write nothing; exit 1 with a diff when the folder is not what would be generated.
    #[arg(long)]
    check: bool,
    /// Overwrite files that were changed by hand.
    #[arg(long)]
    force: bool,
}

/// The list of hashes; it is a generated file itself.
const LOCK: &str = "events.lock";

/// Writes the crate, or compares it.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let Some(contract) = output::contract(&args.contract, &args.read, &mut sources)? else { return Ok(Exit::CouldNotRun) };
    let folder_name = args.out.file_name().and_then(|n| n.to_str());
    let name = args.name.as_deref().or(folder_name).context("the folder has no name; give the crate one with --name")?;
    let runtime = match &args.runtime_path {
        Some(path) => RuntimeDependency::Path(absolute(path)?),
        None => RuntimeDependency::Version(env!("CARGO_PKG_VERSION").to_owned()),
    };
    let options = Options { crate_name: name.to_owned(), runtime };
    let files = eventpact_codegen::rust_crate(&contract, &sources, &options)?;
    if args.check { compare(&args.out, &files) } else { write(args, &files) }
}

/// The path of the runtime for the manifest: absolute, since the crate may be moved.
fn absolute(runtime: &Path) -> Result<String> {
    let absolute = fs::canonicalize(runtime).with_context(|| format!("there is no folder {}", runtime.display()))?;
    absolute.to_str().map(str::to_owned).context("the path of the runtime is not UTF-8")
}

/// Hash of each file as it was generated last.
fn last_time(folder: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder.join(LOCK)).unwrap_or_default();
    lock::read(&text)
}

fn write(args: &Args, files: &[GeneratedFile]) -> Result<Exit> {
    let folder = &args.out;
    let before = last_time(folder);
    let occupied = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && before.is_empty() && !args.force {
        bail!("{} has files that eventpact did not generate; name an empty folder, or use --force", folder.display());
    }
    let edited: Vec<&String> =
        before.iter().filter(|(path, hash)| was_edited(folder, path, hash)).map(|(path, _)| path).collect();
    if !edited.is_empty() && !args.force {
        for path in &edited {
            let now = fs::read_to_string(folder.join(path)).unwrap_or_default();
            if let Some(file) = files.iter().find(|f| f.path == **path) {
                output::print(&diff(path, &now, &file.text))?;
            }
        }
        complain!("error: changed by hand: {}; --force overwrites them", list(&edited));
        return Ok(Exit::Findings);
    }
    let mut written = 0;
    for file in files {
        written += usize::from(put(folder, file)?);
    }
    let gone: Vec<&String> = before.keys().filter(|path| !files.iter().any(|f| f.path == **path)).collect();
    for path in &gone {
        fs::remove_file(folder.join(path)).with_context(|| format!("cannot remove {path}"))?;
    }
    say!("{}: {} files, {written} written, {} removed", folder.display(), files.len(), gone.len());
    Ok(Exit::Clean)
}

/// Writes a file when it differs; `true` when it did.
fn put(folder: &Path, file: &GeneratedFile) -> Result<bool> {
    let path = folder.join(&file.path);
    if fs::read_to_string(&path).is_ok_and(|now| now == file.text) {
        return Ok(false);
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    }
    fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

fn was_edited(folder: &Path, path: &str, hash: &str) -> bool {
    let text = fs::read_to_string(folder.join(path));
    text.is_ok_and(|text| lock::hash(&text) != *hash)
}

/// Prints how the folder differs from what would be generated.
fn compare(folder: &Path, files: &[GeneratedFile]) -> Result<Exit> {
    let mut stale: Vec<String> = Vec::new();
    for file in files {
        let now = fs::read_to_string(folder.join(&file.path)).unwrap_or_default();
        if now != file.text {
            output::print(&diff(&file.path, &now, &file.text))?;
            stale.push(file.path.clone());
        }
    }
    let before = last_time(folder);
    for path in before.keys().filter(|p| !files.iter().any(|f| f.path == **p) && folder.join(p).exists()) {
        say!("{path} would be removed");
        stale.push(path.clone());
    }
    if stale.is_empty() {
        say!("{}: {} files, as they would be generated", folder.display(), files.len());
        return Ok(Exit::Clean);
    }
    complain!("error: not as they would be generated: {}; run eventpact generate again", list(&stale));
    Ok(Exit::Findings)
}

fn diff(path: &str, now: &str, wanted: &str) -> String {
    let diff = TextDiff::from_lines(now, wanted);
    diff.unified_diff().context_radius(3).header(&format!("{path} (in the folder)"), &format!("{path} (generated)")).to_string()
}

/// The first few names, and how many more there are.
fn list<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(AsRef::as_ref).collect();
    let more = names.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
