//! How findings are printed: the format and the colour.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};
use eventpact_contract::diagnostic::{self, Diagnostic, Options, Severity, has_errors, json, text};
use eventpact_contract::load;
use eventpact_contract::model::Contract;
use eventpact_contract::source::Sources;

use crate::input::{ReadArgs, Tree};

/// The formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Source lines with the findings below them.
    Text,
    /// One JSON object with `verdict` and `findings`.
    Json,
}

/// The options of every command that prints findings.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How findings are printed.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// When to use colour; `auto` obeys NO_COLOR and FORCE_COLOR and looks whether a person reads.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    fn wanted(self) -> bool {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !set("NO_COLOR") && (set("FORCE_COLOR") || std::io::stdout().is_terminal()),
        }
    }
}

impl OutputArgs {
    /// Sorts the findings and prints them in the format asked for; `verdict` is the word that sums them up.
    pub(crate) fn print(&self, verdict: &str, findings: &mut Vec<Diagnostic>, sources: &Sources) -> Result<()> {
        diagnostic::sort(findings, sources);
        let options = Options { verdict, color: self.color.wanted(), explained: has_page };
        let text = match self.format {
            Format::Json => json::render(findings, sources, &options),
            Format::Text => text::render(findings, sources, &options),
        };
        Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
    }
}

fn has_page(id: &str) -> bool {
    eventpact_compat::rule::all().iter().any(|rule| rule.id == id)
}

/// Reads a contract that a command needs; `None` after its mistakes were printed.
pub(crate) fn contract(input: &str, read: ReadArgs, sources: &mut Sources) -> Result<Option<Contract>> {
    let tree = Tree::open(input, None)?;
    let [entry] = tree.entries.as_slice() else { bail!("{input} is a folder; name the AsyncAPI document") };
    let (contract, mut found) = load::load_contract_with(sources, &*tree.reader, &entry.path, read.options());
    if has_errors(&found) {
        found.retain(|d| d.severity == Severity::Error);
        OutputArgs { format: Format::Text, color: Color::Auto }.print("invalid", &mut found, sources)?;
        return Ok(None);
    }
    contract.map(Some).with_context(|| format!("{input} is not an AsyncAPI document"))
}
