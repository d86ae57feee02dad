//! A topic `_schemas`: read by any number of processes, written by one.
//!
//! - **Reading** ([`tail`]): the state is what the committed records say, in their order. A follower does nothing else.
//! - **Who writes**: the [`election`] proposes, and the transactional id decides ([`leader`]). Taking over shuts the one before
//!   out, puts a mark into the topic, reads up to it, and sets right what aborted transactions left ([`scrub`]). Only then is there
//!   a next id.
//! - **Writing**: a batch is one transaction. It is acknowledged when it was committed and then read back.
//!
//! What cannot be told about a commit ends the right to write at once. Whether the batch is stored shows in the topic: each record
//! of ours carries the id of its batch in a header.

mod conflicts;
mod election;
mod leader;
mod scrub;
mod spec;
mod tail;
mod topic;

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use uuid::Uuid;

use self::election::Election;
use self::leader::{CommitError, Leader};
pub use self::spec::KafkaSpec;
use self::tail::{Item, Message, Tail};
use crate::schemas_topic::{Key, Outgoing, Record, Replay};
use crate::store::{AppendError, Appended, Batch, Change, Entry, Position, ReadIndex, Store, StoreError, Wake};

/// The start fails when the topic says nothing for so long.
const SILENCE: Duration = Duration::from_secs(30);

/// What was committed must be read back in this time.
const READ_BACK: Duration = Duration::from_secs(15);

/// A take-over that failed is tried again after this time.
const AGAIN: Duration = Duration::from_secs(1);

/// Who was shut out although the group has elected it leaves the other one this time.
const SHUT_OUT: Duration = Duration::from_secs(15);

/// Why taking over waits.
struct Rest {
    term: u64,
    until: Instant,
    /// What went wrong with it; none when another process has it.
    error: Option<StoreError>,
}

/// A batch of ours, or the records of others, of which not all were read yet.
struct Partial {
    batch: Uuid,
    changes: Vec<Change>,
    /// A record of it was left out.
    is_torn: bool,
}

/// A topic and the way to it.
pub(super) struct Kafka {
    spec: KafkaSpec,
    runtime: Handle,
    tail: Tail,
    replay: Replay,
    partial: Option<Partial>,
    /// The last batch of which a record was left out, because another program was faster to write what that contradicts. It is not
    /// stored as it was decided, so nobody is told that it is.
    torn: Option<Uuid>,
    /// Where the last record stands that was taken in.
    position: Position,
    /// What was read and the writer does not know yet.
    pending: Vec<Entry>,
    /// A record came after the end of the last transaction, so that who waits for the last offset sees it.
    sealed: bool,
    /// The offsets of all records, for whoever takes over.
    offsets: Vec<i64>,
    election: Option<Election>,
    leader: Option<(u64, Arc<Leader>)>,
    /// Not again in this term before this time.
    rest: Option<Rest>,
    warnings: Vec<String>,
    conflicts: conflicts::List,
    /// Where the one that wrote last is reached; empty when it has not said so.
    writer: Arc<str>,
}

/// An error that names the topic.
fn failed(spec: &KafkaSpec, cause: &(impl Display + ?Sized)) -> StoreError {
    StoreError::Failed { place: spec.to_string(), cause: cause.to_string() }
}

impl Kafka {
    /// Finds the topic, or creates it. Blocks, on a thread where Tokio is known.
    pub(super) fn open(spec: &KafkaSpec) -> Result<Self, StoreError> {
        let runtime = Handle::try_current().map_err(|cause| failed(spec, &cause))?;
        let consumer = tail::consumer(spec, "read_committed")?;
        let warnings = topic::guard(spec, &consumer, &runtime)?;
        Ok(Self {
            tail: Tail::start(spec, consumer)?,
            spec: spec.clone(),
            runtime,
            replay: Replay::default(),
            partial: None,
            torn: None,
            position: Position::default(),
            pending: Vec::new(),
            sealed: true,
            offsets: Vec::new(),
            election: None,
            leader: None,
            rest: None,
            warnings,
            conflicts: conflicts::List::default(),
            writer: Arc::default(),
        })
    }

    fn take_in(&mut self, item: Item) {
        match item {
            Item::Message(message) => self.take_message(&message),
            // A batch of which compaction has taken the last record.
            Item::End => self.finish_batch(),
        }
    }

