//! Who fetched which schema, how often, first and last.
//!
//! A fetch is counted in memory ([`pending`]), on a part of its own for each thread, so that reads do not wait for each other. A
//! thread ([`keeper`]) adds what was counted to a [`Ledger`] every few seconds, never while a request waits. So the last seconds
//! are lost when a process is killed, and a ledger that is away costs nothing but counts. All of it is bounded: what was seen
//! longest ago goes first.
//!
//! An authenticated client is known by its name; its address is not kept. An anonymous one is known by its address.

mod keeper;
pub(crate) mod memory;
mod pending;

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use self::keeper::{Keeper, Question};
use self::pending::Pending;
use crate::error::ApiError;
use crate::store::StoreError;
use crate::subject::SubjectName;

/// The longest name of a principal, and of a subject, that is kept, in bytes.
const MAX_NAME: usize = 512;

/// The longest name of a program that is kept, in bytes.
const MAX_AGENT: usize = 64;

/// Questions that may wait for the thread.
const QUESTIONS: usize = 64;

/// What is noted of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recording {
    /// Names, programs, and the addresses of those without a name.
    #[default]
    Full,
    /// The same without addresses.
    NoAddresses,
    /// Nothing.
    Off,
}

impl FromStr for Recording {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "full" => Ok(Self::Full),
            "no-addresses" => Ok(Self::NoAddresses),
            "off" => Ok(Self::Off),
            _ => Err(format!("'{text}' is none of full, no-addresses, off")),
        }
    }
}

/// How a schema was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum How {
    /// By its id or guid.
    Id,
    /// By subject and version.
    Version,
    /// By its text, which has an id already.
    Lookup,
    /// By registering it, whether it was there already or not.
    Register,
}

impl How {
    const ALL: [Self; 4] = [Self::Id, Self::Version, Self::Lookup, Self::Register];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Version => "version",
            Self::Lookup => "lookup",
            Self::Register => "register",
        }
    }

    /// What [`Self::as_str`] gave.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.as_str() == text)
    }
}

/// Who fetches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client<'a> {
    /// Empty for those without a name.
    pub(crate) principal: &'a str,
    /// The header `User-Agent`.
    pub(crate) agent: &'a str,
    pub(crate) address: Option<IpAddr>,
}

/// What was fetched. The subject is the one that the client named, if it did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fetched<'a> {
    pub(crate) context: &'a Arc<str>,
    pub(crate) subject: Option<&'a Arc<str>>,
    pub(crate) id: u32,
    pub(crate) how: How,
}

/// What makes two fetches the same line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) context: Arc<str>,
    /// Empty when none was named.
    pub(crate) subject: Arc<str>,
    pub(crate) id: u32,
    pub(crate) how: How,
    pub(crate) principal: Arc<str>,
    pub(crate) agent: Arc<str>,
    pub(crate) address: Option<IpAddr>,
}

/// A client, a schema, and how often. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) key: Key,
    pub(crate) count: u64,
    pub(crate) first: i64,
    pub(crate) last: i64,
}

impl Seen {
    /// Takes in what was counted elsewhere for the same key.
    pub(crate) fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Which lines are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    pub(crate) context: Option<Arc<str>>,
    pub(crate) id: Option<u32>,
    /// Only what was seen at or after this time.
    pub(crate) since: i64,
}

/// A place where lines are added up. One thread owns it.
pub(crate) trait Ledger: Send {
    /// Adds to what is there; forgets the oldest where there is too much.
    fn add(&mut self, seen: &[Seen]) -> Result<(), StoreError>;

    /// Gives the wanted lines, the last one first, while `each` says that it wants more.
    fn read(&mut self, wanted: &Wanted, each: &mut dyn FnMut(Seen) -> bool) -> Result<(), StoreError>;
}

/// Opens a ledger; called again after an error.
pub(crate) type Open = Box<dyn FnMut() -> Result<Box<dyn Ledger>, StoreError> + Send>;

