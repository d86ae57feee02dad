//! `eventpact validate FILE…`

use std::collections::HashSet;
use std::path::Path;

use anyhow::Result;
use eventpact_contract::diagnostic::{Diagnostic, Severity, printable};
use eventpact_contract::load;
use eventpact_contract::rule;
use eventpact_contract::source::Sources;

use crate::config::ConfigArgs;
use crate::exit::Exit;
use crate::input::{Entry, ReadArgs, Tree};
use crate::output::{FailOn, OutputArgs, Summary};

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Of a folder or a pattern, AsyncAPI documents and schemas are validated with all that they refer to; other YAML and \
JSON files are left out. Hidden folders, `target` and `node_modules` are not searched.\n\n\
Examples:\n  eventpact validate specs/shop 'services/**/*.yaml'\n  \
cat asyncapi.yaml | eventpact validate - --stdin-name specs/asyncapi.yaml\n  \
eventpact validate specs --output sarif=eventpact.sarif --output junit=eventpact.xml"
)]
pub(crate) struct Args {
    /// Files, folders, patterns such as 'specs/**/*.yaml', git:REF:PATH, or - for standard input.
    #[arg(required = true)]
    inputs: Vec<String>,
    /// Count as errors also what the official AsyncAPI parser lets pass.
    #[arg(long)]
    strict: bool,
    /// Exit 1 from this severity on.
    #[arg(long, visible_alias = "fail-on", value_enum, default_value = "error", value_name = "SEVERITY")]
    fail_severity: FailOn,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What was read so far.
#[derive(Default)]
struct Run {
    sources: Sources,
    findings: Vec<Diagnostic>,
    documents: Vec<String>,
    /// Something could not be read.
    broken: bool,
}

/// Reads every document with all that it refers to, and prints what is wrong.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let mut run = Run::default();
    for input in &args.inputs {
        // One input that is not there should not hide what is wrong with the others.
        if let Err(error) = run.input(args, input) {
            complain!("error: {}", printable(&format!("{error:#}")));
            run.broken = true;
        }
    }
    run.once();
    let fails = Severity::from(args.fail_severity);
    let failed = run.findings.iter().any(|found| found.severity <= fails);
    let unreadable = run.findings.iter().any(|found| found.id == "source/unreadable");
    let exit = match (run.broken || unreadable, failed) {
        (true, _) => Exit::CouldNotRun,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    };
    if run.documents.is_empty() && run.findings.is_empty() {
        return Ok(exit); // no input could be opened, which is said
    }
    let verdict = if failed { "invalid" } else { "valid" };
    let summary = Summary { verdict, documents: &run.documents, fails, exit, further: None };
    args.output.report(summary, &mut run.findings, &run.sources)?;
    Ok(exit)
}

impl Run {
    fn input(&mut self, args: &Args, input: &str) -> Result<()> {
        let Some(config) = args.config.load(input, &mut self.sources, &mut self.findings)? else {
            self.broken = true;
            return Ok(());
        };
        let tree = Tree::open_with(input, None, &args.read)?;
        let before = self.documents.len();
        if let Some(mut found) = self.protobuf_folder(&tree) {
            if !args.strict {
                rule::demote_beyond(&mut found);
            }
            config.apply(&mut found, &self.sources);
            self.findings.extend(found);
        }
        for entry in &tree.entries {
            // What cannot be read is reported by the loader.
            if !tree.single && !super::check::is_root(&tree, entry).unwrap_or(true) {
                continue;
            }
            let name = tree.reader.display_name(&entry.path);
            if self.documents.contains(&name) {
                continue;
            }
            let (_, mut found) = load::load_with(&mut self.sources, &*tree.reader, &entry.path, args.read.options());
            if !args.strict {
                rule::demote_beyond(&mut found);
            }
            config.apply(&mut found, &self.sources);
            self.findings.extend(found);
            self.documents.push(name);
        }
        if self.documents.len() == before {
            let label = printable(&tree.label);
            complain!("warning: {label} has no AsyncAPI document and no schema that was not validated before");
        }
        Ok(())
    }

    /// The `.proto` files of a folder are read at once when all that they import is found from there: each of them once, however
    /// many import it. `None` when they are no such tree; then each is read by itself.
    fn protobuf_folder(&mut self, tree: &Tree) -> Option<Vec<Diagnostic>> {
        let is_proto = |entry: &&Entry| Path::new(&entry.path).extension().is_some_and(|ending| ending == "proto");
        let entries: Vec<&Entry> = tree.entries.iter().filter(is_proto).collect();
        let [first, _, ..] = entries.as_slice() else { return None };
        let folder = first.path.strip_suffix(first.name.as_str())?.trim_end_matches('/');
        let paths: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let (_, found) = load::load_protobuf_folder(&mut self.sources, &*tree.reader, folder, &paths);
        let apart = |d: &Diagnostic| matches!(d.id.as_str(), "protobuf/import" | "protobuf/duplicate-name" | "source/unreadable");
        if found.iter().any(apart) {
            return None;
        }
        self.documents.extend(entries.iter().map(|entry| tree.reader.display_name(&entry.path)));
        Some(found)
    }

    /// What two documents refer to is read for each of them; its findings are told once.
    fn once(&mut self) {
        let mut seen = HashSet::new();
        let sources = &self.sources;
        self.findings.retain(|found| {
            let place = (found.primary.span.start, found.primary.span.end);
            seen.insert((sources.file(found.primary.span.file).name(), place, found.id.clone(), found.message.clone()))
        });
    }
}