    fn take_message(&mut self, message: &Message) {
        let Message { offset, ts, key, value, mark, writer } = message;
        if let Some(writer) = writer.as_deref().filter(|writer| *writer != &*self.writer) {
            self.writer = writer.into();
        }
        if !self.spec.follower {
            self.offsets.push(*offset);
        }
        let mut noted = None;
        let changes = Record::decode(key.as_deref(), value.as_deref()).and_then(|record| {
            let changes = self.replay.changes(&record, *ts);
            noted = self.conflicts.note(message, &record, changes.as_ref().map(|_| ()));
            changes
        });
        let is_left_out = changes.is_err();
        let mut changes = changes.unwrap_or_else(|why| {
            tracing::warn!(offset, %why, "a record of {} is left out", self.spec);
            Vec::new()
        });
        changes.extend(noted);
        let batch = mark.map_or_else(Uuid::nil, |mark| mark.batch);
        if self.partial.as_ref().is_some_and(|partial| partial.batch != batch) {
            self.finish_batch();
        }
        let sequence = u64::try_from(offset + 1).unwrap_or(0);
        // The end of a transaction is a hole in the offsets.
        self.sealed = mark.is_none() && (self.sealed || sequence > self.position.sequence + 1);
        self.position = Position { sequence, batch };
        let partial = self.partial.get_or_insert(Partial { batch, changes: Vec::new(), is_torn: false });
        partial.changes.extend(changes);
        partial.is_torn |= is_left_out;
        if mark.is_none_or(|mark| mark.left == 0) {
            self.finish_batch();
        }
    }

    /// What a batch changes becomes visible at once.
    fn finish_batch(&mut self) {
        if let Some(Partial { changes, is_torn, .. }) = self.partial.take() {
            let mut position = self.position;
            if is_torn {
                self.torn = Some(std::mem::take(&mut position.batch));
            }
            self.pending.push(Entry { position, changes: changes.into() });
        }
    }

    fn drain(&mut self) {
        while let Some(item) = self.tail.ready() {
            self.take_in(item);
        }
    }

    /// Reads until this batch is there. The broker marks the end of a transaction a little after it has confirmed it, and tells
    /// readers late; a record after the mark hurries it up, and seals the topic.
    fn read_back(&mut self, leader: &Leader, batch: Uuid) -> Result<Position, StoreError> {
        let start = Instant::now();
        let mut patience = Duration::from_millis(3);
        loop {
            if self.torn == Some(batch) {
                return Err(failed(&self.spec, &"another program has written what a record of ours contradicts"));
            }
            if let Some(position) = self.pending.iter().map(|entry| entry.position).find(|position| position.batch == batch) {
                if !self.sealed {
                    leader.noop();
                }
                return Ok(position);
            }
            self.tail.check()?;
            match self.tail.next(patience) {
                Some(item) => self.take_in(item),
                None if start.elapsed() > READ_BACK => {
                    return Err(failed(&self.spec, &"what was committed could not be read back in time"));
                }
                None => {
                    leader.noop();
                    patience = (patience * 3).min(Duration::from_millis(500));
                }
            }
        }
    }

    /// Follows the election: takes over, steps down.
    fn follow_election(&mut self) -> Result<(), StoreError> {
        let elected = self.election.as_ref().and_then(Election::term);
        if self.leader.as_ref().is_some_and(|(term, _)| Some(*term) != elected) {
            self.leader = None;
            tracing::info!("{}: another process was elected to write", self.spec);
        }
        let Some(term) = elected else { return Ok(()) };
        if self.leader.is_some() {
            return Ok(());
        }
        if let Some(rest) = self.rest.as_ref().filter(|rest| rest.term == term && Instant::now() < rest.until) {
            return rest.error.clone().map_or(Ok(()), Err);
        }
        match self.take_over() {
            Ok(leader) => {
                self.rest = None;
                self.leader = Some((term, Arc::new(leader)));
                tracing::info!("{}: this process writes", self.spec);
                Ok(())
            }
            Err(error) => {
                self.rest = Some(Rest { term, until: Instant::now() + AGAIN, error: Some(error.clone()) });
                Err(error)
            }
        }
    }

    /// Shuts out the one before, and reads everything that it has written.
    fn take_over(&mut self) -> Result<Leader, StoreError> {
        self.warnings = topic::guard(&self.spec, &tail::consumer(&self.spec, "read_committed")?, &self.runtime)?;
        let leader = Leader::take_over(&self.spec)?;
        let barrier = Uuid::now_v7();
        self.commit_as(&leader, &[(Record::new(Key::Noop, None), None)], barrier)?;
        let end = i64::try_from(self.position.sequence).unwrap_or(i64::MAX);
        let mut wrong = scrub::aborted(&self.spec, &self.offsets, end)?;
        wrong.retain(|key| !self.conflicts.holds(key));
        if !wrong.is_empty() {
            tracing::warn!(keys = wrong.len(), "{}: aborted records are set right", self.spec);
            let right: Vec<Outgoing> = wrong.iter().flat_map(|key| self.replay.rewrite(key)).collect();
            self.commit_as(&leader, &right, Uuid::now_v7())?;
        }
        Ok(leader)
    }

    fn commit_as(&mut self, leader: &Leader, records: &[Outgoing], batch: Uuid) -> Result<Position, StoreError> {
        if records.is_empty() {
            return Ok(self.position);
        }
        leader.commit(records, batch).map_err(|error| match error {
            CommitError::TooLarge(cause)
            | CommitError::Aborted(cause)
            | CommitError::ShutOut(cause)
            | CommitError::Lost(cause) => failed(&self.spec, &cause),
        })?;
        self.read_back(leader, batch)
    }

