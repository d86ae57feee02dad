//! What the broker keeps: logs, groups, writes that are held. One lock, never held across a wait.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::MemoryLimits;
use crate::confirm::Completion;
use crate::message::Record;
use crate::transport::{Receipt, SendError, StartAt, Subscription, TopicPartition};

/// The broker, as its handles share it.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Something that a waiting consumer or producer may want to look at.
    pub(super) changed: Notify,
    pub(super) limits: MemoryLimits,
}

#[derive(Debug, Default)]
pub(super) struct State {
    topics: HashMap<Arc<str>, Topic>,
    groups: HashMap<Arc<str>, Group>,
    holding: bool,
    /// Handed over while writes are held.
    held: VecDeque<(Record, Completion)>,
    refusing: HashMap<Arc<str>, SendError>,
    members: u64,
}

#[derive(Debug)]
struct Topic {
    name: Arc<str>,
    partitions: Vec<Vec<Record>>,
    /// Where the next record without a key goes.
    turn: usize,
}

#[derive(Debug, Default)]
struct Group {
    committed: HashMap<(Arc<str>, i32), i64>,
    members: BTreeMap<u64, Member>,
    owners: HashMap<(Arc<str>, i32), u64>,
}

#[derive(Debug)]
struct Member {
    topics: Vec<Arc<str>>,
    /// Its partitions were taken away and it does not know yet.
    expelled: bool,
}

/// What a member has to do about its assignment.
#[derive(Debug, Default)]
pub(super) struct Assignment {
    /// Everything it had was taken away.
    pub(super) lost: bool,
    /// To give up.
    pub(super) surplus: Vec<TopicPartition>,
    /// Taken over, with the offset to begin at.
    pub(super) gained: Vec<(TopicPartition, i64)>,
}

impl Shared {
    pub(super) fn new(limits: MemoryLimits) -> Self {
        Self { state: Mutex::default(), changed: Notify::new(), limits }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what was held. Completions run outside the lock: they may wake whoever looks at the broker next.
    pub(super) fn release(&self) {
        let held = {
            let mut state = self.lock();
            state.hold(false);
            std::mem::take(&mut state.held)
        };
        for (record, completion) in held {
            self.write(record, completion);
        }
        self.changed.notify_waiters();
    }

    /// Appends a record and confirms it.
    pub(super) fn write(&self, record: Record, completion: Completion) {
        let result = self.lock().append(record);
        match result {
            Ok(receipt) => {
                self.changed.notify_waiters();
                completion.confirmed(receipt);
            }
            Err(error) => completion.failed(error),
        }
    }
}

impl State {
    pub(super) fn create_topic(&mut self, name: &str, partitions: usize) {
        let name: Arc<str> = name.into();
        let topic = || Topic { name: Arc::clone(&name), partitions: vec![Vec::new(); partitions], turn: 0 };
        self.topics.entry(Arc::clone(&name)).or_insert_with(topic);
    }

    pub(super) fn has_topic(&self, name: &str) -> bool {
        self.topics.contains_key(name)
    }

    pub(super) fn partitions(&self, topic: &str) -> usize {
        self.topics.get(topic).map_or(0, |topic| topic.partitions.len())
    }

    pub(super) fn records(&self, topic: &str) -> Vec<Record> {
        self.topics.get(topic).map(|topic| topic.partitions.concat()).unwrap_or_default()
    }

    /// The records of a partition from `offset` on.
    pub(super) fn log(&self, topic: &str, partition: i32, offset: i64) -> &[Record] {
        let index = usize::try_from(partition).ok();
        let log = index.and_then(|index| self.topics.get(topic)?.partitions.get(index)).map_or(&[][..], Vec::as_slice);
        usize::try_from(offset).ok().and_then(|offset| log.get(offset..)).unwrap_or_default()
    }

    pub(super) fn end(&self, topic: &str, partition: i32) -> i64 {
        i64::try_from(self.log(topic, partition, 0).len()).unwrap_or(i64::MAX)
    }

    pub(super) fn hold(&mut self, yes: bool) {
        self.holding = yes;
    }

    pub(super) fn holding(&self) -> bool {
        self.holding
    }

    pub(super) fn held(&mut self) -> &mut VecDeque<(Record, Completion)> {
        &mut self.held
    }

    pub(super) fn refuse(&mut self, topic: &str, error: Option<SendError>) {
        match error {
            Some(error) => self.refusing.insert(topic.into(), error),
            None => self.refusing.remove(topic),
        };
    }

