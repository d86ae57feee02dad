//! `eventpact registry get`

use anyhow::{Context as _, Result, bail};
use eventpact_registry_client::SchemaObject;

use super::{Target, completion};
use crate::exit::Exit;
use crate::output;

/// Arguments of `registry get`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The subject.
    #[arg(required_unless_present = "id", add = completion::subjects())]
    subject: Option<String>,
    /// The version: a number or `latest`.
    #[arg(long, default_value = "latest", value_name = "N")]
    version: String,
    /// The id that messages carry, instead of a subject.
    #[arg(long, conflicts_with = "subject")]
    id: Option<u32>,
    /// All that the registry tells, as JSON, instead of the text alone.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// A version as users write it; `None` for the latest.
pub(super) fn version(text: &str) -> Result<Option<i32>> {
    if text.eq_ignore_ascii_case("latest") {
        return Ok(None);
    }
    match text.parse() {
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => bail!("the version '{text}' is neither a number from 1 on nor `latest`"),
    }
}

/// Prints a schema.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let client = args.target.client()?;
        let (text, whole) = if let Some(id) = args.id {
            let schema = client.schema_by_id(id).await?;
            (schema.schema.clone(), serde_json::to_string_pretty(&*schema)?)
        } else {
            let subject = args.subject.as_deref().context("name a subject or an id")?;
            let found: SchemaObject = match version(&args.version)? {
                Some(version) => client.version(subject, version).await?,
                None => client.latest(subject).await?,
            };
            let whole = serde_json::to_string_pretty(&found)?;
            (found.schema, whole)
        };
        let shown = if args.json { whole } else { text };
        output::print(&format!("{}\n", shown.trim_end_matches('\n')))?;
        Ok(Exit::Clean)
    })
}
