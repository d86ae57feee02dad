//! The registry itself, without HTTP and without a store's particulars: what the routes call.
//!
//! Reading takes a snapshot and never waits. Writing is a decision that the [`Writer`] runs on the newest state. What costs time
//! (parsing, comparing) happens before, on a bounded number of threads (`workers.rs`), against a snapshot; the decision then only
//! asks whether that snapshot still holds.

pub(crate) mod associate;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod delete;
pub(crate) mod documents;
mod equal;
pub(crate) mod lookup;
pub(crate) mod plan;
pub(crate) mod prune;
mod recover;
pub(crate) mod register;
mod reserved;
pub(crate) mod settings;
mod workers;

use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use eventpact_registry_client::wire::{Conflict, RuleSet};
use eventpact_registry_client::{Metadata, Reference, RegisterRequest, SchemaType};
use tokio::sync::watch;

use crate::audit::Trail;
use crate::barrier::Barrier;
use crate::dialect::Dialect;
use crate::error::ApiError;
use crate::feed::Feed;
use crate::metrics::Metrics;
use crate::parsed::ParsedCache;
use crate::ready::ReadyAnswers;
use crate::schema::{self, Parsed, Reading, Referenced};
use crate::state::{Schema, State, Subject};
use crate::store::{Conflicts, Store, StoreError};
use crate::stores::{self, StoreSpec};
use crate::subject::SubjectName;
use crate::unreadable::{self, Unreadable};
use crate::usage::{Keeping, Recording, Usage};
use crate::writer::{self, Health, Started, Writer};
use workers::Workers;

/// Registrations of one subject come one after the other, so that they do not spoil each other's checks.
const STRIPES: usize = 256;

/// Schemas that one schema may pull in through references.
const MAX_REFERENCES: usize = 1000;

/// The length of all their texts together, in bytes: each of them is read, for every look at the schema.
const MAX_REFERRED: usize = 8 * 1024 * 1024;

/// The longest text of a short job, in bytes.
const SHORT: usize = 8 * 1024;

/// The most versions of the subject of a short job.
const FEW: usize = 8;

/// A running registry.
pub(crate) struct Registry {
    dialect: Dialect,
    state: Arc<ArcSwap<State>>,
    writer: Writer,
    barrier: Barrier,
    /// The newest changes, for those who follow.
    pub(crate) feed: Arc<Feed>,
    applied: watch::Receiver<u64>,
    parsed: Arc<ParsedCache>,
    pub(crate) ready: ReadyAnswers,
    stripes: Vec<tokio::sync::Mutex<()>>,
    workers: Workers,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) usage: Usage,
    pub(crate) trail: Arc<dyn Trail>,
    conflicts: Conflicts,
}

impl Registry {
    /// Opens the store and loads it, which takes its time and blocks, on a thread where Tokio is known. The threads end, and the
    /// store is tidied up, when the registry is dropped.
    pub(crate) fn open(
        spec: &StoreSpec,
        dialect: Dialect,
        recording: Recording,
    ) -> Result<(Self, Vec<JoinHandle<()>>), StoreError> {
        Self::over(stores::open(spec)?, dialect, recording, stores::usage(spec))
    }

    /// Loads a store that is open.
    pub(crate) fn over(
        store: Box<dyn Store>,
        dialect: Dialect,
        recording: Recording,
        keeping: Keeping,
    ) -> Result<(Self, Vec<JoinHandle<()>>), StoreError> {
        let (index, conflicts) = (store.read_index(), store.conflicts());
        let metrics = Metrics::new();
        let Started { writer, state, applied, trail, feed, thread } =
            writer::start(store, State::empty(dialect.compatibility), Arc::clone(&metrics))?;
        let barrier = Barrier::start(index, Arc::clone(&state), applied.clone(), writer.wake());
        let (usage, keeper) = Usage::start(recording, keeping)
            .map_err(|cause| StoreError::Failed { place: "the thread that notes fetches".into(), cause: cause.to_string() })?;
        let registry = Self {
            dialect,
            state,
            writer,
            barrier,
            feed,
            applied,
            parsed: Arc::default(),
            ready: ReadyAnswers::default(),
            stripes: (0..STRIPES).map(|_| tokio::sync::Mutex::new(())).collect(),
            workers: Workers::new(),
            metrics,
            usage,
            trail,
            conflicts,
        };
        Ok((registry, std::iter::once(thread).chain(keeper).collect()))
    }

    /// What holds now. Later changes do not show in it.
    pub(crate) fn snapshot(&self) -> Arc<State> {
        self.state.load_full()
    }

    /// Waits until [`Self::snapshot`] shows all that was acknowledged, by any process, before this call.
    pub(crate) async fn newest(&self) -> Result<(), ApiError> {
        self.barrier.pass().await
    }

