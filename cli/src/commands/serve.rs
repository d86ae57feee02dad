//! `eventpact serve`: settings from flags, the environment and a file, in this order; what is printed at the start.

use std::convert::Infallible;
use std::io::{BufRead, IsTerminal, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use eventpact_compat::mode::Mode as Level;
use eventpact_registry::{
    AuditKeep, BasicSettings, Config, Dialect, IncompatibleCode, Options, Recording, Rulesets, Security, StoreSpec, TlsSettings,
    hash_password,
};
use tracing_subscriber::EnvFilter;

use crate::exit::Exit;

const HELP: &str = "A flag goes before its variable, and that before the file; docs/serve.md tells what a file can say.
Stop it with Ctrl-C or SIGTERM: requests under way are finished first.";

/// The longest password that is read, in bytes.
const MAX_PASSWORD: u64 = 1024;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// A file with settings, in TOML: TLS, users, tokens, certificates, rules, limits, headers.
    #[arg(long, value_name = "FILE", env = "EVENTPACT_SERVE_CONFIG")]
    config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:8081].
    #[arg(long, value_name = "HOST:PORT", env = "EVENTPACT_SERVE_LISTEN", value_parser = eventpact_registry::listen_address)]
    listen: Option<SocketAddr>,
    /// Where schemas are kept: a file, a database, or the topic of a registry of Confluent's or Karapace's
    /// (`kafka://HOST:PORT/_schemas`) [default: sqlite:eventpact.db].
    #[arg(
        long,
        value_name = "sqlite:PATH|postgres://USER@HOST/DB",
        value_parser = |text: &str| Ok::<_, Infallible>(Store(text.parse())),
        env = "EVENTPACT_SERVE_STORE",
        hide_env_values = true
    )]
    store: Option<Store>,
    /// The compatibility level where no configuration sets one, as `schema.compatibility.level` of Confluent's servers
    /// [default: BACKWARD].
    #[arg(long, value_name = "LEVEL", value_parser = levels(), ignore_case = true, env = "EVENTPACT_SERVE_COMPATIBILITY")]
    compatibility: Option<Level>,
    /// Only read the store, which another registry may be writing to.
    #[arg(long, env = "EVENTPACT_SERVE_READ_ONLY")]
    read_only: bool,
    /// What becomes of rule sets in requests: `drop` (the default) forgets them, as Confluent's community server does; `store`
    /// checks, keeps and returns them.
    #[arg(long, value_name = "drop|store", value_parser = Rulesets::from_str, env = "EVENTPACT_SERVE_RULESETS")]
    rulesets: Option<Rulesets>,
    /// The error code of an incompatible schema [default: 40901]; 409 is what servers before 8.0 answered.
    #[arg(long, value_name = "40901|409", value_parser = IncompatibleCode::from_str, env = "EVENTPACT_SERVE_INCOMPATIBLE_CODE")]
    incompatible_code: Option<IncompatibleCode>,
    /// What is noted of clients that fetch schemas, for "who uses this": `full` (the default), `no-addresses` or `off`.
    #[arg(long, value_name = "full|no-addresses|off", value_parser = Recording::from_str, env = "EVENTPACT_SERVE_USAGE")]
    usage: Option<Recording>,
    /// How long records of the audit log are kept, as `365d` (d, h, m, s) [default: for ever].
    #[arg(long, value_name = "TIME", value_parser = AuditKeep::from_str, env = "EVENTPACT_SERVE_AUDIT_KEEP")]
    audit_keep: Option<AuditKeep>,
    /// The certificate for TLS, a PEM file; it is read again when it changes.
    #[arg(long, value_name = "FILE", env = "EVENTPACT_SERVE_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The private key for TLS, a PEM file.
    #[arg(long, value_name = "FILE", env = "EVENTPACT_SERVE_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Ask for names and passwords: a file of lines that `eventpact serve hash-password` prints.
    #[arg(long, value_name = "FILE", env = "EVENTPACT_SERVE_USERS")]
    users: Option<PathBuf>,
    /// Listen where others can reach it, although there is no authentication or no TLS.
    #[arg(long, env = "EVENTPACT_SERVE_INSECURE")]
    insecure: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print the line of a user for the file of users. The password is asked for, or read from standard input.
    HashPassword {
        /// The user.
        name: String,
    },
}

