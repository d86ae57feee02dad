//! The real servers that tests, demo and benchmarks talk to: started on loopback, on free ports, with data in a
//! fresh folder, and stopped again: Apache Kafka ([`kafka`]) and PostgreSQL ([`postgres`]).
//!
//! Not here: what runs against them. Tests read the address from `EVENTPACT_TEST_KAFKA=host:port`.

mod install;
mod kafka;
mod postgres;
mod process;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
pub(crate) use install::{Jars, apt, cache_folder, jars, java, javac, need_native_build_tools};
use kafka::Broker;
pub(crate) use postgres::{POSTGRES_ADDRESS, POSTGRES_BIN, Postgres, postgres_programs};

/// The variable that tells tests, demo and benchmarks where Kafka listens, as `host:port`. When the user has set
/// it, that broker is used as it is and nothing is started or stopped.
pub(crate) const KAFKA_ADDRESS: &str = "EVENTPACT_TEST_KAFKA";

/// Where that broker listens for clients with a name and a password, as `host:port`.
pub(crate) const KAFKA_SASL_ADDRESS: &str = "EVENTPACT_TEST_KAFKA_SASL";

/// Where it listens by TLS, as `host:port`, and the file with the certificate to trust.
pub(crate) const KAFKA_TLS_ADDRESS: &str = "EVENTPACT_TEST_KAFKA_TLS";
pub(crate) const KAFKA_CERTIFICATE: &str = "EVENTPACT_TEST_KAFKA_CERTIFICATE";

/// `cargo xtask services …`
#[derive(Debug, Clone, Copy, clap::Subcommand)]
pub(crate) enum Command {
    /// Install what is missing and start the services; they run until `down`.
    Up,
    /// Stop the services and remove their data.
    Down,
    /// Say what runs and where.
    Status,
    /// Stop the broker but keep its data and its port (the tests use it to take the broker away under load).
    Suspend,
    /// Start a suspended broker again.
    Resume,
}

/// Runs one `cargo xtask services` command.
pub(crate) fn run(command: Command) -> Result<()> {
    match command {
        Command::Up => {
            let mut services = up(Lifetime::UntilDown)?;
            println!("{KAFKA_ADDRESS}={}", services.kafka_address());
            for (variable, value) in services.kafka_variables() {
                println!("{variable}={value}");
            }
            services.keep();
            Ok(())
        }
        Command::Down => down(),
        Command::Status => status(),
        Command::Suspend => recorded()?.suspend(),
        Command::Resume => recorded()?.resume(),
    }
}

/// How long the services shall live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    /// Until `cargo xtask services down`.
    UntilDown,
    /// Until the guard is dropped. They share the caller's process group, so Ctrl-C reaches them too; should the
    /// caller be killed, the next `up` or `down` clears up after it.
    Guarded,
}

/// Running services; what this process started is stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct Services {
    address: String,
    /// Other ways to the broker, by the variables that tell them; none when the user's own broker is used.
    variables: Vec<(&'static str, String)>,
    /// True when the guard has to stop them.
    started: bool,
}

impl Services {
    fn of(broker: &Broker, started: bool) -> Self {
        let (tls, certificate) = broker.tls();
        let variables = vec![
            (KAFKA_SASL_ADDRESS, broker.sasl_address().to_owned()),
            (KAFKA_TLS_ADDRESS, tls.to_owned()),
            (KAFKA_CERTIFICATE, certificate.display().to_string()),
        ];
        Self { address: broker.address().to_owned(), variables, started }
    }

    /// Where Kafka listens, as `host:port`.
    pub(crate) fn kafka_address(&self) -> &str {
        &self.address
    }

    /// Where Kafka asks for a name and a password, where it speaks TLS, and what to trust there.
    pub(crate) fn kafka_variables(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(variable, value)| (*variable, value.as_str()))
    }

    /// Leaves the services running when the guard goes.
    fn keep(&mut self) {
        self.started = false;
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // By its record, not by the process that was started: a test may have suspended and resumed it meanwhile.
        let stop = || Broker::read(&state_file())?.map_or(Ok(()), |broker| broker.destroy());
        if self.started
            && let Err(error) = stop()
        {
            eprintln!("kafka: could not be stopped: {error:#}");
        }
    }
}

/// Starts the services, or finds them running, and waits until they answer. What is missing on the machine is
/// installed as far as the system allows; else the error says in one line what to install.
pub(crate) fn up(lifetime: Lifetime) -> Result<Services> {
    if let Ok(address) = std::env::var(KAFKA_ADDRESS)
        && !address.is_empty()
    {
        if !kafka::answers(&address) {
            bail!("{KAFKA_ADDRESS}={address} is set, but no Kafka answers there: start it, or unset the variable");
        }
        return Ok(Services { address, variables: Vec::new(), started: false });
    }
    if let Some(old) = Broker::read(&state_file())? {
        if !old.is_abandoned() && kafka::answers(old.address()) {
            return Ok(Services::of(&old, false));
        }
        old.destroy().context("a broker of a former run could not be cleared away")?;
    }
    let broker = Broker::start(&state_file(), lifetime)?;
    Ok(Services::of(&broker, true))
}

/// Stops what a former `up` (or a run that died) left and removes its data. Nothing to stop is not an error.
pub(crate) fn down() -> Result<()> {
    match Broker::read(&state_file())? {
        Some(broker) => {
            broker.destroy()?;
            println!("kafka: stopped");
        }
        None => println!("kafka: not running"),
    }
    Ok(())
}

fn status() -> Result<()> {
    match Broker::read(&state_file())? {
        Some(broker) if kafka::answers(broker.address()) => println!("kafka: running, {broker}"),
        Some(broker) => println!("kafka: does not answer, {broker}"),
        None => println!("kafka: not running"),
    }
    Ok(())
}

fn recorded() -> Result<Broker> {
    Broker::read(&state_file())?.context("no broker was started here: run `cargo xtask services up` first")
}

/// One file per workspace, next to the build's own output, so that two clones never meet.
fn state_file() -> PathBuf {
    workspace().join("target/services/kafka.json")
}

fn workspace() -> PathBuf {
    // The manifest of xtask is one folder below the root.
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).unwrap_or_default()
}
