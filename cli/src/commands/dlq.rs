//! `eventpact dlq list|show|replay`: dead letters on Kafka.

mod body;
mod contracts;
mod show;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use eventpact_registry_client::Client;
use eventpact_runtime::dlq::{self, DeadLetter, Fate, Listing, ReplayOptions};
use eventpact_runtime::transport::Transport as _;
use eventpact_runtime::transports::kafka::{KafkaConfig, KafkaTransport};

use body::Bodies;
use contracts::Contracts;

use crate::exit::Exit;

/// Arguments of `dlq`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Dead letters of Eventpact, Spring Kafka and Spring Cloud Stream are read.\n\n\
Example: eventpact dlq replay shop.orders.dead-letters --all --dry-run --contract specs/shop/asyncapi.yaml")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// One line for each dead letter: id, when, how often tried, why.
    List {
        #[command(flatten)]
        place: Place,
        /// Print a JSON list.
        #[arg(long)]
        json: bool,
    },
    /// All that is known of one dead letter, with its message decoded.
    Show {
        #[command(flatten)]
        place: Place,
        /// The id that `list` shows; its beginning is enough when no other begins so.
        id: String,
    },
    /// Send dead letters back to where they came from, after a look at whether the current contract accepts them.
    Replay(Replay),
}

#[derive(Debug, clap::Args)]
struct Replay {
    #[command(flatten)]
    place: Place,
    /// The ids that `list` shows.
    ids: Vec<String>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// The contract that messages must fit before they are sent.
    #[arg(long, value_name = "FILE", required_unless_present = "no_contract")]
    contract: Option<PathBuf>,
    /// Send without looking at a contract.
    #[arg(long, conflicts_with = "contract")]
    no_contract: bool,
    /// Send to this topic instead of where each message came from.
    #[arg(long, value_name = "TOPIC")]
    to: Option<String>,
    /// Messages a second, at most; 0 for as many as the broker takes.
    #[arg(long, default_value_t = 100)]
    rate: usize,
    /// A message that was replayed this often is left alone.
    #[arg(long, default_value_t = 3)]
    max_replays: u32,
    /// Also those that were replayed before.
    #[arg(long)]
    again: bool,
}

/// Where the queue is.
#[derive(Debug, clap::Args)]
struct Place {
    /// The topic that holds the dead letters.
    queue: String,
    /// Kafka, as host:port.
    #[arg(long, env = "EVENTPACT_KAFKA", default_value = "127.0.0.1:9092", value_name = "HOST:PORT")]
    broker: String,
    /// A setting of librdkafka, for example security.protocol=SASL_SSL; repeat it for more.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// The schema registry that knows the ids in the messages.
    #[arg(long, env = "EVENTPACT_REGISTRY", default_value = "http://127.0.0.1:8081", hide_env_values = true)]
    registry: String,
    /// Look at this many letters, at most.
    #[arg(long, default_value_t = 1000)]
    max: usize,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match &args.command {
            Command::List { place, json } => list(place, *json).await,
            Command::Show { place, id } => one(place, id).await,
            Command::Replay(args) => replay(args).await,
        }
    })
}

impl Place {
    fn transport(&self) -> KafkaTransport {
        let config = self.settings.iter().fold(KafkaConfig::new(&self.broker), |c, (name, value)| c.set(name, value));
        KafkaTransport::new(config)
    }

    async fn letters(&self) -> Result<Listing> {
        let read = dlq::list(&self.transport(), &self.queue, self.max).await;
        let listing = read.with_context(|| format!("cannot read {} at {}", self.queue, self.broker))?;
        if listing.omitted > 0 {
            complain!("note: {} more letters are not looked at; raise --max", listing.omitted);
        }
        Ok(listing)
    }

    fn bodies(&self) -> Result<Bodies> {
        Ok(Bodies::new(Client::new(&self.registry)?))
    }
}

async fn list(place: &Place, json: bool) -> Result<Exit> {
    let listing = place.letters().await?;
    if json {
        let list: Vec<_> = listing.letters.iter().map(show::json).collect();
        say!("{}", serde_json::to_string_pretty(&list)?);
        return Ok(Exit::Clean);
    }
    for letter in &listing.letters {
        say!("{}", show::line(letter));
    }
    let plural = if listing.letters.len() == 1 { "" } else { "s" };
    say!("{} dead letter{plural} in {}", listing.letters.len(), place.queue);
    Ok(Exit::Clean)
}

