//! `eventpact fmt FILE…`

use std::fs;

use anyhow::{Context, Result, bail};
use eventpact_contract::diagnostic::Diagnostic;
use eventpact_contract::source::Sources;
use eventpact_contract::yaml;
use similar::TextDiff;

use crate::exit::Exit;
use crate::input::{ReadArgs, Tree};
use crate::output::{self, OutputArgs};

/// Arguments of `fmt`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "YAML gets two spaces of indentation and single quotes where no escapes are needed; comments, the order of keys, \
blocks and short lists in brackets stay. JSON keeps its indentation. Before a file is written its value is compared with the one \
before: a file that can't be formatted without a change is left alone."
)]
pub(crate) struct Args {
    /// Files, folders, patterns, or `-` for standard input; in folders .yaml, .yml, .json and .avsc files.
    #[arg(required = true)]
    inputs: Vec<String>,
    /// Write nothing; exit 1 with a diff when a file is not formatted.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Formats every file, or compares.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut sources = Sources::new();
    let mut problems: Vec<Diagnostic> = Vec::new();
    let (mut all, mut changed) = (0, 0);
    for input in &args.inputs {
        if input.starts_with("git:") {
            bail!("{input} can't be written to; name files or folders");
        }
        let tree = Tree::open_with(input, None, &ReadArgs::default())?;
        for entry in &tree.entries {
            let is_proto = std::path::Path::new(&entry.path).extension().is_some_and(|ending| ending == "proto");
            if is_proto && tree.single {
                bail!("{input} is Protobuf; YAML and JSON are formatted");
            }
            if is_proto {
                continue;
            }
            let name = tree.reader.display_name(&entry.path);
            let before = tree.reader.read(&entry.path).map_err(|why| anyhow::anyhow!("cannot read {name}: {why}"))?;
            all += 1;
            let file = sources.add(name.clone(), before.clone());
            match yaml::format(&mut sources, file) {
                Err(found) => problems.extend(found),
                Ok(after) if input == "-" && !args.check => {
                    output::print(&after)?;
                    return Ok(Exit::Clean);
                }
                Ok(after) if after == before => {}
                Ok(after) => {
                    changed += 1;
                    if args.check {
                        output::print(&diff(&name, &before, &after))?;
                    } else {
                        fs::write(&name, after).with_context(|| format!("cannot write {name}"))?;
                        say!("{name}");
                    }
                }
            }
        }
    }
    let failed = !problems.is_empty();
    if failed {
        args.output.print("not formatted", &mut problems, &sources)?;
    }
    let files = |n: usize| if n == 1 { "1 file".to_owned() } else { format!("{n} files") };
    match (args.check, changed) {
        (true, 0) if !failed => say!("{}, formatted", files(all)),
        (true, 0) => {}
        (true, _) => complain!("error: {} of {all} not formatted; run eventpact fmt", files(changed)),
        (false, _) => say!("{}, {changed} changed", files(all)),
    }
    Ok(if failed || (args.check && changed > 0) { Exit::Findings } else { Exit::Clean })
}

fn diff(name: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().context_radius(3).header(name, &format!("{name} (formatted)")).to_string()
}
