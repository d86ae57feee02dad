//! `eventpact registry check` and `eventpact registry diff`

use anyhow::{Result, bail};
use eventpact_registry_client::{Client, CompatibilityAnswer, RegisterRequest};

use super::schema::SchemaArgs;
use super::{Target, completion, get};
use crate::commands::diff;
use crate::exit::Exit;

/// Arguments of `registry check`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "This is the verdict of the registry, at the level that is in force there. For places in the files, messages that \
prove a break, and what to do: eventpact check FILE --against registry:URL#SUBJECT"
)]
pub(super) struct Args {
    /// The subject.
    #[arg(add = completion::subjects())]
    subject: String,
    /// The schema file, or `-` for standard input.
    file: String,
    /// Compare with this version alone (a number or `latest`), not with all those that the level asks for.
    #[arg(long, value_name = "N")]
    version: Option<String>,
    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    target: Target,
}

/// Arguments of `registry diff`.
#[derive(Debug, clap::Args)]
pub(super) struct DiffArgs {
    /// The subject.
    #[arg(add = completion::subjects())]
    subject: String,
    /// The earlier version.
    from: i32,
    /// The later version: a number or `latest`.
    #[arg(default_value = "latest")]
    to: String,
    /// How the changes are printed.
    #[arg(long, value_enum, default_value = "text")]
    format: diff::Format,
    #[command(flatten)]
    target: Target,
}

/// Asks for a verdict.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let client = args.target.client()?;
        let version = match args.version.as_deref().map(get::version).transpose()? {
            Some(None) => Some(client.latest(&args.subject).await?.version),
            given => given.flatten(),
        };
        let request = args.schema.request(&args.file, &client).await?;
        Ok(show(&args.subject, &ask(&client, &args.subject, version, &request).await?))
    })
}

/// The verdict of the registry.
pub(super) async fn ask(
    client: &Client,
    subject: &str,
    version: Option<i32>,
    request: &RegisterRequest,
) -> Result<CompatibilityAnswer> {
    Ok(client.check(subject, version, request).await?)
}

/// Prints a verdict.
pub(super) fn show(subject: &str, answer: &CompatibilityAnswer) -> Exit {
    for message in answer.messages.iter().flatten() {
        say!("{}", eventpact_contract::diagnostic::printable(message));
    }
    if answer.is_compatible {
        say!("{subject}: compatible");
        return Exit::Clean;
    }
    say!("{subject}: not compatible");
    Exit::Findings
}

/// Shows what changed between two versions.
pub(super) fn diff(args: &DiffArgs) -> Result<Exit> {
    if args.from < 1 {
        bail!("versions count from 1");
    }
    let to = get::version(&args.to)?.map_or("latest".to_owned(), |version| version.to_string());
    // The subject is escaped: it may hold what stands for something in an address.
    let subject: String = args.subject.replace('%', "%25").replace('#', "%23").replace('?', "%3F");
    let input = |version: &str| format!("registry:{}?version={version}#{subject}", args.target.url);
    diff::between(&input(&to), &input(&args.from.to_string()), args.format)
}