    fn append(&mut self, mut record: Record) -> Result<Receipt, SendError> {
        if let Some(error) = self.refusing.get(&record.topic) {
            return Err(error.clone());
        }
        let Some(topic) = self.topics.get_mut(&record.topic) else {
            return Err(SendError::Refused(format!("there is no topic `{}`", record.topic)));
        };
        let count = topic.partitions.len();
        let index = match (record.partition, &record.key) {
            (Some(partition), _) => usize::try_from(partition).ok().filter(|index| *index < count),
            (None, Some(key)) => Some(spread(key, count)),
            (None, None) => {
                topic.turn = (topic.turn + 1) % count;
                Some(topic.turn)
            }
        };
        let Some(index) = index else {
            return Err(SendError::Refused(format!("`{}` has {count} partitions", record.topic)));
        };
        let partition = i32::try_from(index).unwrap_or(i32::MAX);
        record.topic = Arc::clone(&topic.name);
        record.partition = Some(partition);
        record.timestamp_ms = record.timestamp_ms.or_else(|| Some(crate::types::TimestampMillis::now().0));
        topic.partitions[index].push(record);
        Ok(Receipt { partition, offset: i64::try_from(topic.partitions[index].len() - 1).unwrap_or(i64::MAX) })
    }

    pub(super) fn committed(&self, group: &str, topic: &str, partition: i32) -> Option<i64> {
        self.groups.get(group)?.committed.get(&(Arc::from(topic), partition)).copied()
    }

    /// A new member of the group; its number.
    pub(super) fn join(&mut self, subscription: &Subscription) -> u64 {
        self.members += 1;
        let group = self.groups.entry(Arc::clone(&subscription.group)).or_default();
        group.members.insert(self.members, Member { topics: subscription.topics.clone(), expelled: false });
        self.members
    }

    /// The member goes; its partitions are free at once.
    pub(super) fn leave(&mut self, group: &str, member: u64) {
        if let Some(group) = self.groups.get_mut(group) {
            group.members.remove(&member);
            group.owners.retain(|_, owner| *owner != member);
        }
    }

    pub(super) fn expel(&mut self, group: &str) {
        if let Some(group) = self.groups.get_mut(group) {
            group.owners.clear();
            group.members.values_mut().for_each(|member| member.expelled = true);
        }
    }

    /// What changes for a member that has `owned`. Partitions are taken over only when their owner has given them up, so that
    /// the offset to begin at is the one that the owner has committed last.
    pub(super) fn assignment(
        &mut self,
        subscription: &Subscription,
        member: u64,
        owned: &BTreeSet<TopicPartition>,
    ) -> Assignment {
        let counts: HashMap<&Arc<str>, usize> = subscription.topics.iter().map(|topic| (topic, self.partitions(topic))).collect();
        let ends: HashMap<(Arc<str>, i32), i64> = match subscription.start {
            StartAt::Earliest => HashMap::new(),
            StartAt::Latest => self.ends(&subscription.topics),
        };
        let Some(group) = self.groups.get_mut(&subscription.group) else { return Assignment::default() };
        if let Some(state) = group.members.get_mut(&member).filter(|state| state.expelled) {
            state.expelled = false;
            return Assignment { lost: true, ..Assignment::default() };
        }
        let mut assignment = Assignment::default();
        for (index, name) in (0_u32..).zip(&subscription.topics) {
            let members = group.members.iter().filter(|(_, member)| member.topics.contains(name));
            let members: Vec<u64> = members.map(|(number, _)| *number).collect();
            for partition in 0..counts.get(name).copied().unwrap_or(0) {
                let ours = !members.is_empty() && members[partition % members.len()] == member;
                let partition = TopicPartition { topic: index, partition: i32::try_from(partition).unwrap_or(i32::MAX) };
                let key = (Arc::clone(name), partition.partition);
                let free = !group.owners.contains_key(&key);
                if owned.contains(&partition) && !ours {
                    assignment.surplus.push(partition);
                } else if ours && free {
                    let first = ends.get(&key).copied().unwrap_or(0);
                    // Noted at once: a group that begins at the end must not slide forward with it.
                    let begin = *group.committed.entry(key.clone()).or_insert(first);
                    group.owners.insert(key, member);
                    assignment.gained.push((partition, begin));
                }
            }
        }
        assignment
    }

    fn ends(&self, topics: &[Arc<str>]) -> HashMap<(Arc<str>, i32), i64> {
        let mut ends = HashMap::new();
        for topic in topics {
            for partition in 0..i32::try_from(self.partitions(topic)).unwrap_or(i32::MAX) {
                ends.insert((Arc::clone(topic), partition), self.end(topic, partition));
            }
        }
        ends
    }

    /// Commits for the owner of the partition; anybody else is refused.
    pub(super) fn commit(&mut self, group: &str, member: u64, topic: &Arc<str>, partition: i32, next: i64) -> bool {
        let Some(group) = self.groups.get_mut(group) else { return false };
        let key = (Arc::clone(topic), partition);
        if group.owners.get(&key) != Some(&member) {
            return false;
        }
        group.committed.insert(key, next);
        true
    }

    /// The owner gives a partition up.
    pub(super) fn give_up(&mut self, group: &str, member: u64, topic: &Arc<str>, partition: i32) {
        if let Some(group) = self.groups.get_mut(group) {
            let key = (Arc::clone(topic), partition);
            if group.owners.get(&key) == Some(&member) {
                group.owners.remove(&key);
            }
        }
    }
}

/// FNV-1a: which partition a key belongs to.
fn spread(key: &[u8], count: usize) -> usize {
    let hash = key.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    usize::try_from(hash % count as u64).unwrap_or(0)
}