/// How to keep lines, and what to say of it.
pub(crate) struct Keeping {
    /// `database`, `file` or `process`.
    pub(crate) kept: &'static str,
    pub(crate) open: Open,
}

/// Counts fetches, and answers who fetched.
pub(crate) struct Usage {
    recording: Recording,
    pending: Arc<Pending>,
    kept: &'static str,
    /// None when nothing is recorded.
    keeper: Option<SyncSender<Question>>,
}

impl Usage {
    /// Starts the thread, which ends, after it has added what was counted, when this is dropped.
    pub(crate) fn start(recording: Recording, keeping: Keeping) -> std::io::Result<(Self, Option<JoinHandle<()>>)> {
        let pending = Arc::new(Pending::new());
        if recording == Recording::Off {
            return Ok((Self { recording, pending, kept: "nowhere", keeper: None }, None));
        }
        let (sender, questions) = sync_channel(QUESTIONS);
        let keeper = Keeper::new(Arc::clone(&pending), keeping.open);
        let run = move || keeper.run(&questions);
        let thread = std::thread::Builder::new().name("registry-usage".into()).spawn(run)?;
        Ok((Self { recording, pending, kept: keeping.kept, keeper: Some(sender) }, Some(thread)))
    }

    /// Somebody fetched a schema. Never waits.
    pub(crate) fn record(&self, fetched: Fetched<'_>, client: Client<'_>) {
        if self.recording == Recording::Off {
            return;
        }
        let named = !client.principal.is_empty() || self.recording == Recording::NoAddresses;
        let client = Client {
            principal: cut(client.principal, MAX_NAME),
            agent: product(client.agent),
            address: client.address.filter(|_| !named),
        };
        // A name that no table would take is left out; the id says which schema it was.
        let subject = fetched.subject.filter(|name| name.len() <= MAX_NAME && !name.contains('\0'));
        self.pending.record(Fetched { subject, ..fetched }, client, crate::registry::now());
    }

    /// What was noted so far, the last one first; at most so many of those that `keep` keeps.
    pub(crate) async fn read(
        &self,
        wanted: Wanted,
        most: usize,
        keep: impl Fn(&Seen) -> bool + Send + 'static,
    ) -> Result<Vec<Seen>, ApiError> {
        let Some(keeper) = &self.keeper else { return Ok(Vec::new()) };
        let (answer, answered) = oneshot::channel();
        match keeper.try_send(Question { wanted, most, keep: Box::new(keep), answer }) {
            Ok(()) => answered.await.unwrap_or_else(|_| Err(ApiError::internal())),
            Err(TrySendError::Full(_)) => Err(ApiError::busy()),
            Err(TrySendError::Disconnected(_)) => Err(ApiError::internal()),
        }
    }

    /// Where it is kept: `database`, `file`, `process` or `nowhere`.
    pub(crate) fn kept(&self) -> &'static str {
        self.kept
    }

    /// Fetches that were not noted because there were too many different ones.
    pub(crate) fn dropped(&self) -> u64 {
        self.pending.dropped()
    }
}

impl<'a> Fetched<'a> {
    /// A version of a subject.
    pub(crate) fn of(subject: &'a SubjectName, id: u32, how: How) -> Self {
        Self { context: &subject.context, subject: Some(&subject.name), id, how }
    }
}

/// The first product of a `User-Agent` (RFC 9110 §10.1.5): the rest is about machines and people.
fn product(agent: &str) -> &str {
    let first = agent.split([' ', '\t', '(', ';', ',']).next().unwrap_or("");
    if first.bytes().all(|byte| byte.is_ascii_graphic()) { cut(first, MAX_AGENT) } else { "" }
}