    /// Never writes again with this producer.
    fn step_down(&mut self, cause: &str, rest: Duration) {
        if let Some((term, _)) = self.leader.take() {
            tracing::error!(cause, "{}: this process does not write any more", self.spec);
            self.rest = Some(Rest { term, until: Instant::now() + rest, error: None });
        }
    }
}

impl Store for Kafka {
    fn load(&mut self, apply: &mut dyn FnMut(Change)) -> Result<Position, StoreError> {
        loop {
            self.tail.check()?;
            match self.tail.next(SILENCE) {
                Some(Item::End) => break,
                Some(item) => {
                    self.take_in(item);
                    for entry in self.pending.drain(..) {
                        entry.changes.iter().cloned().for_each(&mut *apply);
                    }
                }
                None => return Err(failed(&self.spec, &format!("nothing could be read for {} s", SILENCE.as_secs()))),
            }
        }
        self.finish_batch();
        for entry in self.pending.drain(..) {
            entry.changes.iter().cloned().for_each(&mut *apply);
        }
        Ok(self.position)
    }

    fn append(&mut self, batch: &Batch) -> Result<Appended, AppendError> {
        self.drain();
        let elected = self.election.as_ref().and_then(Election::term);
        let Some((_, leader)) = self.leader.clone().filter(|(term, _)| Some(*term) == elected) else {
            return Err(AppendError::Standby);
        };
        if self.pending.iter().any(|entry| !entry.changes.is_empty()) {
            return Ok(Appended::Behind(crate::store::Tail::Entries(std::mem::take(&mut self.pending))));
        }
        self.pending.clear();
        let (mut state, mut records) = (self.replay.state().clone(), Vec::new());
        for changes in &batch.requests {
            records.extend(self.replay.outgoing(&mut state, changes));
        }
        if records.is_empty() {
            return Ok(Appended::Stored(self.position.sequence));
        }
        if let Some(why) = self.conflicts.overwritten(&records) {
            return Err(AppendError::Kept(why));
        }
        match leader.commit(&records, batch.id) {
            Ok(()) => {}
            Err(CommitError::TooLarge(why)) => return Err(AppendError::TooLarge(why)),
            Err(CommitError::Aborted(cause)) => return Err(AppendError::Failed(failed(&self.spec, &cause))),
            Err(CommitError::ShutOut(cause)) => {
                self.step_down(&cause, SHUT_OUT);
                return Err(AppendError::Failed(failed(&self.spec, &cause)));
            }
            Err(CommitError::Lost(cause)) => {
                self.step_down(&cause, Duration::ZERO);
                return Err(AppendError::Failed(failed(&self.spec, &cause)));
            }
        }
        let position = self.read_back(&leader, batch.id).map_err(|error| {
            // A torn batch is known to be so, and is decided anew.
            if self.torn != Some(batch.id) {
                self.step_down(&error.to_string(), Duration::ZERO);
            }
            AppendError::Failed(error)
        })?;
        if self.pending.iter().any(|entry| entry.position.batch != batch.id && !entry.changes.is_empty()) {
            // What was decided does not stand on what came between. The topic is right, and is read instead.
            return Err(AppendError::Failed(failed(&self.spec, &"another program writes to the topic")));
        }
        self.pending.clear();
        Ok(Appended::Stored(position.sequence))
    }

    fn catch_up(&mut self, _after: Position) -> Result<crate::store::Tail, StoreError> {
        self.tail.check()?;
        self.drain();
        self.follow_election()?;
        Ok(crate::store::Tail::Entries(std::mem::take(&mut self.pending)))
    }

    fn poll(&self) -> Option<Duration> {
        Some(Duration::from_secs(1))
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn read_index(&self) -> Option<Arc<dyn ReadIndex>> {
        Some(Arc::new(self.tail.index()))
    }

    fn watch(&mut self, wake: Wake) -> Result<(), StoreError> {
        self.tail.watch(Arc::clone(&wake));
        if !self.spec.follower {
            self.election = Some(Election::join(&self.spec, wake)?);
        }
        Ok(())
    }

    fn read_only(&self) -> Option<&'static str> {
        self.spec.follower.then_some("This registry only reads its topic; write to the one that owns it")
    }

    fn standby(&self) -> Option<String> {
        let waits = self.leader.is_none() && !self.spec.follower;
        waits.then(|| "This process stands by: another one writes to the topic, or is about to".to_owned())
    }

    fn conflicts(&self) -> crate::store::Conflicts {
        self.conflicts.shared()
    }

    fn writer(&self) -> Option<Arc<str>> {
        let known = !self.writer.is_empty() && self.spec.advertise.as_deref() != Some(&*self.writer);
        known.then(|| Arc::clone(&self.writer))
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        let count = self.conflicts.count();
        if count > 0 {
            warnings.push(format!(
                "{count} version(s) in the topic contradict the rest and are left out: see /eventpact/v1/conflicts"
            ));
        }
        warnings
    }

    fn close(&mut self) -> Result<(), StoreError> {
        self.leader = None;
        // Leaves the group, so that the next one need not wait for a time to run out.
        self.election = None;
        Ok(())
    }
}
