//! The partitions that a consumer has now: what is fetched, what is delivered, what is settled and committed.
//!
//! Shared between the thread that polls and the task that works, under one lock that is never held over a call of the client.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::prefix::Prefix;
use crate::transport::{AssignmentEvent, Delivery, RecvError, Settle, Token, TopicPartition};

/// What the polling thread and the consumer share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Wakes the consumer: deliveries, events, faults.
    pub(super) arrived: Notify,
    /// Wakes who waits for a commit.
    pub(super) committed: Notify,
    /// Wakes the polling thread: room again, something settled, time to stop.
    pub(super) moved: Condvar,
}

impl Shared {
    pub(super) fn new(topics: usize, window: usize) -> Self {
        let topics = (0..topics).map(|_| Vec::new()).collect();
        let state = State { topics, window: window.max(1), ..State::default() };
        Self { state: Mutex::new(state), ..Self::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held; should it ever, the bookkeeping is still better than none.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the consumer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Commit, then leave the group; give up at the instant.
    Close(Instant),
    /// Leave and commit nothing.
    Crash,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// By topic index, then by partition.
    topics: Vec<Vec<Option<Partition>>>,
    /// Which partition is served first next time.
    turn: usize,
    window: usize,
    epochs: u32,
    events: Vec<AssignmentEvent>,
    pub(super) unseen_events: bool,
    pub(super) fault: Option<RecvError>,
    pub(super) ending: Option<Ending>,
    pub(super) commits: Commits,
    /// A rebalance waits for messages in work.
    pub(super) leaving: bool,
    /// The polling thread waits for room.
    pub(super) resting: bool,
    /// Counts settlements, so that a waiting rebalance sees progress.
    pub(super) settlements: u64,
}

/// The commits that are on their way. One at a time: its answer says which it was.
#[derive(Debug, Default)]
pub(super) struct Commits {
    pub(super) in_flight: Option<Vec<Position>>,
    /// How many were answered, and how the last one ended.
    pub(super) answered: u64,
    pub(super) last: Option<RecvError>,
}

/// A position to commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) at: TopicPartition,
    pub(super) epoch: u32,
    /// The next offset to read.
    pub(super) offset: i64,
}

#[derive(Debug)]
pub(super) struct Partition {
    epoch: u32,
    /// Fetched, not delivered yet.
    ready: VecDeque<Delivery>,
    ready_bytes: usize,
    prefix: Prefix,
    /// What the broker has confirmed.
    committed: Option<i64>,
    /// The client fetches nothing for it.
    pub(super) paused: bool,
}

impl Partition {
    fn uncommitted(&self) -> Option<i64> {
        self.prefix.position().filter(|position| self.committed.is_none_or(|committed| *position > committed))
    }
}

/// How much lies fetched and undelivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

impl State {
    /// A partition is ours from now on.
    pub(super) fn assign(&mut self, partitions: &[TopicPartition]) {
        self.epochs = self.epochs.wrapping_add(1);
        for at in partitions {
            let (Some(topic), Ok(index)) = (self.topics.get_mut(at.topic as usize), usize::try_from(at.partition)) else {
                continue;
            };
            if topic.len() <= index {
                topic.resize_with(index + 1, || None);
            }
            topic[index] = Some(Partition {
                epoch: self.epochs,
                ready: VecDeque::new(),
                ready_bytes: 0,
                prefix: Prefix::default(),
                committed: None,
                paused: false,
            });
        }
        self.event(AssignmentEvent::Assigned(partitions.to_vec()));
    }

    /// Partitions are not ours any more. What was fetched and not delivered is forgotten: the next owner gets it.
    pub(super) fn remove(&mut self, partitions: Vec<TopicPartition>, lost: bool) {
        for at in &partitions {
            if let Some(slot) = self.slot(*at) {
                *slot = None;
            }
        }
        self.event(if lost { AssignmentEvent::Lost(partitions) } else { AssignmentEvent::Revoked(partitions) });
    }

    /// Forgets what is fetched and not delivered.
    pub(super) fn withhold(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            if let Some(partition) = self.slot(*at).and_then(Option::as_mut) {
                partition.ready.clear();
                partition.ready_bytes = 0;
            }
        }
    }

    fn event(&mut self, event: AssignmentEvent) {
        self.events.push(event);
        self.unseen_events = true;
    }

    pub(super) fn take_events(&mut self, into: &mut Vec<AssignmentEvent>) {
        into.append(&mut self.events);
        self.unseen_events = false;
    }

    fn slot(&mut self, at: TopicPartition) -> Option<&mut Option<Partition>> {
        self.topics.get_mut(at.topic as usize)?.get_mut(usize::try_from(at.partition).ok()?)
    }