/// The store, or why it cannot be understood. That is told later, by us: clap would repeat the value, and a password may be in it.
#[derive(Debug, Clone)]
struct Store(Result<StoreSpec, String>);

/// The levels by their names in a registry, which completions know too.
fn levels() -> impl TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.map(Level::as_str)).try_map(|name| name.parse::<Level>())
}

/// Runs the registry until it is told to stop, or the subcommand.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    if let Some(Command::HashPassword { name }) = &args.command {
        return hash(name);
    }
    let options = options(args)?;
    let filter = EnvFilter::try_from_env("EVENTPACT_LOG").or_else(|_| EnvFilter::try_new("warn,eventpact_registry=info"))?;
    // Another subscriber is there already only when this is called as a library, and then it counts.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would be told on the very stream that could not be written, with `eprintln!`.
        .log_internal_errors(false)
        .try_init();
    eventpact_registry::serve(&options, |address| announce(&options, address))?;
    Ok(Exit::Clean)
}

fn options(args: &Args) -> Result<Options> {
    let config = args.config.as_deref().map(Config::read).transpose().context("the configuration cannot be used")?;
    let mut options = Options::of(config.unwrap_or_default(), StoreSpec::Sqlite("eventpact.db".into()));
    options.listen = args.listen.unwrap_or(options.listen);
    let store = args.store.clone().map(|store| store.0).transpose();
    options.store = store.map_err(anyhow::Error::msg).context("the store cannot be used")?.unwrap_or(options.store);
    if args.read_only {
        options.store = options.store.read_only().map_err(anyhow::Error::msg)?;
    }
    options.usage = args.usage.unwrap_or(options.usage);
    options.audit_keep = args.audit_keep.or(options.audit_keep);
    options.dialect = Dialect {
        rulesets: args.rulesets.unwrap_or(options.dialect.rulesets),
        incompatible_code: args.incompatible_code.unwrap_or(options.dialect.incompatible_code),
        compatibility: args.compatibility.unwrap_or(options.dialect.compatibility),
    };
    options.security.insecure |= args.insecure;
    if let (Some(certificate), Some(key)) = (&args.tls_certificate, &args.tls_key) {
        options.security.tls = Some(TlsSettings::new(certificate.clone(), key.clone()));
    }
    if let Some(users) = &args.users {
        options.security.basic = Some(BasicSettings::new(users.clone()));
    }
    Ok(options)
}

/// Where it listens, how it is protected, and what is not.
fn announce(options: &Options, address: SocketAddr) {
    let Security { tls, rules, .. } = &options.security;
    let scheme = if tls.is_some() { "https" } else { "http" };
    say!("schema registry on {scheme}://{address}, schemas in {}", options.store);
    say!(
        "authentication: {}; rules: {}; TLS: {}",
        options.security.methods(),
        rules.len(),
        if tls.is_some() { "yes" } else { "no" }
    );
    for open in options.security.unprotected(address) {
        if address.ip().is_loopback() {
            say!("{open}");
        } else {
            complain!("warning: {open}");
        }
    }
}

fn hash(name: &str) -> Result<Exit> {
    if name.is_empty() || name.starts_with('#') || name.contains(':') || name.chars().any(char::is_control) || name.trim() != name
    {
        bail!("a name must not be empty, begin with '#', hold a colon or control characters, or have spaces around it");
    }
    let password = if std::io::stdin().is_terminal() {
        let password = rpassword::prompt_password("password: ").context("the password cannot be read")?;
        if rpassword::prompt_password("once more: ").context("the password cannot be read")? != password {
            bail!("the passwords differ");
        }
        password
    } else {
        let mut line = String::new();
        std::io::stdin().lock().take(MAX_PASSWORD + 2).read_line(&mut line).context("the password cannot be read")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if password.is_empty() {
        bail!("the password is empty");
    }
    say!("{name}:{}", hash_password(&password).map_err(anyhow::Error::msg)?);
    Ok(Exit::Clean)
}
