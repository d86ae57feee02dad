//! `eventpact registry delete`

use anyhow::{Context as _, Result};
use eventpact_registry_client::Client;

use super::{Target, completion, get};
use crate::exit::Exit;

/// Arguments of `registry delete`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A soft-deleted version is no longer listed or compared with, and its id can still be read. Registering the same \
schema again brings it back. --permanent removes what is soft-deleted already, and messages with its id can no longer be read."
)]
pub(super) struct Args {
    /// The subject.
    #[arg(add = completion::subjects())]
    subject: String,
    /// Only this version: a number or `latest`.
    #[arg(long, value_name = "N")]
    version: Option<String>,
    /// Remove for good what is soft-deleted already.
    #[arg(long)]
    permanent: bool,
    /// Say what would be deleted and what refers to it, and do nothing. Exit 1 when something refers to it.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    target: Target,
}

/// Deletes.
pub(super) fn run(args: &Args) -> Result<Exit> {
    super::wait(async {
        let client = args.target.client()?;
        let subject = &args.subject;
        let version = match args.version.as_deref().map(get::version).transpose()? {
            Some(None) => Some(client.latest(subject).await?.version),
            given => given.flatten(),
        };
        if args.dry_run {
            return dry_run(&client, args, version).await;
        }
        let how = if args.permanent { "deleted for good" } else { "soft-deleted" };
        match version {
            Some(version) => {
                client.delete_version(subject, version, args.permanent).await?;
                say!("{subject}: version {version} {how}");
            }
            None => {
                let versions = client.delete_subject(subject, args.permanent).await?;
                say!("{subject}: {} {how}", listed(&versions));
            }
        }
        Ok(Exit::Clean)
    })
}

async fn dry_run(client: &Client, args: &Args, version: Option<i32>) -> Result<Exit> {
    let subject = &args.subject;
    let all = if args.permanent { client.all_versions(subject).await? } else { client.versions(subject).await? };
    let versions: Vec<i32> = all.into_iter().filter(|v| version.is_none_or(|wanted| wanted == *v)).collect();
    say!("{subject}: {} would be {}", listed(&versions), if args.permanent { "deleted for good" } else { "soft-deleted" });
    let mut exit = Exit::Clean;
    for version in versions {
        let ids = client.referenced_by(subject, version).await.context("what refers to it")?;
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(u32::to_string).collect();
            say!("version {version} is referred to by the schemas with the ids {}: it would not be deleted", ids.join(", "));
            exit = Exit::Findings;
        }
    }
    Ok(exit)
}

fn listed(versions: &[i32]) -> String {
    match versions {
        [] => "no version".to_owned(),
        [one] => format!("version {one}"),
        many => format!("versions {}", many.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")),
    }
}