    fn assigned(&mut self) -> impl Iterator<Item = (TopicPartition, &mut Partition)> {
        self.topics.iter_mut().zip(0u32..).flat_map(|(partitions, topic)| {
            let with_number = partitions.iter_mut().zip(0i32..);
            with_number.filter_map(move |(slot, partition)| Some((TopicPartition { topic, partition }, slot.as_mut()?)))
        })
    }

    /// Takes fetched messages in. Those of a partition that is not ours (any more) are forgotten.
    pub(super) fn fetched(&mut self, deliveries: impl Iterator<Item = Delivery>) {
        for mut delivery in deliveries {
            let at = TopicPartition { topic: delivery.token.topic, partition: delivery.token.partition };
            if let Some(partition) = self.slot(at).and_then(Option::as_mut) {
                delivery.token.epoch = partition.epoch;
                partition.ready_bytes += size(&delivery);
                partition.ready.push_back(delivery);
            }
        }
    }

    /// Delivers up to `max` messages, a share of each partition, none beyond its window.
    pub(super) fn deliver(&mut self, into: &mut Vec<Delivery>, max: usize) {
        let (window, turn) = (self.window, self.turn);
        let mut room = max;
        // From the partition after the last one served, then around: none starves.
        let count = self.assigned().count();
        for round in 0..2 {
            for (index, (_, partition)) in self.assigned().enumerate() {
                let in_this_round = if round == 0 { index >= turn } else { index < turn };
                if room == 0 || !in_this_round {
                    continue;
                }
                // The window counts the deliveries beyond the first unsettled one.
                let take = room.min(partition.ready.len()).min((window + 1).saturating_sub(partition.prefix.span()));
                for delivery in partition.ready.drain(..take) {
                    partition.ready_bytes -= size(&delivery);
                    partition.prefix.delivered(delivery.offset);
                    into.push(delivery);
                }
                room -= take;
            }
        }
        self.turn = if count == 0 { 0 } else { (turn + 1) % count };
    }

    /// Returns true when the polling thread waits for news like this.
    pub(super) fn settle(&mut self, token: Token, settle: Settle) -> bool {
        let at = TopicPartition { topic: token.topic, partition: token.partition };
        if let Some(partition) = self.slot(at).and_then(Option::as_mut)
            && partition.epoch == token.epoch
        {
            partition.prefix.settled(token.offset, settle == Settle::Ack);
            self.settlements += 1;
        }
        self.leaving
    }

    /// Deliveries of these partitions that somebody still works on.
    pub(super) fn in_work(&mut self, partitions: &[TopicPartition]) -> usize {
        let in_work = |at: &TopicPartition| self.slot(*at)?.as_ref().map(|partition| partition.prefix.in_work());
        partitions.iter().filter_map(in_work).sum()
    }

    /// What can be committed and is not: of all partitions, or of some.
    pub(super) fn uncommitted(&mut self, of: Option<&[TopicPartition]>) -> Vec<Position> {
        self.assigned()
            .filter(|(at, _)| of.is_none_or(|some| some.contains(at)))
            .filter_map(|(at, partition)| Some(Position { at, epoch: partition.epoch, offset: partition.uncommitted()? }))
            .collect()
    }

    /// The broker has confirmed a position. One of an earlier assignment says nothing about this one.
    pub(super) fn committed(&mut self, position: Position) {
        if let Some(partition) = self.slot(position.at).and_then(Option::as_mut)
            && partition.epoch == position.epoch
        {
            partition.committed = partition.committed.max(Some(position.offset));
        }
    }

    /// What waits to be delivered, partitions at rest apart.
    pub(super) fn backlog(&mut self) -> Backlog {
        self.assigned().filter(|(_, partition)| !partition.paused).fold(Backlog::default(), |sum, (_, partition)| Backlog {
            messages: sum.messages + partition.ready.len(),
            bytes: sum.bytes + partition.ready_bytes,
        })
    }

    /// Partitions to pause and to resume. One rests when its window is full and `high` messages wait behind it, until `low`
    /// are left; `all` lets every partition rest.
    pub(super) fn rests(&mut self, all: bool, low: usize, high: usize) -> (Vec<TopicPartition>, Vec<TopicPartition>) {
        let window = self.window;
        let (mut pause, mut resume) = (Vec::new(), Vec::new());
        for (at, partition) in self.assigned() {
            let stuck = partition.prefix.span() > window;
            let rest = all || partition.ready.len() >= high && stuck || partition.paused && partition.ready.len() > low;
            match (partition.paused, rest) {
                (false, true) => pause.push(at),
                (true, false) => resume.push(at),
                _ => continue,
            }
            partition.paused = rest;
        }
        (pause, resume)
    }
}

fn size(delivery: &Delivery) -> usize {
    let length = |bytes: &Option<bytes::Bytes>| bytes.as_ref().map_or(0, bytes::Bytes::len);
    length(&delivery.record.key) + length(&delivery.record.value)
}
