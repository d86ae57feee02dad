//! Lanes: queues whose messages are handled one after the other, many lanes at the same time, in one task.
//!
//! This is a small executor made for the hot path. A lane keeps one slot for its running handler and uses it again for every
//! message, so a message costs no allocation, no channel and no lock; only a lane that was woken is polled.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

use crate::transport::{Delivery, Token, TopicPartition};

/// What the first try of a message gives: the message back, and what is left to do when it was not accepted.
pub(super) type FirstTry<O> = (Delivery, Option<O>);

/// Work on a message that was not accepted at once.
pub(super) type Recovery<'a, R> = Pin<Box<dyn Future<Output = R> + Send + 'a>>;

/// A message that a lane is done with.
#[derive(Debug)]
pub(super) enum Finished<R> {
    /// Accepted at the first try.
    Accepted(Token),
    /// Whatever the recovery says.
    Recovered(R),
}

struct Lane<'a, F, R> {
    queue: VecDeque<Delivery>,
    /// The handler's future, in a place that is used again.
    first: Pin<Box<Option<F>>>,
    recovery: Option<Recovery<'a, R>>,
    waker: Waker,
    signal: Arc<LaneSignal>,
}

/// Notes which lane is to be polled, and wakes the task once.
struct LaneSignal {
    lane: usize,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

#[derive(Default)]
struct Ready {
    lanes: Mutex<Vec<usize>>,
    task: AtomicWaker,
}

impl LaneSignal {
    fn mark(&self) -> bool {
        let first = !self.queued.swap(true, Atomic::AcqRel);
        if first {
            self.ready.lanes.lock().unwrap_or_else(PoisonError::into_inner).push(self.lane);
        }
        first
    }
}

impl Wake for LaneSignal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.mark() {
            self.ready.task.wake();
        }
    }
}

/// All lanes of a consumer. `F` is the future of a first try, `O` what it leaves to a recovery, `R` what a recovery gives.
pub(super) struct Lanes<'a, F, R, S, V> {
    all: Vec<Lane<'a, F, R>>,
    ready: Arc<Ready>,
    polling: Vec<usize>,
    start: S,
    recover: V,
    in_flight: usize,
}

