//! `eventpact explain RULE`

use anyhow::{Result, bail};

use crate::catalogue::{self, Entry};
use crate::exit::Exit;
use crate::output;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of a rule, for example avro/field-without-default or asyncapi3-channel-parameters.
    rule: String,
}

/// Prints the page of a rule.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let Some(rule) = catalogue::find(&args.rule) else {
        let near = catalogue::similar(&args.rule);
        let hint = if near.is_empty() {
            "`eventpact rules` lists them".to_owned()
        } else {
            format!("did you mean {}?", near.join(", "))
        };
        bail!("there is no rule `{}`; {hint}", args.rule);
    };
    let what = match rule {
        Entry::Document(_) => "layer",
        Entry::Compat(_) => "breaks",
        Entry::Own(_) => "found by",
    };
    let severity = format!("severity: {}\n", rule.severity().as_str());
    let categories = rule.categories().join(", ");
    let categories = if categories.is_empty() { categories } else { format!("categories of buf: {categories}\n") };
    let head = format!("{}: {}\n{what}: {}\n{severity}{categories}", rule.id(), rule.summary(), rule.kind());
    output::print(&format!("{head}\n{}\n", rule.page()))?;
    Ok(Exit::Clean)
}
