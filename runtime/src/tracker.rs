//! What is settled of what was delivered, for brokers that commit a position: the contiguous prefix per partition.
//!
//! Messages are settled in any order; committed is only what has nothing unsettled before it, and it never moves backwards.
//! The window bounds how far a partition runs ahead of its first unsettled message. Each assignment of a partition is an epoch
//! of its own, so what belongs to an earlier one cannot move a later one. No broker is known here; transports own a [`Tracker`].

use std::collections::VecDeque;

use crate::transport::{Token, TopicPartition};

/// The partitions of one consumer.
///
/// ```
/// use eventpact_runtime::tracker::Tracker;
/// use eventpact_runtime::transport::TopicPartition;
/// let orders = TopicPartition { topic: 0, partition: 3 };
/// let mut tracker = Tracker::new(100);
/// tracker.assign(orders);
/// let tokens: Vec<_> = (40..43).map(|offset| tracker.deliver(orders, offset).unwrap()).collect();
/// tracker.settle(tokens[1]);
/// assert_eq!(tracker.uncommitted(), []);
/// tracker.settle(tokens[0]);
/// assert_eq!(tracker.uncommitted()[0].next, 42);
/// ```
#[derive(Debug)]
pub struct Tracker {
    window: usize,
    /// Sorted by partition: few enough for a binary search to beat a hash.
    partitions: Vec<(TopicPartition, Partition)>,
    epoch: u32,
}

#[derive(Debug)]
struct Partition {
    epoch: u32,
    /// Delivered and not yet part of the prefix, by offset.
    slots: VecDeque<Slot>,
    /// The last offset that was delivered.
    last: Option<i64>,
    /// The offset after the settled prefix; `None` while it is empty.
    next: Option<i64>,
    /// What the broker knows of it.
    committed: Option<i64>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    offset: i64,
    settled: bool,
}

/// A position that the broker does not know yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset of the first message that is not settled: where the next owner begins.
    pub next: i64,
    /// The assignment that it belongs to.
    pub epoch: u32,
}

/// Why a message must not be delivered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDelivered {
    /// The partition is not ours.
    #[error("the partition is not assigned")]
    NotAssigned,
    /// The window is full: the partition rests until its first unsettled message is settled.
    #[error("the window of the partition is full")]
    WindowFull,
    /// This offset, or a later one, was delivered before in this assignment.
    #[error("the offset was delivered before")]
    Repeated,
}

impl Tracker {
    /// No partitions yet; `window` messages (at least one) per partition may be delivered beyond the first unsettled one.
    pub fn new(window: usize) -> Self {
        Self { window: window.max(1), partitions: Vec::new(), epoch: 0 }
    }

    /// Takes a partition over; an assignment that it may still have is forgotten.
    pub fn assign(&mut self, partition: TopicPartition) {
        self.epoch = self.epoch.wrapping_add(1);
        let fresh = Partition { epoch: self.epoch, slots: VecDeque::new(), last: None, next: None, committed: None };
        match self.find(partition) {
            Ok(index) => self.partitions[index].1 = fresh,
            Err(index) => self.partitions.insert(index, (partition, fresh)),
        }
    }

    /// Gives a partition up. What is settled of it and not committed yet is returned: commit it before somebody else begins.
    pub fn revoke(&mut self, partition: TopicPartition) -> Option<Position> {
        let index = self.find(partition).ok()?;
        let (_, state) = self.partitions.remove(index);
        state.uncommitted(partition)
    }

    /// A partition was taken away: nothing may be committed for it any more.
    pub fn lose(&mut self, partition: TopicPartition) {
        if let Ok(index) = self.find(partition) {
            self.partitions.remove(index);
        }
    }

