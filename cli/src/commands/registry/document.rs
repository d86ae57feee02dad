//! `eventpact registry document …`: AsyncAPI documents, with their history, in a registry of Eventpact.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use eventpact_contract::diagnostic::printable;
use eventpact_registry_client::wire::documents::DocumentReport;

use super::{Target, get};
use crate::exit::Exit;
use crate::output;

/// Arguments of `registry document`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Store a document as the next version, if it is valid and goes with its history. Stored once, however often it is put.
    Put(PutArgs),
    /// The same without storing it: exit 1 when it would be refused.
    Check(PutArgs),
    /// Print a document.
    Get(GetArgs),
    /// List documents.
    List(ListArgs),
    /// Delete a document, or a version of it.
    Delete(DeleteArgs),
}

/// A document and its name.
#[derive(Debug, clap::Args)]
#[command(after_help = "The document must hold all that it refers to: `eventpact bundle FILE` makes one that does.\n\n\
Example: eventpact registry document put orders asyncapi.yaml")]
struct PutArgs {
    /// The name in the registry; levels, modes and rights of a subject of this name hold for it.
    name: String,
    /// The document.
    file: PathBuf,
    /// The whole answer, as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
struct GetArgs {
    /// The name.
    name: String,
    /// A version, or `latest`.
    #[arg(long, default_value = "latest")]
    version: String,
    /// With what is known of it, as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// How the names begin.
    #[arg(default_value = "", hide_default_value = true)]
    prefix: String,
    /// Deleted ones too.
    #[arg(long)]
    deleted: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Deleted softly, a version is compared with nothing any more, and --deleted still lists it. --permanent removes \
for good what was deleted softly before."
)]
struct DeleteArgs {
    /// The name.
    name: String,
    /// Only this version, or `latest` [default: all versions].
    #[arg(long)]
    version: Option<String>,
    /// For good; only what was deleted before.
    #[arg(long)]
    permanent: bool,
    #[command(flatten)]
    target: Target,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<Exit> {
    match &args.command {
        Command::Put(args) => put(args, false),
        Command::Check(args) => put(args, true),
        Command::Get(args) => show(args),
        Command::List(args) => list(args),
        Command::Delete(args) => delete(args),
    }
}

fn put(args: &PutArgs, dry: bool) -> Result<Exit> {
    let text = std::fs::read_to_string(&args.file).with_context(|| format!("{} cannot be read", args.file.display()))?;
    let report = super::wait(async {
        let client = args.target.client()?;
        // A refusal would come without the places.
        let report = client.put_document(&args.name, &text, true).await?;
        if dry || !report.created { Ok(report) } else { Ok(client.put_document(&args.name, &text, false).await?) }
    })?;
    if args.json {
        output::print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
    } else {
        tell(&report, &args.file.display().to_string());
    }
    Ok(if report.accepted { Exit::Clean } else { Exit::Findings })
}

/// What was found, by the places in the user's file, and what became of the document.
fn tell(report: &DocumentReport, file: &str) {
    for found in &report.problems {
        let (line, column, message) = (found.line, found.column, printable(&found.message));
        say!("{file}:{line}:{column}: {}: {message} [{}]", found.severity, found.rule);
    }
    for found in &report.findings {
        let (line, column, message) = (found.line, found.column, printable(&found.message));
        say!("{file}:{line}:{column}: {}: {message} [{}]", found.severity, found.rule);
        for place in &found.related {
            say!("  {}:{}:{}: it was here", printable(&place.file), place.line, place.column);
        }
    }
    for undecided in &report.unknown {
        say!("not compared with version {}: {}", undecided.version, printable(&undecided.message));
    }
    let name = printable(&report.name);
    let level = &report.level;
    match (report.version, report.accepted, report.created) {
        (Some(version), true, true) => say!("{name}: version {version}"),
        (Some(version), true, false) => say!("{name}: unchanged, version {version}"),
        (_, true, _) => say!("{name}: would be accepted at level {level}"),
        (_, false, _) if report.verdict == "invalid" => say!("{name}: not valid"),
        (_, false, _) => say!("{name}: not compatible at level {level}"),
    }
}

fn show(args: &GetArgs) -> Result<Exit> {
    let version = get::version(&args.version)?.map_or("latest".to_owned(), |version| version.to_string());
    let found = super::wait(async { Ok(args.target.client()?.document(&args.name, &version).await?) })?;
    let shown = if args.json { serde_json::to_string_pretty(&found)? + "\n" } else { found.document };
    output::print(&shown)?;
    Ok(Exit::Clean)
}

fn list(args: &ListArgs) -> Result<Exit> {
    let found = super::wait(async { Ok(args.target.client()?.documents(&args.prefix, args.deleted).await?) })?;
    let shown = if args.json {
        serde_json::to_string_pretty(&found)? + "\n"
    } else {
        let deleted = |deleted: bool| if deleted { "  deleted" } else { "" };
        found.iter().fold(String::new(), |text, document| {
            text + &format!("{}  version {}{}\n", printable(&document.name), document.version, deleted(document.deleted))
        })
    };
    output::print(&shown)?;
    Ok(Exit::Clean)
}

fn delete(args: &DeleteArgs) -> Result<Exit> {
    let wanted = args.version.as_deref().map(get::version).transpose()?;
    let wanted = wanted.map(|number| number.map_or("latest".to_owned(), |number| number.to_string()));
    let gone = super::wait(async {
        let client = args.target.client()?;
        Ok(match wanted {
            Some(version) => vec![client.delete_document_version(&args.name, &version, args.permanent).await?],
            None => client.delete_document(&args.name, args.permanent).await?,
        })
    })?;
    let numbers = gone.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    output::print(&format!(
        "{}: version {numbers} deleted{}\n",
        printable(&args.name),
        if args.permanent { " for good" } else { "" }
    ))?;
    Ok(Exit::Clean)
}