/// The letters whose ids begin so; each beginning must fit exactly one, or be a whole id.
fn pick(letters: &[DeadLetter], ids: &[String], queue: &str) -> Result<Vec<DeadLetter>> {
    let mut picked: Vec<DeadLetter> = Vec::new();
    for id in ids {
        let fits: Vec<&DeadLetter> = letters.iter().filter(|l| l.id.starts_with(id.as_str())).collect();
        let found = match fits.as_slice() {
            [] => bail!("{queue} has no dead letter {id}; `eventpact dlq list {queue}` shows them"),
            [one] => one,
            several => several.iter().find(|l| l.id == *id).with_context(|| format!("{} ids begin with {id}", several.len()))?,
        };
        if !picked.iter().any(|p| p.id == found.id) {
            picked.push((*found).clone());
        }
    }
    Ok(picked)
}

async fn one(place: &Place, id: &str) -> Result<Exit> {
    let letters = place.letters().await?.letters;
    let mut bodies = place.bodies()?;
    for letter in pick(&letters, std::slice::from_ref(&id.to_owned()), &place.queue)? {
        let decoded = bodies.decode(&letter).await;
        say!("{}", show::page(&letter, &decoded));
    }
    Ok(Exit::Clean)
}

async fn replay(args: &Replay) -> Result<Exit> {
    if args.ids.is_empty() && !args.all {
        bail!("name the letters to replay, or use --all");
    }
    let contracts = args.contract.as_deref().map(Contracts::load).transpose()?;
    let Some(contracts) = contracts.map_or(Some(None), |c| c.map(Some)) else { return Ok(Exit::CouldNotRun) };
    let letters = args.place.letters().await?.letters;
    let letters = if args.all { letters } else { pick(&letters, &args.ids, &args.place.queue)? };
    let mut bodies = args.place.bodies()?;
    let mut verdicts = Vec::new();
    for letter in &letters {
        verdicts.push(match &contracts {
            None => Ok(()),
            Some(contracts) => contracts.accept(letter, &mut bodies).await,
        });
    }
    let options = ReplayOptions {
        dry_run: args.dry_run,
        per_second: args.rate,
        max_replays: args.max_replays,
        again: args.again,
        to: args.to.as_deref().map(Arc::from),
    };
    let producer = args.place.transport().producer().await.with_context(|| format!("cannot reach {}", args.place.broker))?;
    let queue: Arc<str> = Arc::from(args.place.queue.as_str());
    let validate = |letter: &DeadLetter| {
        let at = letters.iter().position(|l| l.id == letter.id);
        at.and_then(|i| verdicts.get(i).cloned()).unwrap_or(Ok(()))
    };
    let report = dlq::replay(&producer, &queue, &letters, validate, &options).await;
    let mut left = 0;
    for (id, fate) in &report.letters {
        say!("{id}  {}", fate_text(fate));
        left += usize::from(!matches!(fate, Fate::Replayed | Fate::WouldReplay));
    }
    let done = if args.dry_run { "would be replayed" } else { "replayed" };
    say!("{} {done}, {left} left", report.letters.len() - left);
    Ok(if left == 0 { Exit::Clean } else { Exit::Findings })
}

fn fate_text(fate: &Fate) -> String {
    match fate {
        Fate::Replayed => "replayed".to_owned(),
        Fate::ReplayedWithoutNote(error) => {
            format!("replayed, but the note of it was not written ({error}): do not replay it again")
        }
        Fate::WouldReplay => "would be replayed".to_owned(),
        Fate::Invalid(why) => format!("left: the contract does not accept it: {why}"),
        Fate::TooOften => "left: it was replayed as often as --max-replays allows".to_owned(),
        Fate::AlreadyReplayed => "left: it was replayed before; --again sends it once more".to_owned(),
        Fate::NoOrigin => "left: it does not say where it came from; name a topic with --to".to_owned(),
        Fate::Failed(error) => format!("left: it could not be sent: {error}"),
    }
}
