//! `eventpact convert FILE --to 3.1`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use eventpact_contract::convert::{Target, convert};
use eventpact_contract::diagnostic::{Diagnostic, Severity, has_errors};
use eventpact_contract::load;
use eventpact_contract::rule;
use eventpact_contract::source::Sources;

use crate::exit::Exit;
use crate::input::{Overlay, ReadArgs, Tree};
use crate::output;

/// Arguments of `convert`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Other files stay as they are, and references to them stay; a message that is written for 2.x in another file is \
copied into the document. What can't be carried over is told on standard error."
)]
pub(crate) struct Args {
    /// The AsyncAPI document.
    file: String,
    /// The version to write.
    #[arg(long, value_enum, value_name = "VERSION")]
    to: To,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

/// The versions that are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum To {
    /// AsyncAPI 3.0.0
    #[value(name = "3.0", alias = "3.0.0")]
    V3_0,
    /// AsyncAPI 3.1.0
    #[value(name = "3.1", alias = "3.1.0")]
    V3_1,
}

/// Converts the document and checks what came out.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let tree = Tree::open_with(&args.file, None, &args.read)?;
    let [entry] = tree.entries.as_slice() else { bail!("{} is a folder; name the AsyncAPI document", args.file) };
    let target = match args.to {
        To::V3_0 => Target::V3_0,
        To::V3_1 => Target::V3_1,
    };
    let here = args.out.as_deref().map_or(Some(entry.path.clone()), |out| tree.path_of_output(entry, out));
    let out = here.clone().unwrap_or_else(|| entry.path.clone());
    let converted = match convert(&mut sources, &*tree.reader, &entry.path, &out, target, args.read.options()) {
        Ok(converted) => converted,
        Err(mut found) => {
            output::to_stderr("not converted", &mut found, &sources)?;
            return Ok(Exit::CouldNotRun);
        }
    };
    let overlay = Overlay { below: &*tree.reader, path: &out, text: &converted.text };
    let (_, mut found) = load::load_contract(&mut sources, &overlay, &out);
    rule::demote_beyond(&mut found);
    let mut notes: Vec<Diagnostic> = converted.notes;
    notes.extend(found.into_iter().filter(|d| d.severity == Severity::Error));
    let failed = has_errors(&notes);
    if !notes.is_empty() {
        output::to_stderr(if failed { "converted, but not valid" } else { "converted" }, &mut notes, &sources)?;
    }
    write(args.out.as_deref(), &converted.text)?;
    if here.is_none() && converted.refers_to_files {
        complain!("warning: the references to other files are those of {}: put the document beside it", args.file);
    }
    Ok(if failed { Exit::Findings } else { Exit::Clean })
}

/// Writes a document to a file, or to standard output.
pub(super) fn write(out: Option<&Path>, text: &str) -> Result<()> {
    match out {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write {}", path.display())),
        None => output::print(text),
    }
}