    /// Waits until [`Self::snapshot`] has the change with this sequence number.
    pub(crate) async fn reached(&self, sequence: u64) -> Result<(), ApiError> {
        self.barrier.reached(sequence).await
    }

    /// The sequence number of the newest change that [`Self::snapshot`] shows.
    pub(crate) fn sequence(&self) -> u64 {
        self.state.load().position.sequence
    }

    /// How many changes of others are known to be in the store and not in [`Self::snapshot`]; `None` where nobody else writes.
    pub(crate) fn behind(&self) -> Option<u64> {
        self.barrier.behind()
    }

    /// Versions of these subjects that the store holds and that are left out, by subject and number.
    pub(crate) fn conflicts(&self, readable: impl Fn(&SubjectName) -> bool) -> Vec<Conflict> {
        let all = self.conflicts.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().filter(|conflict| readable(&SubjectName::parse(&conflict.subject))).cloned().collect()
    }

    /// How many of them there are.
    pub(crate) fn conflict_count(&self) -> usize {
        self.conflicts.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Changes whenever there is something new in [`Self::feed`].
    pub(crate) fn applied(&self) -> watch::Receiver<u64> {
        self.applied.clone()
    }

    /// How the store is.
    pub(crate) fn health(&self) -> Arc<Health> {
        self.writer.health()
    }

    /// `true` while nobody more can wait for a thread.
    pub(crate) fn is_busy(&self) -> bool {
        self.workers.is_busy()
    }

    /// Runs a job about this subject with this schema, which may be run twice: at once where it is certain to be short, since a thread
    /// of its own would cost more than it saves; else as [`Self::work`] does.
    async fn work_on<T: Send + 'static>(
        &self,
        (state, subject): (&State, &SubjectName),
        request: &RegisterRequest,
        job: impl Fn() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        if is_short(state, subject, request) {
            return self.workers.at_once(job).await;
        }
        self.work(length(state, subject, request), job).await
    }

    /// Runs something that costs time and changes nothing on a thread for such. `bytes` is the length of the texts that it is known
    /// to read. It may be run twice. A panic there is a refusal, not the end.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        bytes: usize,
        job: impl Fn() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.workers.run(bytes, job).await
    }
}

/// The length of the texts that certainly are read for a request: its own, those that it refers to itself, and the latest of its
/// subject. Between all others a job can be stopped.
fn length(state: &State, subject: &SubjectName, request: &RegisterRequest) -> usize {
    let text = |name: &SubjectName, number| state.version(name, number).map_or(0, |(_, schema)| schema.text.len());
    let latest = state.subject(subject).and_then(Subject::latest).map_or(0, |(number, _)| text(subject, number));
    let target = |reference: &Reference| SubjectName::parse_in(&reference.subject, subject);
    let referred = request.references.iter().map(|reference| text(&target(reference), reference.version));
    request.schema.as_ref().map_or(0, String::len) + latest + referred.sum::<usize>()
}

/// Is there so little to read and to compare that it takes about a millisecond at most? JSON Schema and Protobuf are never short: how
/// long they take does not follow from their length.
fn is_short(state: &State, subject: &SubjectName, request: &RegisterRequest) -> bool {
    let avro = |format: &SchemaType, references: &[Reference]| *format == SchemaType::Avro && references.is_empty();
    let is_short = |schema: &Schema| avro(&schema.format, &schema.references) && schema.text.len() <= SHORT;
    let stored = |id| state.context(&subject.context).and_then(|context| context.schema(id));
    let text = request.schema.as_deref().unwrap_or("");
    avro(&request.format(), &request.references)
        && text.len() <= SHORT
        && state.subject(subject).is_none_or(|known| {
            let mut versions = known.versions();
            known.count() <= FEW && versions.all(|(_, version)| stored(version.id).is_none_or(|schema| is_short(schema)))
        })
}

/// A schema from a request, read and with its references found.
#[derive(Debug, Clone)]
struct Incoming {
    format: SchemaType,
    parsed: Arc<Parsed>,
    references: Vec<Reference>,
}

impl Incoming {
    /// The schema with this metadata and these rules, as it would be stored.
    fn with(&self, metadata: Option<Metadata>, rules: Option<RuleSet>) -> Schema {
        Schema {
            identity: crate::identity::Identity::of(&self.parsed.text, &self.references, metadata.as_ref(), rules.as_ref()),
            format: self.format.clone(),
            text: self.parsed.text.as_str().into(),
            references: self.references.clone(),
            metadata,
            rules,
            foreign: None,
        }
    }
}

