//! `eventpact registry register`

use anyhow::{Context as _, Result};
use eventpact_contract::diagnostic::printable;
use eventpact_registry_client::Error;

use super::schema::SchemaArgs;
use super::{Target, completion, contract};
use crate::exit::Exit;
use crate::input::ReadArgs;

/// Arguments of `registry register`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The AsyncAPI document; with --subject a schema file, or `-` for standard input.
    pub(super) input: String,
    /// Register one schema under this subject.
    #[arg(long, add = completion::subjects())]
    subject: Option<String>,
    #[command(flatten)]
    schema: SchemaArgs,
    #[command(flatten)]
    pub(super) read: ReadArgs,
    #[command(flatten)]
    pub(super) target: Target,
    /// Say what would be registered, and do nothing; of a single schema, ask the registry whether it would be accepted.
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Registers. What the registry compared and refused is a finding, as with `check`.
pub(super) fn run(args: &Args) -> Result<Exit> {
    match register(args) {
        Err(error) if matches!(error.downcast_ref(), Some(Error::Refused { status: 409, .. })) => {
            complain!("error: {}", printable(&format!("{error:#}")));
            Ok(Exit::Findings)
        }
        done => done,
    }
}

fn register(args: &Args) -> Result<Exit> {
    let Some(subject) = &args.subject else { return contract::register(args) };
    super::wait(async {
        let client = args.target.client()?;
        let request = args.schema.request(&args.input, &client).await?;
        if args.dry_run {
            let answer = super::check::ask(&client, subject, None, &request).await?;
            return Ok(super::check::show(subject, &answer));
        }
        let answer = client.register(subject, &request).await.with_context(|| format!("{subject} was not registered"))?;
        let version = match answer.version {
            Some(version) => version,
            None => client.lookup(subject, &request).await?.version,
        };
        say!("{subject}  {}  id {}, version {version}", request.format(), answer.id);
        Ok(Exit::Clean)
    })
}
