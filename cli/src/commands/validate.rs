//! `eventpact validate FILE…`

use anyhow::Result;
use eventpact_contract::diagnostic::{Diagnostic, has_errors};
use eventpact_contract::load;
use eventpact_contract::rule;
use eventpact_contract::source::Sources;

use crate::exit::Exit;
use crate::input::{ReadArgs, Tree};
use crate::output::OutputArgs;

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, folders or git:REF:PATH.
    #[arg(required = true)]
    inputs: Vec<String>,
    /// Count as errors also what the official AsyncAPI parser lets pass.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads every document with all that it refers to, and prints what is wrong.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let mut findings: Vec<Diagnostic> = Vec::new();
    for input in &args.inputs {
        let tree = Tree::open(input, None)?;
        for entry in &tree.entries {
            if !tree.single && !super::check::is_root(&tree, entry)? {
                continue;
            }
            let (_, found) = load::load_with(&mut sources, &*tree.reader, &entry.path, args.read.options());
            findings.extend(found);
        }
    }
    if !args.strict {
        rule::demote_beyond(&mut findings);
    }
    let failed = has_errors(&findings);
    let verdict = if failed { "invalid" } else { "valid" };
    args.output.print(verdict, &mut findings, &sources)?;
    Ok(if failed { Exit::Findings } else { Exit::Clean })
}
