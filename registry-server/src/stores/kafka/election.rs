//! Who may try to write: the member of a consumer group that owns the topic's only partition. A hint and no more: two may believe
//! it of themselves. That only one writes comes from the transactional id (see [`super::leader`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::{ClientContext, TopicPartitionList};

use super::failed;
use super::spec::KafkaSpec;
use crate::store::{StoreError, Wake};

/// What the group says about this process.
struct Vote {
    /// Counts elections; odd while this process is elected.
    term: AtomicU64,
    stop: AtomicBool,
    wake: Wake,
}

impl Vote {
    fn elect(&self, elected: bool) {
        let term = self.term.load(Ordering::Acquire);
        if (term % 2 == 1) != elected {
            self.term.store(term + 1, Ordering::Release);
        }
        (self.wake)();
    }
}

struct Member(Arc<Vote>);

impl ClientContext for Member {}

impl ConsumerContext for Member {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Revoke(partitions) = rebalance
            && partitions.count() > 0
        {
            self.0.elect(false);
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        if let Rebalance::Assign(partitions) = rebalance
            && partitions.count() > 0
        {
            // The records come by another way; here nobody wants them.
            let held: Result<TopicPartitionList, _> = consumer.assignment();
            let _ = held.and_then(|held| consumer.pause(&held));
            self.0.elect(true);
        }
    }
}

/// The membership; given up when this is dropped, so that another one is elected at once.
pub(super) struct Election {
    vote: Arc<Vote>,
    thread: Option<JoinHandle<()>>,
}

impl Election {
    /// Joins the group. `wake` is called when the vote changes.
    pub(super) fn join(spec: &KafkaSpec, wake: Wake) -> Result<Self, StoreError> {
        let vote = Arc::new(Vote { term: AtomicU64::new(0), stop: AtomicBool::new(false), wake });
        let ours = [
            ("group.id", spec.group.as_str()),
            ("enable.auto.commit", "false"),
            ("auto.offset.reset", "latest"),
            ("session.timeout.ms", "6000"),
            ("heartbeat.interval.ms", "1000"),
            // A process that joins does not take the partition from the one that has it.
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("reconnect.backoff.max.ms", "1000"),
        ];
        let member = Member(Arc::clone(&vote));
        let consumer: BaseConsumer<Member> =
            spec.client(&ours).create_with_context(member).map_err(|cause| failed(spec, &cause))?;
        consumer.subscribe(&[&spec.topic]).map_err(|cause| failed(spec, &cause))?;
        let seen = Arc::clone(&vote);
        let thread = std::thread::Builder::new().name("registry-election".into()).spawn(move || {
            while !seen.stop.load(Ordering::Acquire) {
                if let Some(Err(error)) = consumer.poll(Duration::from_millis(100)) {
                    tracing::debug!(%error, "the group that elects the writer");
                }
            }
        });
        Ok(Self { vote, thread: Some(thread.map_err(|cause| failed(spec, &cause))?) })
    }

    /// The term for which this process is elected.
    pub(super) fn term(&self) -> Option<u64> {
        Some(self.vote.term.load(Ordering::Acquire)).filter(|term| term % 2 == 1)
    }
}

impl Drop for Election {
    fn drop(&mut self) {
        self.vote.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
