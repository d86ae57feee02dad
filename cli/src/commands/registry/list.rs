//! `eventpact registry list`

use anyhow::{Context as _, Result};
use eventpact_registry_client::{Error, SchemaObject};
use futures_util::StreamExt as _;

use super::{Target, transfer};
use crate::exit::Exit;
use crate::output;

/// Arguments of `registry list`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A pattern without `*` is a prefix. Subjects of other contexts are written :.CONTEXT:SUBJECT; `:*:` lists \
every context.\n\nExample: eventpact registry list 'orders-*' --long"
)]
pub(super) struct Args {
    /// Which subjects: a prefix, or a pattern with `*`.
    #[arg(default_value = "", hide_default_value = true)]
    pattern: String,
    /// Soft-deleted subjects too.
    #[arg(long)]
    deleted: bool,
    /// With the latest version of each: number, id, format.
    #[arg(long, short)]
    long: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

/// Lists subjects.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let client = args.target.client()?;
        let (prefix, pattern) = understood(&args.pattern)?;
        let mut subjects = client.subjects_with(prefix, args.deleted).await?;
        subjects.retain(|subject| pattern.as_ref().is_none_or(|pattern| pattern.matches(subject)));
        if !args.long {
            let shown = if args.json { serde_json::to_string_pretty(&subjects)? + "\n" } else { lines(&subjects) };
            output::print(&shown)?;
            return Ok(Exit::Clean);
        }
        let latest = futures_util::stream::iter(&subjects).map(|subject| client.latest(subject));
        let mut latest = latest.buffered(transfer::REQUESTS);
        let mut found = Vec::new();
        while let Some(answer) = latest.next().await {
            match answer {
                Ok(object) => found.push(object),
                // Soft-deleted, or gone meanwhile: there is no latest version to show.
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let width = found.iter().map(|object| object.subject.chars().count()).max().unwrap_or(0);
        let shown = if args.json {
            serde_json::to_string_pretty(&found)? + "\n"
        } else {
            let line = |o: &SchemaObject| format!("{:width$}  version {:<4} id {:<6} {}", o.subject, o.version, o.id, o.format());
            lines(&found.iter().map(line).collect::<Vec<_>>())
        };
        output::print(&shown)?;
        Ok(Exit::Clean)
    })
}

/// A prefix, which the registry itself takes, or else a pattern.
fn understood(text: &str) -> Result<(&str, Option<glob::Pattern>)> {
    match text.strip_suffix('*') {
        _ if !text.contains('*') || text == ":*:" => Ok((text, None)),
        Some(prefix) if !prefix.contains('*') => Ok((prefix, None)),
        _ => Ok(("", Some(glob::Pattern::new(text).with_context(|| format!("{text} is not a pattern"))?))),
    }
}

fn lines(items: &[String]) -> String {
    items.iter().fold(String::new(), |text, item| text + item + "\n")
}