    /// The partitions that are ours, sorted.
    pub fn assigned(&self) -> impl Iterator<Item = TopicPartition> + '_ {
        self.partitions.iter().map(|(partition, _)| *partition)
    }

    /// Takes note of a delivery. Offsets of an assignment grow; gaps are fine (compaction, transaction markers).
    pub fn deliver(&mut self, partition: TopicPartition, offset: i64) -> Result<Token, NotDelivered> {
        let window = self.window;
        let index = self.find(partition).map_err(|_| NotDelivered::NotAssigned)?;
        let state = &mut self.partitions[index].1;
        if state.last.is_some_and(|last| offset <= last) {
            return Err(NotDelivered::Repeated);
        }
        if state.slots.len() >= window {
            return Err(NotDelivered::WindowFull);
        }
        state.last = Some(offset);
        state.slots.push_back(Slot { offset, settled: false });
        Ok(Token { topic: partition.topic, partition: partition.partition, offset, epoch: state.epoch })
    }

    /// How many more messages of the partition may be delivered now.
    pub fn room(&self, partition: TopicPartition) -> usize {
        self.find(partition).map_or(0, |index| self.window - self.partitions[index].1.slots.len())
    }

    /// Messages that were delivered and are not settled, or have unsettled ones before them.
    pub fn outstanding(&self) -> usize {
        self.partitions.iter().map(|(_, state)| state.slots.len()).sum()
    }

    /// True when everything delivered of the partition is settled; also when it is not ours.
    pub fn is_settled(&self, partition: TopicPartition) -> bool {
        self.find(partition).map_or(true, |index| self.partitions[index].1.slots.is_empty())
    }

    /// Takes note that a message is done with. False when the token is of an earlier assignment, or was settled before.
    pub fn settle(&mut self, token: Token) -> bool {
        let Ok(index) = self.find(TopicPartition { topic: token.topic, partition: token.partition }) else { return false };
        let state = &mut self.partitions[index].1;
        state.epoch == token.epoch && state.settle(token.offset)
    }

    /// The positions that have moved since the broker was last told.
    pub fn uncommitted(&self) -> Vec<Position> {
        self.partitions.iter().filter_map(|(partition, state)| state.uncommitted(*partition)).collect()
    }

    /// Takes note that the broker knows `position`. Late answers, and answers for earlier assignments, change nothing.
    pub fn committed(&mut self, position: &Position) {
        if let Ok(index) = self.find(position.partition) {
            let state = &mut self.partitions[index].1;
            if state.epoch == position.epoch && state.committed.is_none_or(|known| known < position.next) {
                state.committed = Some(position.next);
            }
        }
    }

    fn find(&self, partition: TopicPartition) -> Result<usize, usize> {
        self.partitions.binary_search_by_key(&partition, |(known, _)| *known)
    }
}

impl Partition {
    fn settle(&mut self, offset: i64) -> bool {
        let Some(first) = self.slots.front() else { return false };
        // Offsets are nearly always without gaps, so the place can be computed.
        let guess = offset.checked_sub(first.offset).and_then(|distance| usize::try_from(distance).ok());
        let index = match guess {
            Some(index) if self.slots.get(index).is_some_and(|slot| slot.offset == offset) => index,
            _ => match self.slots.binary_search_by_key(&offset, |slot| slot.offset) {
                Ok(index) => index,
                Err(_) => return false,
            },
        };
        if std::mem::replace(&mut self.slots[index].settled, true) {
            return false;
        }
        while let Some(slot) = self.slots.front().filter(|slot| slot.settled) {
            self.next = slot.offset.checked_add(1);
            self.slots.pop_front();
        }
        true
    }

