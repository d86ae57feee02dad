//! The thread that polls: fetches ahead, serves rebalances, gives partitions up in good order, leaves the group at the end.
//!
//! It never waits for handlers, except in a rebalance, and then not for long. When nobody takes what it fetched it lets the
//! partitions rest and goes on polling, so that the group does not take it for dead.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::TopicPartitionList;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;

use super::assignment::{Backlog, Ending, Fetched, Shared};
use super::{errors, log, record};
use crate::tracker::Position;
use crate::transport::{RecvError, StartAt, TopicPartition};

/// How long one poll waits; also how late the end is noticed.
const POLL: Duration = Duration::from_millis(100);
/// Messages and bytes that are taken over at once.
const BATCH: usize = 512;
const BATCH_BYTES: usize = 4 << 20;
/// Messages and bytes that may wait to be delivered before polling stops for a while.
const BACKLOG: usize = 8 * BATCH;
const BACKLOG_BYTES: usize = 8 * BATCH_BYTES;
/// A stuck partition rests from so many waiting messages on, and until so few are left.
const HIGH: usize = 2 * BATCH;
const LOW: usize = BATCH / 2;
/// How long polling may stop before the partitions are paused instead. Pausing throws away what librdkafka has fetched ahead,
/// so it is not for every hiccup.
const STOP_POLLING: Duration = Duration::from_secs(1);
/// A rebalance gives up on messages in work when none is settled for so long.
const NO_PROGRESS: Duration = Duration::from_millis(500);
/// For questions to the cluster inside a rebalance.
const ASK: Duration = Duration::from_secs(10);

/// What librdkafka calls back with.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) shared: Arc<Shared>,
    pub(super) topics: Vec<Arc<str>>,
    pub(super) start: StartAt,
    pub(super) revoke_grace: Duration,
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        // The poll returns it as well, and it is judged there.
        tracing::debug!(%error, reason, "kafka consumer");
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => {
                if self.start == StartAt::Latest
                    && let Err(error) = pin_to_end(consumer, list)
                {
                    self.fault(RecvError::Fatal(format!("where to begin cannot be found out or kept: {error}")));
                }
            }
            Rebalance::Revoke(list) => self.give_up(consumer, list),
            Rebalance::Error(error) => self.fault(RecvError::Transient(error.to_string())),
        }
    }

    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(list) = rebalance {
            self.shared.lock().assign(self.partitions(list));
            self.shared.arrived.notify_one();
        }
    }
}

impl Context {
    fn fault(&self, fault: RecvError) {
        let mut state = self.shared.lock();
        // What cannot be cured is not hidden by what can.
        if !matches!(state.fault, Some(RecvError::Fatal(_))) {
            state.fault = Some(fault);
        }
        drop(state);
        self.shared.arrived.notify_one();
    }

    fn topic(&self, name: &str) -> Option<u32> {
        u32::try_from(self.topics.iter().position(|topic| &**topic == name)?).ok()
    }

    fn partitions(&self, list: &TopicPartitionList) -> Vec<TopicPartition> {
        let elements = list.elements();
        let ours = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            Some(TopicPartition { topic: self.topic(element.topic())?, partition: element.partition() })
        };
        elements.iter().filter_map(ours).collect()
    }

    /// A rebalance takes partitions away: finish what is in work, commit what is settled, let go. When they are lost already,
    /// somebody else may have them: then nothing is committed.
    fn give_up(&self, consumer: &BaseConsumer<Self>, list: &TopicPartitionList) {
        let partitions = self.partitions(list);
        let lost = consumer.assignment_lost();
        let ending = {
            let mut state = self.shared.lock();
            state.withhold(&partitions);
            state.ending
        };
        if !lost && ending.is_none() {
            self.wait_for_work(&partitions);
        }
        if !lost
            && ending != Some(Ending::Crash)
            && let Err(error) = self.commit_now(consumer, Some(&partitions))
        {
            tracing::warn!(%error, "revoked partitions: their last messages will be delivered again");
            self.fault(error);
        }
        self.shared.lock().remove(partitions, lost);
        self.shared.arrived.notify_one();
    }

    fn wait_for_work(&self, partitions: &[TopicPartition]) {
        let deadline = Instant::now() + self.revoke_grace;
        let mut state = self.shared.lock();
        state.leaving = true;
        while state.ending.is_none() && !state.is_settled(partitions) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let before = state.settlements;
            let waited = self.shared.moved.wait_timeout(state, left.min(NO_PROGRESS));
            let (guard, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = guard;
            if timeout.timed_out() && state.settlements == before {
                break;
            }
        }
        state.leaving = false;
    }

    /// Commits what is settled and waits for the broker's word.
    fn commit_now(&self, consumer: &BaseConsumer<Self>, of: Option<&[TopicPartition]>) -> Result<(), RecvError> {
        let positions = self.shared.lock().uncommitted(of);
        self.commit(consumer, &positions)
    }

    /// Commits and waits for the broker's word. Blocks.
    ///
    /// Always the synchronous call, also where nobody waits: librdkafka reports the end of an asynchronous one to a callback that
    /// rdkafka does not set, so nobody would learn of a failure.
    pub(super) fn commit(&self, consumer: &BaseConsumer<Self>, positions: &[Position]) -> Result<(), RecvError> {
        if positions.is_empty() {
            return Ok(());
        }
        let mut list = TopicPartitionList::with_capacity(positions.len());
        for position in positions {
            if let Some(topic) = self.topics.get(position.partition.topic as usize) {
                // Fails only for an offset below zero, and no message has one.
                let _ = list.add_partition_offset(topic, position.partition.partition, Offset::Offset(position.next));
            }
        }
        if let Err(error) = consumer.commit(&list, CommitMode::Sync)
            && let Some(error) = errors::commit_error(&error)
        {
            return Err(error);
        }
        self.shared.lock().committed(positions);
        Ok(())
    }
}

