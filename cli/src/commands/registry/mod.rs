//! `eventpact registry …`: any registry that speaks the Confluent REST API.

mod archive;
mod audit;
mod backup;
mod check;
mod completion;
mod contract;
mod delete;
mod document;
mod export;
mod get;
mod import;
mod kept;
mod list;
#[cfg(feature = "serve")]
mod ordered;
mod plan;
mod register;
mod schema;
mod scopes;
mod set;
mod transfer;
#[cfg(feature = "grpc")]
mod watch;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use eventpact_registry_client::{Client, ClientBuilder};

use crate::exit::Exit;

pub(crate) use contract::subject;

/// Arguments of `registry`.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "The registry is named by --url or EVENTPACT_REGISTRY. User and password belong into EVENTPACT_REGISTRY_AUTH \
(USER:PASSWORD), a token into EVENTPACT_REGISTRY_TOKEN: other users of the machine can read command lines. A client certificate is \
named by --cert and --key, or EVENTPACT_REGISTRY_CERT and EVENTPACT_REGISTRY_KEY.\n\n\
For places, witnesses and remedies: eventpact check FILE --against registry:URL#SUBJECT";

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Register every payload schema of a contract under `<address>-value`, or one schema file under --subject.
    Register(register::Args),
    /// Print a schema: by subject and version, or by id.
    Get(get::Args),
    /// List subjects.
    List(list::Args),
    /// Would the registry accept this schema? Its own verdict, at the level that is in force there.
    Check(check::Args),
    /// What changed between two versions of a subject?
    Diff(check::DiffArgs),
    /// Show or change compatibility, mode and the other settings of a subject, a context or the whole registry.
    Set(set::Args),
    /// Delete a subject or a version: softly, or for good.
    Delete(delete::Args),
    /// What would change to make the registry as a file says?
    Plan(plan::Args),
    /// Make the registry as a file says: all of it, or nothing.
    Apply(plan::ApplyArgs),
    /// Who changed what, and is the log of it whole?
    Audit(audit::Args),
    /// AsyncAPI documents, checked against their history.
    Document(document::Args),
    /// Write the schemas into a folder, one readable file each.
    Export(export::Args),
    /// Copy everything from another registry, or from a backup, with ids and versions as they are.
    Import(import::Args),
    /// Write everything into one checksummed file.
    Backup(backup::Args),
    /// Read a backup back into an empty registry.
    Restore(backup::RestoreArgs),
    /// Is a backup whole, and does a registry still hold all of it?
    Verify(backup::VerifyArgs),
    /// Print what changes, as it changes: one line of JSON for each event.
    #[cfg(feature = "grpc")]
    Watch(watch::Args),
}

/// Which registry.
#[derive(Debug, Clone, clap::Args)]
struct Target {
    /// The registry; several addresses of one are separated by commas.
    #[arg(long, env = "EVENTPACT_REGISTRY", default_value = "http://127.0.0.1:8081", hide_env_values = true)]
    url: String,
    #[command(flatten)]
    certificates: Certificates,
}

/// What an https:// registry is trusted by, and shown. Where nothing is named here, the client looks into the environment.
#[derive(Debug, Clone, clap::Args)]
struct Certificates {
    /// The authorities to trust, in PEM, instead of the system's [env: EVENTPACT_REGISTRY_CA].
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The client certificate to show, in PEM [env: EVENTPACT_REGISTRY_CERT].
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Its key, where it does not stand in the same file [env: EVENTPACT_REGISTRY_KEY].
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl Target {
    fn client(&self) -> Result<Client> {
        self.certificates.client(&self.url)
    }
}

impl Certificates {
    /// A client that waits for a registry under load: these commands are not on anybody's critical path.
    fn client(&self, urls: &str) -> Result<Client> {
        let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
        let mut builder = ClientBuilder::new(urls).timeout(Duration::from_secs(30)).max_body(64 << 20);
        if let Some(file) = &self.ca {
            builder = builder.authorities(file);
        }
        if let Some(file) = &self.cert {
            builder = builder.certificate(file);
        }
        if let Some(file) = &self.key {
            builder = builder.key(file);
        }
        Ok(builder.build()?)
    }
}

/// Runs the requests of a command.
fn wait<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    match &args.command {
        Command::Register(args) => register::run(args),
        Command::Get(args) => get::run(args),
        Command::List(args) => list::run(args),
        Command::Check(args) => check::run(args),
        Command::Diff(args) => check::diff(args),
        Command::Set(args) => set::run(args),
        Command::Delete(args) => delete::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Apply(args) => plan::apply(args),
        Command::Audit(args) => audit::run(args),
        Command::Document(args) => document::run(args),
        Command::Export(args) => export::run(args),
        Command::Import(args) => import::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => backup::restore(args),
        Command::Verify(args) => backup::verify(args),
        #[cfg(feature = "grpc")]
        Command::Watch(args) => watch::run(args),
    }
}
