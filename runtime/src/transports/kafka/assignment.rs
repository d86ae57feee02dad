//! The partitions that a consumer has now: what is fetched, what is delivered, what is settled and committed.
//!
//! Shared between the thread that polls and the task that works, under one lock that is never held over a call of the client.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use tokio::sync::Notify;

use crate::message::{Headers, Record};
use crate::tracker::{Position, Tracker};
use crate::transport::{AssignmentEvent, Delivery, RecvError, Settle, Token, TopicPartition};

/// What the polling thread and the consumer share.
#[derive(Debug)]
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
    pub(super) fn new(topics: Vec<Arc<str>>, window: usize) -> Self {
        let state = State {
            topics,
            tracker: Tracker::new(window),
            queues: Vec::new(),
            turn: 0,
            events: Vec::new(),
            unseen_events: false,
            fault: None,
            ending: None,
            commits: Commits::default(),
            leaving: false,
            resting: false,
            settlements: 0,
        };
        Self { state: Mutex::new(state), arrived: Notify::new(), committed: Notify::new(), moved: Condvar::new() }
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

#[derive(Debug)]
pub(super) struct State {
    topics: Vec<Arc<str>>,
    /// What is delivered, settled and committed.
    tracker: Tracker,
    /// What is fetched and not delivered, per partition; sorted.
    queues: Vec<(TopicPartition, Queue)>,
    /// Which partition is served first next time.
    turn: usize,
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

/// The commit that is on its way, one at a time.
#[derive(Debug, Default)]
pub(super) struct Commits {
    pub(super) in_flight: bool,
    /// Somebody has waited in vain for the one in flight.
    pub(super) overdue: bool,
    /// How many were answered, and how the last one ended.
    pub(super) answered: u64,
    pub(super) last: Option<RecvError>,
}

/// A fetched message. Its topic is filled in when it is delivered: the count of that shared name would otherwise wander between
/// the cores of two threads with every message.
#[derive(Debug)]
pub(super) struct Fetched {
    pub(super) at: TopicPartition,
    pub(super) offset: i64,
    pub(super) key: Option<Bytes>,
    pub(super) value: Option<Bytes>,
    pub(super) headers: Headers,
    pub(super) timestamp_ms: Option<i64>,
}

impl Fetched {
    /// Bytes of key and body.
    pub(super) fn size(&self) -> usize {
        self.key.as_ref().map_or(0, Bytes::len) + self.value.as_ref().map_or(0, Bytes::len)
    }

    /// The delivery of the message under `topic`.
    pub(super) fn into_delivery(self, topic: Arc<str>, token: Token) -> Delivery {
        let Self { at, offset, key, value, headers, timestamp_ms } = self;
        let record = Record { topic, key, value, headers, partition: Some(at.partition), timestamp_ms };
        Delivery { record, offset, delivery_count: None, token }
    }
}

/// Fetched and not delivered.
#[derive(Debug, Default)]
struct Queue {
    ready: VecDeque<Fetched>,
    bytes: usize,
    /// The client fetches nothing for it.
    paused: bool,
}

/// How much lies fetched and undelivered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Backlog {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

impl State {
    /// Partitions are ours from now on.
    pub(super) fn assign(&mut self, partitions: Vec<TopicPartition>) {
        for at in &partitions {
            self.tracker.assign(*at);
            match self.find(*at) {
                Ok(index) => self.queues[index].1 = Queue::default(),
                Err(index) => self.queues.insert(index, (*at, Queue::default())),
            }
        }
        self.event(AssignmentEvent::Assigned(partitions));
    }

    /// Partitions are not ours any more. What was fetched and not delivered is forgotten: the next owner gets it.
    pub(super) fn remove(&mut self, partitions: Vec<TopicPartition>, lost: bool) {
        for at in &partitions {
            self.tracker.lose(*at);
            if let Ok(index) = self.find(*at) {
                self.queues.remove(index);
            }
        }
        self.event(if lost { AssignmentEvent::Lost(partitions) } else { AssignmentEvent::Revoked(partitions) });
    }

    /// Forgets what is fetched and not delivered.
    pub(super) fn withhold(&mut self, partitions: &[TopicPartition]) {
        for at in partitions {
            if let Ok(index) = self.find(*at) {
                self.queues[index].1 = Queue::default();
            }
        }
    }

    fn find(&self, at: TopicPartition) -> Result<usize, usize> {
        self.queues.binary_search_by_key(&at, |(known, _)| *known)
    }

    fn event(&mut self, event: AssignmentEvent) {
        self.events.push(event);
        self.unseen_events = true;
    }

    pub(super) fn take_events(&mut self, into: &mut Vec<AssignmentEvent>) {
        into.append(&mut self.events);
        self.unseen_events = false;
    }

    /// Takes fetched messages in. Those of a partition that is not ours (any more) are forgotten.
    pub(super) fn fetched(&mut self, messages: impl Iterator<Item = Fetched>) {
        for message in messages {
            if let Ok(index) = self.find(message.at) {
                let queue = &mut self.queues[index].1;
                queue.bytes += message.size();
                queue.ready.push_back(message);
            }
        }
    }

    /// Delivers up to `max` messages, none beyond the window of its partition. Begins with another partition each time, so that
    /// none starves.
    pub(super) fn deliver(&mut self, into: &mut Vec<Delivery>, max: usize) {
        let (count, mut room) = (self.queues.len(), max);
        for step in 0..count {
            let (at, queue) = &mut self.queues[(self.turn + step) % count];
            let take = room.min(queue.ready.len()).min(self.tracker.room(*at));
            room -= take;
            let Some(topic) = self.topics.get(at.topic as usize) else { continue };
            for message in queue.ready.drain(..take) {
                queue.bytes -= message.size();
                // A message that was delivered before in this assignment needs no second handling.
                if let Ok(token) = self.tracker.deliver(*at, message.offset) {
                    into.push(message.into_delivery(Arc::clone(topic), token));
                }
            }
        }
        self.turn = if count == 0 { 0 } else { (self.turn + 1) % count };
    }

    /// Returns true when the polling thread waits for news like this. A message that is given back stays unsettled, and so in
    /// the way of every commit past it.
    pub(super) fn settle(&mut self, token: Token, settle: Settle) -> bool {
        if settle == Settle::Ack && self.tracker.settle(token) {
            self.settlements += 1;
        }
        self.leaving
    }

    /// Whether everything delivered of these partitions is settled.
    pub(super) fn is_settled(&self, partitions: &[TopicPartition]) -> bool {
        partitions.iter().all(|at| self.tracker.is_settled(*at))
    }

    /// What can be committed and is not: of all partitions, or of some.
    pub(super) fn uncommitted(&self, of: Option<&[TopicPartition]>) -> Vec<Position> {
        let mut positions = self.tracker.uncommitted();
        positions.retain(|position| of.is_none_or(|some| some.contains(&position.partition)));
        positions
    }

    /// The broker has confirmed positions.
    pub(super) fn committed(&mut self, positions: &[Position]) {
        for position in positions {
            self.tracker.committed(position);
        }
    }

    /// What waits to be delivered, partitions at rest apart.
    pub(super) fn backlog(&self) -> Backlog {
        let awake = self.queues.iter().filter(|(_, queue)| !queue.paused);
        awake.fold(Backlog::default(), |sum, (_, queue)| Backlog {
            messages: sum.messages + queue.ready.len(),
            bytes: sum.bytes + queue.bytes,
        })
    }

    /// Partitions to pause and to resume. One rests when its window is full and `high` messages wait behind it, until `low`
    /// are left; `all` lets every partition rest.
    pub(super) fn rests(&mut self, all: bool, low: usize, high: usize) -> (Vec<TopicPartition>, Vec<TopicPartition>) {
        let (mut pause, mut resume) = (Vec::new(), Vec::new());
        for (at, queue) in &mut self.queues {
            let stuck = queue.ready.len() >= high && self.tracker.room(*at) == 0;
            let rest = all || stuck || queue.paused && queue.ready.len() > low;
            match (queue.paused, rest) {
                (false, true) => pause.push(*at),
                (true, false) => resume.push(*at),
                _ => {}
            }
            queue.paused = rest;
        }
        (pause, resume)
    }
}
