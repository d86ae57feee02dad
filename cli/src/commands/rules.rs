//! `eventpact rules`

use anyhow::Result;
use eventpact_compat::rule;

use crate::exit::Exit;

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print a JSON list.
    #[arg(long)]
    json: bool,
}

/// Prints every rule, one line each.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let rules = rule::all();
    if args.json {
        let list: Vec<_> = rules
            .iter()
            .map(|r| serde_json::json!({ "rule": r.id, "summary": r.summary, "breaks": r.breaks.as_str() }))
            .collect();
        println!("{}", serde_json::to_string_pretty(&list)?);
        return Ok(Exit::Clean);
    }
    let width = rules.iter().map(|r| r.id.len()).max().unwrap_or(0);
    for rule in &rules {
        println!("{:width$}  {:8}  {}", rule.id, rule.breaks.as_str(), rule.summary);
    }
    println!("\n{} rules. `eventpact explain RULE` shows the page of one.", rules.len());
    Ok(Exit::Clean)
}