    fn uncommitted(&self, partition: TopicPartition) -> Option<Position> {
        let next = self.next?;
        if self.committed.is_some_and(|known| known >= next) {
            return None;
        }
        Some(Position { partition, next, epoch: self.epoch })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::random::Random;

    const P: TopicPartition = TopicPartition { topic: 0, partition: 0 };

    fn tracker(offsets: &[i64]) -> (Tracker, Vec<Token>) {
        let mut tracker = Tracker::new(100);
        tracker.assign(P);
        let tokens = offsets.iter().map(|offset| tracker.deliver(P, *offset).unwrap()).collect();
        (tracker, tokens)
    }

    fn next(tracker: &Tracker) -> Option<i64> {
        tracker.uncommitted().first().map(|position| position.next)
    }

    #[test]
    fn only_the_contiguous_prefix_is_committed() {
        let (mut tracker, tokens) = tracker(&[10, 11, 12, 13]);
        for (settled, expected) in [(2, None), (1, None), (0, Some(13)), (3, Some(14))] {
            assert!(tracker.settle(tokens[settled]));
            assert_eq!(next(&tracker), expected);
        }
        assert_eq!(tracker.outstanding(), 0);
    }

    #[test]
    fn gaps_in_the_offsets_do_not_stop_the_prefix() {
        let (mut tracker, tokens) = tracker(&[0, 5, 6, 100]);
        for index in [3, 1, 0] {
            assert!(tracker.settle(tokens[index]));
        }
        assert_eq!(next(&tracker), Some(6));
        assert!(tracker.settle(tokens[2]));
        assert_eq!(next(&tracker), Some(101));
    }

    #[test]
    fn settling_twice_changes_nothing() {
        let (mut tracker, tokens) = tracker(&[0, 1]);
        assert!(tracker.settle(tokens[1]));
        assert!(!tracker.settle(tokens[1]));
        assert!(tracker.settle(tokens[0]));
        assert!(!tracker.settle(tokens[0]));
        assert_eq!(next(&tracker), Some(2));
    }

    #[test]
    fn a_full_window_rests_until_its_first_message_is_settled() {
        let mut tracker = Tracker::new(2);
        tracker.assign(P);
        let first = tracker.deliver(P, 0).unwrap();
        let second = tracker.deliver(P, 1).unwrap();
        assert_eq!(tracker.deliver(P, 2), Err(NotDelivered::WindowFull));
        tracker.settle(second);
        assert_eq!((tracker.deliver(P, 2), tracker.room(P)), (Err(NotDelivered::WindowFull), 0));
        tracker.settle(first);
        assert_eq!(tracker.room(P), 2);
        assert!(tracker.deliver(P, 2).is_ok());
        assert_eq!(tracker.deliver(P, 2), Err(NotDelivered::Repeated));
    }

    #[test]
    fn what_the_broker_knows_is_not_told_again_and_late_answers_change_nothing() {
        let (mut tracker, tokens) = tracker(&[0, 1, 2]);
        tracker.settle(tokens[0]);
        let early = tracker.uncommitted()[0];
        tracker.settle(tokens[1]);
        let late = tracker.uncommitted()[0];
        tracker.committed(&late);
        tracker.committed(&early);
        assert_eq!(next(&tracker), None);
        tracker.settle(tokens[2]);
        assert_eq!(next(&tracker), Some(3));
    }

    #[test]
    fn an_earlier_assignment_cannot_move_a_later_one() {
        let (mut tracker, tokens) = tracker(&[7, 8]);
        tracker.settle(tokens[0]);
        let old = tracker.revoke(P).unwrap();
        assert_eq!(old.next, 8);
        assert_eq!((tracker.revoke(P), tracker.deliver(P, 8)), (None, Err(NotDelivered::NotAssigned)));
        tracker.assign(P);
        let again = tracker.deliver(P, 8).unwrap();
        assert!(!tracker.settle(tokens[1]), "the token of the earlier assignment is stale");
        tracker.committed(&Position { next: 1000, ..old });
        assert!(tracker.settle(again));
        assert_eq!(next(&tracker), Some(9));
    }

    #[test]
    fn nothing_is_committed_for_a_lost_partition() {
        let (mut tracker, tokens) = tracker(&[7]);
        tracker.settle(tokens[0]);
        tracker.lose(P);
        assert_eq!((tracker.uncommitted(), tracker.revoke(P)), (vec![], None));
    }

    /// What is simple enough to be right: sets, and a look at all of them each time.
    #[derive(Default)]
    struct Model {
        delivered: BTreeSet<i64>,
        settled: BTreeSet<i64>,
    }

    impl Model {
        fn next(&self) -> Option<i64> {
            let unsettled = self.delivered.difference(&self.settled).next();
            let below = |offset: &i64| unsettled.is_none_or(|first| offset < first);
            self.delivered.iter().rev().find(|offset| below(offset)).map(|offset| offset + 1)
        }
    }

    #[test]
    fn any_order_of_deliveries_settlements_and_rebalances_agrees_with_the_model() {
        for seed in 0..300 {
            let mut random = Random::new(seed);
            let window = 1 + usize::try_from(random.below(40)).unwrap();
            let mut tracker = Tracker::new(window);
            let mut models: BTreeMap<TopicPartition, Model> = BTreeMap::new();
            let (mut tokens, mut offset): (Vec<Token>, i64) = (Vec::new(), 0);
            let mut highest: BTreeMap<TopicPartition, i64> = BTreeMap::new();
            for _ in 0..600 {
                let partition = TopicPartition { topic: 0, partition: i32::try_from(random.below(3)).unwrap() };
                match random.below(20) {
                    0 => {
                        tracker.assign(partition);
                        models.insert(partition, Model::default());
                        highest.remove(&partition);
                    }
                    1 => {
                        tracker.lose(partition);
                        models.remove(&partition);
                    }
                    2..=9 => {
                        offset += 1 + i64::try_from(random.below(3)).unwrap() / 2;
                        let model = models.get_mut(&partition);
                        match tracker.deliver(partition, offset) {
                            Ok(token) => {
                                tokens.push(token);
                                assert!(model.unwrap().delivered.insert(offset));
                            }
                            Err(NotDelivered::NotAssigned) => assert!(model.is_none()),
                            Err(error) => assert_eq!((error, tracker.room(partition)), (NotDelivered::WindowFull, 0)),
                        }
                    }
                    10..=17 if !tokens.is_empty() => {
                        let at = usize::try_from(random.below(tokens.len() as u64)).unwrap();
                        let token = tokens[at];
                        let from = TopicPartition { topic: 0, partition: token.partition };
                        let model = models.get_mut(&from).filter(|model| model.delivered.contains(&token.offset));
                        let expected = model.is_some_and(|model| model.settled.insert(token.offset));
                        assert_eq!(tracker.settle(token), expected);
                    }
                    _ => tracker.uncommitted().iter().for_each(|position| tracker.committed(position)),
                }
                for (partition, model) in &models {
                    let known = tracker.partitions[tracker.find(*partition).unwrap()].1.next;
                    assert_eq!(known, model.next(), "seed {seed}");
                    if let Some(next) = known {
                        let before = highest.insert(*partition, next).unwrap_or(0);
                        assert!(next >= before, "moved backwards: {before} to {next}, seed {seed}");
                    }
                }
            }
        }
    }
}