/// Reads the schema of a request.
fn read(
    cache: &ParsedCache,
    state: &State,
    subject: &SubjectName,
    format: &SchemaType,
    text: &str,
    references: &[Reference],
    how: Reading,
) -> Result<Incoming, ApiError> {
    if let SchemaType::Other(name) = format {
        return Err(ApiError::invalid_schema(format!("Invalid schema type {name}")));
    }
    let invalid = |why: Unreadable| {
        let original = why.in_its_words(&subject.to_string(), format, text, references);
        ApiError::unreadable(format!("Invalid schema of type {format}, details: {why}"), original)
    };
    let references = pin(state, subject, references, how).map_err(|why| invalid(Unreadable::reference(why)))?;
    let texts = resolve(state, subject, &references).map_err(|why| invalid(Unreadable::reference(why)))?;
    let parse = || schema::parse(format, text, &texts, how);
    let parsed = if texts.is_empty() { cache.text(format, text, how, parse) } else { parse().map(Arc::new) };
    let parsed = parsed.map_err(invalid)?;
    let references = if how.normalize { in_order(references) } else { references };
    Ok(Incoming { format: format.clone(), parsed, references })
}

/// References as a normalised schema has them: by subject and version, none twice.
fn in_order(mut references: Vec<Reference>) -> Vec<Reference> {
    let utf16 = |r: &Reference| r.subject.encode_utf16().collect::<Vec<_>>();
    references.sort_by_cached_key(|reference| (utf16(reference), reference.version));
    let mut seen = std::collections::HashSet::new();
    references.retain(|r| seen.insert((r.name.clone(), r.subject.clone(), r.version)));
    references
}

/// Checks references and turns "latest" into a number. A new schema cannot refer to a soft-deleted version; one that is looked for can.
fn pin(state: &State, subject: &SubjectName, references: &[Reference], how: Reading) -> Result<Vec<Reference>, String> {
    let pin_one = |reference: &Reference| {
        if reference.name.is_empty() || reference.subject.is_empty() || reference.version == 0 {
            return Err(format!("Invalid reference: {}", unreadable::reference(reference)));
        }
        let target = SubjectName::parse_in(&reference.subject, subject);
        let found = state.subject(&target).and_then(|s| match reference.version {
            -1 => s.latest().map(|(number, _)| number),
            number => s.get(number).filter(|v| !(v.deleted && how.strict)).map(|_| number),
        });
        let missing = || {
            let version = reference.version;
            format!("No schema reference found for subject \"{target}\" and version {version}")
        };
        Ok(Reference { version: found.ok_or_else(missing)?, ..reference.clone() })
    };
    references.iter().map(pin_one).collect()
}

/// The texts behind references, each before whoever needs it, no name twice; the first of two wins.
fn resolve(state: &State, subject: &SubjectName, references: &[Reference]) -> Result<Vec<Referenced>, String> {
    enum Step {
        Fetch(SubjectName, Reference),
        Emit(Referenced),
    }
    let mut seen = std::collections::HashSet::new();
    let (mut texts, mut length) = (Vec::new(), 0);
    let mut steps: Vec<Step> = references.iter().rev().map(|r| Step::Fetch(subject.clone(), r.clone())).collect();
    while let Some(step) = steps.pop() {
        let (referrer, reference) = match step {
            Step::Emit(text) => {
                texts.push(text);
                continue;
            }
            Step::Fetch(referrer, reference) => (referrer, reference),
        };
        if !seen.insert(reference.name.clone()) {
            continue;
        }
        if seen.len() > MAX_REFERENCES {
            return Err(format!("the schema refers to more than {MAX_REFERENCES} others"));
        }
        let target = SubjectName::parse_in(&reference.subject, &referrer);
        let (_, schema) = state
            .version(&target, reference.version)
            .ok_or_else(|| format!("No schema reference found for subject \"{target}\" and version {}", reference.version))?;
        length += schema.text.len();
        if length > MAX_REFERRED {
            return Err(format!("what the schema refers to is longer than {MAX_REFERRED} bytes"));
        }
        steps.push(Step::Emit(Referenced { name: reference.name, text: Arc::clone(&schema.text) }));
        steps.extend(schema.references.iter().rev().map(|r| Step::Fetch(target.clone(), r.clone())));
    }
    Ok(texts)
}

/// A stored schema, parsed: from the cache where it can be.
fn parse_stored(cache: &ParsedCache, state: &State, context: &Arc<str>, id: u32, schema: &Schema) -> Result<Arc<Parsed>, String> {
    cache.get_or_parse(context, (id, state.epoch), || {
        let home = SubjectName::new(Arc::clone(context), "");
        let texts = resolve(state, &home, &schema.references)?;
        schema::parse(&schema.format, &schema.text, &texts, Reading::LENIENT).map_err(|why| why.to_string())
    })
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