impl<'a, F, O, R, S, V> Lanes<'a, F, R, S, V>
where
    F: Future<Output = FirstTry<O>>,
    S: Fn(Delivery) -> F,
    V: Fn(Delivery, O) -> Recovery<'a, R>,
{
    /// `count` lanes (at least one). `start` begins the first try of a message, `recover` what follows when it fails.
    pub(super) fn new(count: usize, start: S, recover: V) -> Self {
        let ready = Arc::new(Ready::default());
        let lane = |lane| {
            let signal = Arc::new(LaneSignal { lane, queued: AtomicBool::new(false), ready: Arc::clone(&ready) });
            let waker = Waker::from(Arc::clone(&signal));
            Lane { queue: VecDeque::new(), first: Box::pin(None), recovery: None, waker, signal }
        };
        let all = (0..count.max(1)).map(lane).collect();
        Self { all, ready, polling: Vec::new(), start, recover, in_flight: 0 }
    }

    /// Messages that wait or are being handled.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Puts a message at the end of the lane that `hash` chooses.
    pub(super) fn push(&mut self, hash: u64, delivery: Delivery) {
        let count = self.all.len() as u64;
        let index = usize::try_from(hash % count).unwrap_or(0);
        let lane = &mut self.all[index];
        // A lane that is at work looks at its queue by itself when it is done.
        let idle = lane.first.is_none() && lane.recovery.is_none();
        lane.queue.push_back(delivery);
        self.in_flight += 1;
        if idle {
            lane.signal.mark();
        }
    }

    /// Drops waiting messages of these partitions and returns how many there were. What is being handled goes on.
    pub(super) fn forget(&mut self, gone: &[TopicPartition]) -> usize {
        let mut count = 0;
        for lane in &mut self.all {
            let before = lane.queue.len();
            lane.queue.retain(|delivery| {
                let from = TopicPartition { topic: delivery.token.topic, partition: delivery.token.partition };
                !gone.contains(&from)
            });
            count += before - lane.queue.len();
        }
        self.in_flight -= count;
        count
    }

    /// Polls the lanes that were woken. Ready when some message is finished; what is finished is appended to `finished`.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, finished: &mut Vec<Finished<R>>) -> Poll<()> {
        self.ready.task.register(context.waker());
        let before = finished.len();
        std::mem::swap(&mut self.polling, &mut self.ready.lanes.lock().unwrap_or_else(PoisonError::into_inner));
        for index in self.polling.drain(..) {
            let lane = &mut self.all[index];
            lane.signal.queued.store(false, Atomic::Release);
            lane.poll(&self.start, &self.recover, finished);
        }
        let count = finished.len() - before;
        self.in_flight -= count;
        if count > 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<'a, F, O, R> Lane<'a, F, R>
where
    F: Future<Output = FirstTry<O>>,
{
    fn poll(
        &mut self,
        start: &impl Fn(Delivery) -> F,
        recover: &impl Fn(Delivery, O) -> Recovery<'a, R>,
        finished: &mut Vec<Finished<R>>,
    ) {
        let mut context = Context::from_waker(&self.waker);
        loop {
            if let Some(recovery) = &mut self.recovery {
                let Poll::Ready(result) = recovery.as_mut().poll(&mut context) else { return };
                self.recovery = None;
                finished.push(Finished::Recovered(result));
            }
            if self.first.is_none() {
                let Some(delivery) = self.queue.pop_front() else { return };
                self.first.set(Some(start(delivery)));
            }
            let Some(first) = self.first.as_mut().as_pin_mut() else { return };
            let Poll::Ready((delivery, left)) = first.poll(&mut context) else { return };
            self.first.set(None);
            match left {
                None => finished.push(Finished::Accepted(delivery.token)),
                Some(left) => self.recovery = Some(recover(delivery, left)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;
    use crate::message::Record;

    fn delivery(partition: i32, offset: i64) -> Delivery {
        let record = Record { partition: Some(partition), ..Record::new("t", "x") };
        Delivery { record, offset, delivery_count: None, token: Token { topic: 0, partition, offset, epoch: 0 } }
    }

    async fn drain<'a, F, R, S, V>(lanes: &mut Lanes<'a, F, R, S, V>) -> Vec<Finished<R>>
    where
        F: Future<Output = FirstTry<()>>,
        S: Fn(Delivery) -> F,
        V: Fn(Delivery, ()) -> Recovery<'a, R>,
    {
        let mut finished = Vec::new();
        while lanes.in_flight() > 0 {
            poll_fn(|context| lanes.poll(context, &mut finished)).await;
        }
        finished
    }

    fn offsets<R: Copy + Into<i64>>(finished: &[Finished<R>]) -> Vec<i64> {
        let offset = |one: &Finished<R>| match one {
            Finished::Accepted(token) => token.offset,
            Finished::Recovered(result) => (*result).into(),
        };
        finished.iter().map(offset).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_keeps_its_order_and_does_not_hold_up_others() {
        let start = |delivery: Delivery| async move {
            let slow = if delivery.partition() == 0 { 50 } else { 1 };
            tokio::time::sleep(Duration::from_millis(slow)).await;
            (delivery, None)
        };
        let mut lanes = Lanes::new(2, start, |_, ()| -> Recovery<'_, i64> { Box::pin(async { -1 }) });
        for offset in 0..3 {
            lanes.push(0, delivery(0, offset));
            lanes.push(1, delivery(1, 10 + offset));
        }
        assert_eq!(offsets(&drain(&mut lanes).await), [10, 11, 12, 0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_recovery_holds_up_its_own_lane_only() {
        let start = |delivery: Delivery| async move {
            let failed = (delivery.offset == 0).then_some(());
            (delivery, failed)
        };
        let recover = |delivery: Delivery, ()| -> Recovery<'static, i64> {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(9)).await;
                delivery.offset
            })
        };
        let mut lanes = Lanes::new(2, start, recover);
        lanes.push(0, delivery(0, 0));
        lanes.push(0, delivery(0, 1));
        lanes.push(1, delivery(1, 2));
        assert_eq!(offsets(&drain(&mut lanes).await), [2, 0, 1]);
    }

    #[tokio::test]
    async fn waiting_messages_of_a_lost_partition_are_forgotten() {
        let start = |delivery: Delivery| async move { (delivery, None) };
        let mut lanes = Lanes::new(4, start, |_, ()| -> Recovery<'_, i64> { Box::pin(async { -1 }) });
        for n in 0..8 {
            lanes.push(u64::try_from(n).unwrap(), delivery(i32::try_from(n % 2).unwrap(), n));
        }
        assert_eq!(lanes.forget(&[TopicPartition { topic: 0, partition: 1 }]), 4);
        let mut left = offsets(&drain(&mut lanes).await);
        left.sort_unstable();
        assert_eq!(left, [0, 2, 4, 6]);
    }
}