/// The beginning of a long text, cut between characters.
fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or("")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A line for tests of ledgers.
    pub(crate) fn seen(id: u32, principal: &str, last: i64) -> Seen {
        let address = principal.is_empty().then(|| IpAddr::from([10, 0, 0, 1]));
        let (context, subject) = (Arc::from("."), Arc::from("s"));
        let key = Key { context, subject, id, how: How::Id, principal: principal.into(), agent: "curl/8".into(), address };
        Seen { key, count: 1, first: last, last }
    }

    /// What every ledger must do.
    pub(crate) fn conformance(ledger: &mut dyn Ledger) {
        let all = |ledger: &mut dyn Ledger, wanted: &Wanted| {
            let mut all = Vec::new();
            ledger
                .read(wanted, &mut |seen| {
                    all.push(seen);
                    true
                })
                .unwrap();
            all
        };
        ledger.add(&[seen(1, "ann", 10), seen(2, "", 20)]).unwrap();
        ledger.add(&[seen(1, "ann", 30)]).unwrap();
        let sum = Seen { count: 2, first: 10, ..seen(1, "ann", 30) };
        assert_eq!(all(ledger, &Wanted::default()), [sum.clone(), seen(2, "", 20)]);
        assert_eq!(all(ledger, &Wanted { since: 21, ..Wanted::default() }), std::slice::from_ref(&sum));
        assert_eq!(all(ledger, &Wanted { id: Some(2), ..Wanted::default() }), [seen(2, "", 20)]);
        assert_eq!(all(ledger, &Wanted { context: Some(".eu".into()), ..Wanted::default() }), []);
        let mut first = None;
        ledger
            .read(&Wanted::default(), &mut |seen| {
                first = Some(seen);
                false
            })
            .unwrap();
        assert_eq!(first, Some(sum));
    }

    #[test]
    fn a_program_is_known_by_its_first_product() {
        assert_eq!(product("confluent-kafka-python/2.3 (linux; ann@example.org)"), "confluent-kafka-python/2.3");
        assert_eq!(product("Java/17.0.1"), "Java/17.0.1");
        assert_eq!(product(""), "");
        assert_eq!(product("ü/1"), "");
        assert_eq!(product(&"x".repeat(100)).len(), MAX_AGENT);
        assert_eq!(cut("aé", 2), "a");
    }

    fn over_memory(recording: Recording) -> Usage {
        let open: Open = Box::new(|| Ok(Box::new(memory::MemoryLedger::default())));
        Usage::start(recording, Keeping { kept: "process", open }).unwrap().0
    }

    #[tokio::test]
    async fn what_was_counted_is_told_at_once() {
        let usage = over_memory(Recording::Full);
        let context = Arc::from(".");
        let fetched = Fetched { context: &context, subject: None, id: 7, how: How::Id };
        let client = |principal| Client { principal, agent: "a/1 x", address: Some([10, 0, 0, 1].into()) };
        for principal in ["ann", "", "ann"] {
            usage.record(fetched, client(principal));
        }
        let told = usage.read(Wanted::default(), 10, |_| true).await.unwrap();
        let line = |s: &Seen| (s.key.principal.to_string(), s.key.agent.to_string(), s.key.address.is_some(), s.count);
        let mut lines: Vec<_> = told.iter().map(line).collect();
        lines.sort();
        let (agent, ann) = ("a/1".to_owned(), "ann".to_owned());
        assert_eq!(lines, [(String::new(), agent.clone(), true, 1), (ann, agent, false, 2)]);
        assert_eq!(usage.read(Wanted::default(), 1, |_| true).await.unwrap().len(), 1);
        assert_eq!(usage.read(Wanted::default(), 10, |seen| seen.key.principal.is_empty()).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_shall_not_be_noted_is_not() {
        let context = Arc::from(".");
        let fetched = Fetched { context: &context, subject: None, id: 7, how: How::Id };
        let client = Client { principal: "", agent: "", address: Some([10, 0, 0, 1].into()) };
        let usage = over_memory(Recording::NoAddresses);
        usage.record(fetched, client);
        assert_eq!(usage.read(Wanted::default(), 1, |_| true).await.unwrap()[0].key.address, None);
        let usage = over_memory(Recording::Off);
        usage.record(fetched, client);
        assert_eq!((usage.read(Wanted::default(), 1, |_| true).await.unwrap(), usage.kept()), (vec![], "nowhere"));
    }
}
