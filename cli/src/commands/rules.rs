//! `eventpact rules`

use std::fmt::Write as _;

use anyhow::{Result, anyhow, bail};
use clap::ValueEnum;
use glob::Pattern;

use crate::catalogue::{self, Entry};
use crate::exit::Exit;
use crate::output;

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The second column says what a rule is about. On documents: `syntax` (the text itself), `parity` (what the \
official AsyncAPI parser checks too), `beyond` (what it lets pass; errors only with `validate --strict`). On two versions, what a \
break breaks: `wire`, `json`, `source`, `contract`. The third is the default severity, the worst where that depends on the finding. Rules in capitals \
are those of buf, with the categories of `check --profile buf:CATEGORY` that hold them."
)]
pub(crate) struct Args {
    /// Only rules whose ids match, for example 'avro/*'.
    pattern: Option<String>,
    /// How the list is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// The same as --format json.
    #[arg(long)]
    json: bool,
}

/// The formats of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line for each rule.
    Text,
    /// A JSON list, with the page of each rule.
    Json,
}

/// Prints every rule, one line each.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let pattern = args.pattern.as_deref().unwrap_or("*");
    let pattern = Pattern::new(pattern).map_err(|e| anyhow!("`{pattern}` is no pattern: {}", e.msg))?;
    let rules: Vec<&Entry> = catalogue::matching(&pattern).collect();
    if rules.is_empty() {
        bail!("no rule matches `{pattern}`; `eventpact rules` lists all of them");
    }
    if args.json || args.format == Format::Json {
        let list: Vec<_> = rules.iter().map(|rule| row(rule)).collect();
        output::print(&format!("{}\n", serde_json::to_string_pretty(&list)?))?;
        return Ok(Exit::Clean);
    }
    let width = rules.iter().map(|rule| rule.id().len()).max().unwrap_or(0);
    let mut out = String::new();
    for rule in &rules {
        let severity = rule.severity().as_str();
        let _ = write!(out, "{:width$}  {:8}  {severity:7}  {}", rule.id(), rule.kind(), rule.summary());
        let categories = rule.categories().join(", ");
        let _ = if categories.is_empty() { writeln!(out) } else { writeln!(out, " ({categories})") };
    }
    let _ = writeln!(out, "\n{} rules. `eventpact explain RULE` shows the page of one.", rules.len());
    output::print(&out)?;
    Ok(Exit::Clean)
}

fn row(rule: &Entry) -> serde_json::Value {
    let (layer, breaks) = match rule {
        Entry::Document(_) | Entry::Own(_) => (Some(rule.kind()), None),
        Entry::Compat(_) => (None, Some(rule.kind())),
    };
    serde_json::json!({
        "rule": rule.id(),
        "summary": rule.summary(),
        "layer": layer,
        "breaks": breaks,
        "severity": rule.severity().as_str(),
        "categories": rule.categories(),
        "page": rule.page(),
    })
}
