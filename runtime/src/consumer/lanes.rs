//! Lanes: queues whose messages are handled one after the other, many lanes at the same time, in one task.
//!
//! This is a small executor made for the hot path. Each lane is one future that lives as long as the consumer and takes message
//! after message from its [`Desk`], so a message costs no allocation, no channel and no move of a handler's future; only a lane
//! that was woken is polled.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

use crate::transport::{Delivery, TopicPartition};

/// Where a lane takes its messages from and leaves its results. The lock is never contended: one task uses both sides.
#[derive(Debug)]
pub(super) struct Desk<R>(Mutex<Papers<R>>);

#[derive(Debug)]
struct Papers<R> {
    waiting: VecDeque<Delivery>,
    finished: Vec<R>,
}

impl<R> Desk<R> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Papers { waiting: VecDeque::new(), finished: Vec::new() }))
    }

    fn lock(&self) -> MutexGuard<'_, Papers<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the result of the message before, when there was one, and waits for the next message, which goes into `place`.
    pub(super) async fn next(&self, mut result: Option<R>, place: &mut Option<Delivery>) {
        poll_fn(|_| {
            let mut papers = self.lock();
            papers.finished.extend(result.take());
            // No waker: who puts a message here marks the lane.
            *place = papers.waiting.pop_front();
            if place.is_some() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

/// Notes which lane is to be polled, and wakes the task once.
struct Signal {
    lane: usize,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

#[derive(Default)]
struct Ready {
    lanes: Mutex<Vec<usize>>,
    task: AtomicWaker,
}

impl Signal {
    fn mark(&self) -> bool {
        let first = !self.queued.swap(true, Atomic::AcqRel);
        if first {
            self.ready.lanes.lock().unwrap_or_else(PoisonError::into_inner).push(self.lane);
        }
        first
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.mark() {
            self.ready.task.wake();
        }
    }
}

struct Lane<'a, W, R> {
    desk: &'a Desk<R>,
    worker: Pin<Box<W>>,
    /// Messages on their way to the desk: put there in one go, when the lane is polled.
    incoming: VecDeque<Delivery>,
    /// Messages of this lane that are not finished.
    in_flight: usize,
    waker: Waker,
    signal: Arc<Signal>,
}

/// All lanes of a consumer. `W` is the future of a lane, `R` what it says about a message.
pub(super) struct Lanes<'a, W, R> {
    all: Vec<Lane<'a, W, R>>,
    ready: Arc<Ready>,
    polling: Vec<usize>,
    in_flight: usize,
}

impl<'a, W: Future<Output = Infallible>, R> Lanes<'a, W, R> {
    /// A lane for each desk; `work` makes the future that works at it.
    pub(super) fn new(desks: &'a [Desk<R>], work: impl Fn(&'a Desk<R>) -> W) -> Self {
        let ready = Arc::new(Ready::default());
        let lane = |(lane, desk)| {
            let signal = Arc::new(Signal { lane, queued: AtomicBool::new(false), ready: Arc::clone(&ready) });
            let waker = Waker::from(Arc::clone(&signal));
            Lane { desk, worker: Box::pin(work(desk)), incoming: VecDeque::new(), in_flight: 0, waker, signal }
        };
        let all = desks.iter().enumerate().map(lane).collect();
        Self { all, ready, polling: Vec::new(), in_flight: 0 }
    }

    /// Messages that wait or are being handled.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Puts a message at the end of the lane that `hash` chooses.
    pub(super) fn push(&mut self, hash: u64, delivery: Delivery) {
        let count = self.all.len() as u64;
        let index = usize::try_from(hash.checked_rem(count).unwrap_or(0)).unwrap_or(0);
        let Some(lane) = self.all.get_mut(index) else { return };
        lane.incoming.push_back(delivery);
        lane.in_flight += 1;
        self.in_flight += 1;
        // A lane that is at work takes what has come in when it is done.
        if lane.in_flight == 1 {
            lane.signal.mark();
        }
    }

    /// Drops waiting messages of these partitions and returns how many there were. What is being handled goes on.
    pub(super) fn forget(&mut self, gone: &[TopicPartition]) -> usize {
        let stays = |delivery: &Delivery| {
            let from = TopicPartition { topic: delivery.token.topic, partition: delivery.token.partition };
            !gone.contains(&from)
        };
        let mut count = 0;
        for lane in &mut self.all {
            let mut papers = lane.desk.lock();
            let before = lane.incoming.len() + papers.waiting.len();
            lane.incoming.retain(stays);
            papers.waiting.retain(stays);
            let forgotten = before - lane.incoming.len() - papers.waiting.len();
            lane.in_flight -= forgotten;
            count += forgotten;
        }
        self.in_flight -= count;
        count
    }

    /// Polls the lanes that were woken. Ready when some message is finished; what is finished is appended to `finished`.
    pub(super) fn poll(&mut self, context: &mut Context<'_>, finished: &mut Vec<R>) -> Poll<()> {
        self.ready.task.register(context.waker());
        let before = finished.len();
        std::mem::swap(&mut self.polling, &mut self.ready.lanes.lock().unwrap_or_else(PoisonError::into_inner));
        for index in self.polling.drain(..) {
            let Some(lane) = self.all.get_mut(index) else { continue };
            lane.signal.queued.store(false, Atomic::Release);
            lane.poll(finished);
        }
        let count = finished.len() - before;
        self.in_flight -= count;
        if count > 0 { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<W: Future<Output = Infallible>, R> Lane<'_, W, R> {
    fn poll(&mut self, finished: &mut Vec<R>) {
        let mut context = Context::from_waker(&self.waker);
        {
            let waiting = &mut self.desk.lock().waiting;
            if waiting.is_empty() {
                std::mem::swap(waiting, &mut self.incoming);
            } else {
                waiting.append(&mut self.incoming);
            }
        }
        let Poll::Pending = self.worker.as_mut().poll(&mut context);
        let mut papers = self.desk.lock();
        self.in_flight -= papers.finished.len();
        finished.append(&mut papers.finished);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::message::Record;
    use crate::transport::Token;

    fn delivery(partition: i32, offset: i64) -> Delivery {
        let record = Record { partition: Some(partition), ..Record::new("t", "x") };
        Delivery { record, offset, delivery_count: None, token: Token { topic: 0, partition, offset, epoch: 0 } }
    }

    /// Partition 0 takes 50 ms per message, the others 1 ms.
    async fn work(desk: &Desk<i64>) -> Infallible {
        let (mut done, mut place) = (None, None);
        loop {
            desk.next(done, &mut place).await;
            let delivery = place.as_ref().unwrap();
            let slow = if delivery.partition() == 0 { 50 } else { 1 };
            tokio::time::sleep(Duration::from_millis(slow)).await;
            done = Some(delivery.offset);
        }
    }

    fn desks(count: usize) -> Vec<Desk<i64>> {
        (0..count).map(|_| Desk::new()).collect()
    }

    async fn drain<W: Future<Output = Infallible>>(lanes: &mut Lanes<'_, W, i64>) -> Vec<i64> {
        let mut finished = Vec::new();
        while lanes.in_flight() > 0 {
            poll_fn(|context| lanes.poll(context, &mut finished)).await;
        }
        finished
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_keeps_its_order_and_does_not_hold_up_others() {
        let desks = desks(2);
        let mut lanes = Lanes::new(&desks, work);
        for offset in 0..3 {
            lanes.push(0, delivery(0, offset));
            lanes.push(1, delivery(1, 10 + offset));
        }
        assert_eq!(drain(&mut lanes).await, [10, 11, 12, 0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_while_a_lane_works_is_not_forgotten() {
        let desks = desks(1);
        let mut lanes = Lanes::new(&desks, work);
        let mut finished = Vec::new();
        for offset in 0..20 {
            lanes.push(0, delivery(i32::from(offset % 3 == 0) ^ 1, offset));
            // Polled now and then only, so that messages come to idle, busy and woken lanes.
            if offset % 2 == 0 {
                let once = poll_fn(|context| Poll::Ready(lanes.poll(context, &mut finished)));
                assert!(once.await.is_pending() || !finished.is_empty());
            }
        }
        finished.extend(drain(&mut lanes).await);
        assert_eq!(finished, (0..20).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_messages_of_a_lost_partition_are_forgotten() {
        let desks = desks(1);
        let mut lanes = Lanes::new(&desks, work);
        let mut finished = Vec::new();
        (0..4).for_each(|n| lanes.push(0, delivery(1 + i32::from(n % 2 == 1), n)));
        // The first is at work, three wait at the desk, two more are on their way.
        assert!(poll_fn(|context| Poll::Ready(lanes.poll(context, &mut finished))).await.is_pending());
        (4..6).for_each(|n| lanes.push(0, delivery(1 + i32::from(n % 2 == 1), n)));
        assert_eq!(lanes.forget(&[TopicPartition { topic: 0, partition: 2 }]), 3);
        assert_eq!(drain(&mut lanes).await, [0, 2, 4]);
    }
}
