//! How findings are printed: formats, files and colour.

mod args;
mod ci;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use eventpact_contract::diagnostic::{
    self, Diagnostic, Options, Project, Severity, github, gitlab, has_errors, json, junit, markdown, sarif, text,
};
use eventpact_contract::load;
use eventpact_contract::model::Contract;
use eventpact_contract::rule;
use eventpact_contract::source::Sources;

use crate::catalogue;
use crate::exit::Exit;
use crate::input::{ReadArgs, Tree};

use args::Format;
pub(crate) use args::{FailOn, OutputArgs};

/// What a run says besides its findings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary<'a> {
    /// The word that sums up.
    pub(crate) verdict: &'a str,
    /// The names of the documents that were looked at; empty when they are not counted.
    pub(crate) documents: &'a [String],
    /// Findings this bad or worse make the run fail.
    pub(crate) fails: Severity,
    /// How the run ends.
    pub(crate) exit: Exit,
    /// What else is to be said.
    pub(crate) further: Option<&'a Further>,
}

/// What a command says beyond its findings: lines for people behind them, and fields of the JSON report.
#[derive(Debug, Default)]
pub(crate) struct Further {
    pub(crate) lines: Vec<String>,
    pub(crate) fields: serde_json::Map<String, serde_json::Value>,
}

impl OutputArgs {
    /// Sorts the findings and prints them in the format asked for; `verdict` is the word that sums them up.
    pub(crate) fn print(&self, verdict: &str, findings: &mut Vec<Diagnostic>, sources: &Sources) -> Result<()> {
        let exit = match verdict {
            "unknown" => Exit::CouldNotRun,
            _ if has_errors(findings) => Exit::Findings,
            _ => Exit::Clean,
        };
        self.report(Summary { verdict, documents: &[], fails: Severity::Error, exit, further: None }, findings, sources)
    }

    /// Sorts the findings, prints them, and writes the reports that were asked for.
    pub(crate) fn report(&self, summary: Summary<'_>, findings: &mut Vec<Diagnostic>, sources: &Sources) -> Result<()> {
        diagnostic::sort(findings, sources);
        let place = ci::Place::find();
        let project = Project {
            root: &place.root,
            base: &place.base,
            documents: summary.documents,
            fails: summary.fails,
            exit_code: summary.exit.code(),
            version: env!("CARGO_PKG_VERSION"),
            rule: catalogue::page,
        };
        let nothing = Further::default();
        let further = summary.further.unwrap_or(&nothing);
        let report = |format: Format, color: bool| {
            let options = Options { verdict: summary.verdict, color, explained: catalogue::has_page };
            // Programs get every finding, people one for each cause.
            let told = diagnostic::grouped(findings);
            match format {
                Format::Text => {
                    let text = text::render_with_count(&told, sources, &options, summary.documents.len());
                    further.lines.iter().fold(text, |text, line| text + &diagnostic::printable(line) + "\n")
                }
                Format::Json => json::render_with(findings, sources, &options, &further.fields),
                Format::Sarif => sarif::render(findings, sources, &project),
                Format::Github => github::render(&told, sources, &project),
                Format::Gitlab => gitlab::render(findings, sources, &project),
                Format::Junit => junit::render(findings, sources, &project),
                Format::Markdown => {
                    let text = markdown::render(&told, sources, &options, &project);
                    let text = if further.lines.is_empty() { text } else { text + "\n" };
                    further.lines.iter().fold(text, |text, line| text + "- " + &markdown::words(line) + "\n")
                }
            }
        };
        // Files first: a closed pipe on standard output should not cost a report.
        for wanted in &self.output {
            refuse_input(&wanted.path, sources)?;
            write(&wanted.path, &report(wanted.format, false))?;
        }
        if let Some(file) = &self.summary {
            ci::append_summary(file, &report(Format::Markdown, false))?;
        }
        let color = self.color.wanted();
        let shown = match self.format {
            Some(format) => report(format, color),
            None if ci::is_github() => ci::without_commands(&report(Format::Text, color)) + &report(Format::Github, false),
            None => report(Format::Text, color),
        };
        print(&shown)
    }
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// Prints to standard output. A reader that has gone away, as `head` does, is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// The same for what is no text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot print"),
        _ => Ok(()),
    }
}

/// A report never takes the place of what was read.
fn refuse_input(path: &Path, sources: &Sources) -> Result<()> {
    let Ok(wanted) = path.canonicalize() else { return Ok(()) };
    let is_input = |name: &str| Path::new(name).canonicalize().is_ok_and(|input| input == wanted);
    if sources.iter().any(|(_, file)| is_input(file.name())) {
        bail!("the report would be written over {}, which is an input", path.display());
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write the report {}", path.display()))
}

/// Prints findings beside the output of a command.
pub(crate) fn to_stderr(verdict: &str, findings: &mut [Diagnostic], sources: &Sources) -> Result<()> {
    let mut findings = findings.to_vec();
    diagnostic::sort(&mut findings, sources);
    let options = Options { verdict, color: false, explained: crate::catalogue::has_page };
    Ok(std::io::stderr().lock().write_all(text::render(&findings, sources, &options).as_bytes())?)
}

/// Reads a contract that a command needs; `None` after its mistakes were printed.
pub(crate) fn contract(input: &str, read: &ReadArgs, sources: &mut Sources) -> Result<Option<Contract>> {
    let tree = Tree::open_with(input, None, read)?;
    let [entry] = tree.entries.as_slice() else { bail!("{input} is a folder; name the AsyncAPI document") };
    let (contract, mut found) = load::load_contract_with(sources, &*tree.reader, &entry.path, read.options());
    if found.iter().any(rule::stops) {
        found.retain(rule::stops);
        OutputArgs::text().print("invalid", &mut found, sources)?;
        return Ok(None);
    }
    contract.map(Some).with_context(|| format!("{input} is not an AsyncAPI document"))
}
