//! `eventpact explain RULE`

use anyhow::{Result, bail};
use eventpact_compat::rule;

use crate::exit::Exit;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of a rule, for example avro/field-without-default.
    rule: String,
}

/// Prints the page of a rule.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let rules = rule::all();
    let Some(found) = rules.iter().find(|r| r.id == args.rule) else {
        let tail = args.rule.rsplit('/').next().unwrap_or(&args.rule);
        let near: Vec<&str> = rules.iter().map(|r| r.id).filter(|id| id.contains(tail)).collect();
        let hint = if near.is_empty() {
            "`eventpact rules` lists them".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        bail!("there is no rule `{}`; {hint}", args.rule);
    };
    println!("{}: {}\nbreaks: {}\n\n{}", found.id, found.summary, found.breaks.as_str(), found.page());
    Ok(Exit::Clean)
}