/// A group that starts at the end and crashes before its first commit would skip what came in between. So its start is
/// committed before anything is read.
fn pin_to_end(consumer: &BaseConsumer<Context>, assigned: &TopicPartitionList) -> KafkaResult<()> {
    let committed = consumer.committed_offsets(assigned.clone(), ASK)?;
    let mut starts = TopicPartitionList::new();
    for element in committed.elements() {
        if element.offset() == Offset::Invalid {
            let (_, end) = consumer.fetch_watermarks(element.topic(), element.partition(), ASK)?;
            starts.add_partition_offset(element.topic(), element.partition(), Offset::Offset(end))?;
        }
    }
    if starts.count() == 0 { Ok(()) } else { consumer.commit(&starts, CommitMode::Sync) }
}

/// Polls until the consumer ends. The result says whether everything settled was committed.
pub(super) fn run(consumer: &BaseConsumer<Context>) -> Result<(), RecvError> {
    let context = consumer.context();
    let mut fetched = Vec::with_capacity(BATCH);
    loop {
        let rest = wait_for_room(&context.shared);
        let ending = context.shared.lock().ending;
        match ending {
            Some(Ending::Close(deadline)) => return commit_until(consumer, deadline),
            Some(Ending::Crash) => return Ok(()),
            None => {}
        }
        let (pause, resume) = context.shared.lock().rests(rest, LOW, HIGH);
        steer(consumer, &pause, true);
        steer(consumer, &resume, false);
        fetch(consumer, &mut fetched);
    }
}

/// Waits while enough lies undelivered. True when that takes so long that the partitions must rest.
fn wait_for_room(shared: &Shared) -> bool {
    let mut state = shared.lock();
    let full = |backlog: Backlog| backlog.messages >= BACKLOG || backlog.bytes >= BACKLOG_BYTES;
    if !full(state.backlog()) {
        return false;
    }
    state.resting = true;
    let half = |backlog: Backlog| backlog.messages <= BACKLOG / 2 && backlog.bytes <= BACKLOG_BYTES / 2;
    let waited = shared.moved.wait_timeout_while(state, STOP_POLLING, |state| state.ending.is_none() && !half(state.backlog()));
    let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
    state.resting = false;
    timeout.timed_out()
}

fn steer(consumer: &BaseConsumer<Context>, partitions: &[TopicPartition], pause: bool) {
    if partitions.is_empty() {
        return;
    }
    let context = consumer.context();
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for at in partitions {
        if let Some(topic) = context.topics.get(at.topic as usize) {
            list.add_partition(topic, at.partition);
        }
    }
    let done = if pause { consumer.pause(&list) } else { consumer.resume(&list) };
    if let Err(error) = done {
        tracing::warn!(%error, pause, "kafka partitions cannot be paused or resumed");
    }
}

/// Takes over what has been fetched, waits for the first message only.
fn fetch(consumer: &BaseConsumer<Context>, fetched: &mut Vec<Fetched>) {
    let context = consumer.context();
    let (mut wait, mut bytes) = (POLL, 0);
    while fetched.len() < BATCH && bytes < BATCH_BYTES {
        match consumer.poll(wait) {
            None => break,
            Some(Ok(message)) => {
                bytes += message.payload_len() + message.key_len();
                match context.topic(message.topic()) {
                    Some(topic) => fetched.push(record::fetched(&message, topic)),
                    None => tracing::error!(topic = message.topic(), "a message of a topic that nobody asked for"),
                }
            }
            Some(Err(error)) => {
                if let Some(fault) = errors::recv_error(&error) {
                    context.fault(fault);
                }
                break;
            }
        }
        wait = Duration::ZERO;
    }
    if !fetched.is_empty() {
        context.shared.lock().fetched(fetched.drain(..));
        context.shared.arrived.notify_one();
    }
}

/// The last commit. In the middle of a rebalance it is refused: poll, so that the rebalance goes on, and try again.
fn commit_until(consumer: &BaseConsumer<Context>, deadline: Instant) -> Result<(), RecvError> {
    loop {
        match consumer.context().commit_now(consumer, None) {
            Err(RecvError::Transient(_)) if Instant::now() < deadline => {
                // A message that comes here was never delivered: the next owner gets it.
                let _ = consumer.poll(Duration::from_millis(50));
            }
            result => return result,
        }
    }
}
