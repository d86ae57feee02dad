//! `eventpact bundle FILE`

use std::path::PathBuf;

use anyhow::{Result, bail};
use eventpact_contract::bundle::bundle;
use eventpact_contract::diagnostic::{Severity, has_errors};
use eventpact_contract::load;
use eventpact_contract::rule;
use eventpact_contract::source::Sources;

use super::convert::write;
use crate::exit::Exit;
use crate::input::{Overlay, ReadArgs, Tree};
use crate::output;

/// Arguments of `bundle`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "What stands in other files goes to the components, each thing once; Avro types that lie in files of their own \
are defined where they are used first. A .proto file becomes a text; the files that it imports stand beside it in x-protobuf, \
where eventpact reads them."
)]
pub(crate) struct Args {
    /// The AsyncAPI document.
    file: String,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

/// Bundles the document and checks what came out.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let tree = Tree::open_with(&args.file, None, &args.read)?;
    let [entry] = tree.entries.as_slice() else { bail!("{} is a folder; name the AsyncAPI document", args.file) };
    let bundled = match bundle(&mut sources, &*tree.reader, &entry.path, args.read.options()) {
        Ok(bundled) => bundled,
        Err(mut found) => {
            output::to_stderr("not bundled", &mut found, &sources)?;
            return Ok(Exit::CouldNotRun);
        }
    };
    let overlay = Overlay { below: &*tree.reader, path: &entry.path, text: &bundled.text };
    let (_, mut found) = load::load_contract_with(&mut sources, &overlay, &entry.path, args.read.options());
    rule::demote_beyond(&mut found);
    let mut notes = bundled.notes;
    notes.extend(found.into_iter().filter(|d| d.severity == Severity::Error));
    let failed = has_errors(&notes);
    if !notes.is_empty() {
        output::to_stderr(if failed { "bundled, but not valid" } else { "bundled" }, &mut notes, &sources)?;
    }
    write(args.out.as_deref(), &bundled.text)?;
    Ok(if failed { Exit::Findings } else { Exit::Clean })
}
