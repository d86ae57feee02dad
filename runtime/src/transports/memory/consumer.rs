//! Reading from the broker: as a member of a group, or just looking.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::state::{Shared, State};
use super::{CAPABILITIES, within};
use crate::message::Record;
use crate::tracker::Tracker;
use crate::transport::{
    AssignmentEvent, Browser, Capabilities, ConnectError, Consumer, Delivery, RecvError, Settle, Subscription, Token,
    TopicPartition,
};

/// A member of a group. Dropped without [`Consumer::close`], it has crashed.
#[derive(Debug)]
pub struct MemoryConsumer {
    shared: Arc<Shared>,
    subscription: Subscription,
    member: u64,
    /// The partitions that we own, with the offset that is read next.
    positions: Vec<(TopicPartition, i64)>,
    tracker: Tracker,
    events: Vec<AssignmentEvent>,
    /// Which partition is read first next time, so that none starves.
    turn: usize,
}

impl MemoryConsumer {
    pub(super) fn join(shared: Arc<Shared>, subscription: Subscription) -> Result<Self, ConnectError> {
        let member = {
            let mut state = shared.lock();
            if let Some(missing) = subscription.topics.iter().find(|topic| !state.has_topic(topic)) {
                return Err(ConnectError::NoTopic(missing.to_string()));
            }
            state.join(&subscription)
        };
        shared.changed.notify_waiters();
        let tracker = Tracker::new(subscription.window);
        Ok(Self { shared, subscription, member, positions: Vec::new(), tracker, events: Vec::new(), turn: 0 })
    }

    /// Follows the group's assignment. True when we gave something up that others may wait for.
    fn rebalance(&mut self, state: &mut State) -> bool {
        let owned: BTreeSet<TopicPartition> = self.positions.iter().map(|(partition, _)| *partition).collect();
        let mut assignment = state.assignment(&self.subscription, self.member, &owned);
        if assignment.lost {
            for partition in &owned {
                self.tracker.lose(*partition);
            }
            self.positions.clear();
            self.events.push(AssignmentEvent::Lost(owned.into_iter().collect()));
            assignment = state.assignment(&self.subscription, self.member, &BTreeSet::new());
        }
        for partition in &assignment.surplus {
            let settled = self.tracker.revoke(*partition);
            if let Some(topic) = self.topic(partition.topic) {
                if let Some(position) = settled {
                    state.commit(&self.subscription.group, self.member, topic, partition.partition, position.next);
                }
                state.give_up(&self.subscription.group, self.member, topic, partition.partition);
            }
        }
        self.positions.retain(|(partition, _)| !assignment.surplus.contains(partition));
        let gave_up = !assignment.surplus.is_empty();
        if gave_up {
            self.events.push(AssignmentEvent::Revoked(assignment.surplus));
        }
        if !assignment.gained.is_empty() {
            for (partition, _) in &assignment.gained {
                self.tracker.assign(*partition);
            }
            self.positions.extend(&assignment.gained);
            let gained = assignment.gained.into_iter().map(|(partition, _)| partition);
            self.events.push(AssignmentEvent::Assigned(gained.collect()));
        }
        gave_up
    }

    fn topic(&self, index: u32) -> Option<&Arc<str>> {
        usize::try_from(index).ok().and_then(|index| self.subscription.topics.get(index))
    }

    /// Takes what is there now.
    fn take(&mut self, into: &mut Vec<Delivery>, max: usize) {
        let shared = Arc::clone(&self.shared);
        let mut state = shared.lock();
        if self.rebalance(&mut state) {
            shared.changed.notify_waiters();
        }
        let count = self.positions.len();
        let mut room = max;
        for step in 0..count {
            let index = (self.turn + step) % count;
            let (partition, offset) = self.positions[index];
            let Some(topic) = self.topic(partition.topic) else { continue };
            let wanted = room.min(self.tracker.room(partition));
            let mut next = offset;
            for record in state.log(topic, partition.partition, offset).iter().take(wanted) {
                let Ok(token) = self.tracker.deliver(partition, next) else { break };
                into.push(Delivery { record: record.clone(), offset: next, delivery_count: None, token });
                next += 1;
                room -= 1;
            }
            self.positions[index].1 = next;
        }
        self.turn = self.turn.wrapping_add(1) % count.max(1);
    }

    fn flush(&mut self) {
        let mut state = self.shared.lock();
        for position in self.tracker.uncommitted() {
            let partition = position.partition;
            let topic = usize::try_from(partition.topic).ok().and_then(|index| self.subscription.topics.get(index));
            let Some(topic) = topic else { continue };
            if state.commit(&self.subscription.group, self.member, topic, partition.partition, position.next) {
                self.tracker.committed(&position);
            }
        }
    }
}

impl Consumer for MemoryConsumer {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn next_batch(&mut self, into: &mut Vec<Delivery>, max: usize, wait: Duration) -> Result<(), RecvError> {
        let shared = Arc::clone(&self.shared);
        let before = into.len();
        let arrived = async {
            loop {
                let changed = shared.changed.notified();
                tokio::pin!(changed);
                // Listening begins before the look, so that no change falls in between.
                changed.as_mut().enable();
                self.take(into, max);
                if into.len() > before || !self.events.is_empty() {
                    return;
                }
                changed.await;
            }
        };
        within(wait, arrived).await;
        Ok(())
    }

    fn take_events(&mut self, into: &mut Vec<AssignmentEvent>) {
        into.append(&mut self.events);
    }

    fn settle(&mut self, token: Token, settle: Settle) {
        if settle == Settle::Ack {
            self.tracker.settle(token);
        }
    }

    async fn flush_settles(&mut self) -> Result<(), RecvError> {
        self.flush();
        Ok(())
    }

    async fn close(mut self, _deadline: Duration) -> Result<(), RecvError> {
        self.flush();
        Ok(())
    }
}

impl Drop for MemoryConsumer {
    fn drop(&mut self) {
        self.shared.lock().leave(&self.subscription.group, self.member);
        self.shared.changed.notify_waiters();
    }
}

/// Looks through a topic as it was when the browser was opened.
#[derive(Debug)]
pub struct MemoryBrowser {
    records: std::vec::IntoIter<(Record, i64)>,
}

impl MemoryBrowser {
    pub(super) fn open(shared: &Shared, topic: &str) -> Result<Self, ConnectError> {
        let state = shared.lock();
        if !state.has_topic(topic) {
            return Err(ConnectError::NoTopic(topic.to_owned()));
        }
        let partitions = i32::try_from(state.partitions(topic)).unwrap_or(i32::MAX);
        let all = (0..partitions).flat_map(|partition| state.log(topic, partition, 0).iter().cloned().zip(0_i64..));
        Ok(Self { records: all.collect::<Vec<_>>().into_iter() })
    }
}

impl Browser for MemoryBrowser {
    async fn next_batch(&mut self, into: &mut Vec<Delivery>, max: usize, _wait: Duration) -> Result<bool, RecvError> {
        let next = self.records.by_ref().take(max).map(|(record, offset)| {
            let token = Token { topic: 0, partition: record.partition.unwrap_or(0), offset, epoch: 0 };
            Delivery { record, offset, delivery_count: None, token }
        });
        into.extend(next);
        Ok(self.records.len() > 0)
    }
}
