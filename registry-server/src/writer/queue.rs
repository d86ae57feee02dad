//! The way to the writer thread: what waits there, and who is told what.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::status::{Health, Status};
use crate::audit::{self, Actor};
use crate::error::ApiError;
use crate::patience;
use crate::state::State;
use crate::store::{Change, Store, Wake};

/// Jobs that may wait; more are told to come back later.
const QUEUE: usize = 4096;

/// Tells the client, once it is known whether the batch is stored.
pub(super) type Acknowledge = Box<dyn FnOnce(Result<(), ApiError>) + Send>;

/// Looks at a state and says what shall change.
type Decide = Box<dyn Fn(&State) -> (Vec<Change>, Acknowledge) + Send>;

/// A request that may change something.
pub(super) struct Job {
    pub(super) decide: Decide,
    /// Who asks for it.
    pub(super) actor: Arc<Actor>,
    refuse: Acknowledge,
    is_wanted: Box<dyn Fn() -> bool + Send>,
}

impl Job {
    /// Somebody still waits for the answer.
    pub(super) fn is_wanted(&self) -> bool {
        (self.is_wanted)()
    }

    /// Tells the client that it was not, or perhaps not, done.
    pub(super) fn refuse(self, error: ApiError) {
        (self.refuse)(Err(error));
    }
}

/// What the thread is woken for.
pub(super) enum Message {
    /// A request.
    Job(Job),
    /// Others may have written.
    Wake,
}

/// The way to the thread.
pub(crate) struct Writer {
    queue: Arc<SyncSender<Message>>,
    woken: Arc<AtomicBool>,
    status: Arc<Status>,
    read_only: Option<&'static str>,
    /// The store is elsewhere, and may leave a question without an answer.
    remote: bool,
}

/// The other end.
pub(super) struct Queue {
    messages: Receiver<Message>,
    woken: Arc<AtomicBool>,
    /// While jobs were gathered.
    woken_meanwhile: Cell<bool>,
}

pub(super) fn channel(status: Arc<Status>, store: &dyn Store) -> (Writer, Queue) {
    let (queue, messages) = sync_channel(QUEUE);
    let woken = Arc::new(AtomicBool::new(false));
    let (read_only, remote) = (store.read_only(), store.poll().is_some());
    let writer = Writer { queue: Arc::new(queue), woken: Arc::clone(&woken), status, read_only, remote };
    (writer, Queue { messages, woken, woken_meanwhile: Cell::new(false) })
}

impl Writer {
    /// How the store is.
    pub(crate) fn health(&self) -> Arc<Health> {
        self.status.health()
    }

    /// Wakes the thread, so that it looks for what others have written. Does not keep it alive.
    pub(crate) fn wake(&self) -> Wake {
        let (queue, woken) = (Arc::downgrade(&self.queue), Arc::clone(&self.woken));
        Arc::new(move || {
            // Who is woken already sees what came before it looks.
            if !woken.swap(true, Ordering::SeqCst)
                && let Some(queue) = queue.upgrade()
                && queue.try_send(Message::Wake).is_err()
            {
                woken.store(false, Ordering::SeqCst);
            }
        })
    }

    /// Runs a decision on the newest state and waits until its changes are durable and visible. The decision may run several
    /// times; the answer is that of the run whose changes were stored. A store that is elsewhere gets so much time as the request
    /// has patience; after that nobody knows whether the changes are stored, or will be.
    pub(crate) async fn submit<T, F>(&self, decide: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: Fn(&State) -> Result<(Vec<Change>, T), ApiError> + Send + 'static,
    {
        if let Some(why) = self.read_only {
            return Err(ApiError::not_permitted(why));
        }
        if self.status.is_down() {
            return Err(ApiError::store_away());
        }
        if let Some(why) = self.status.standby() {
            return Err(ApiError::standby(&why));
        }
        let (answer, answered) = oneshot::channel();
        let client = Client { answer: Arc::new(Mutex::new(Some(answer))) };
        let (refuse, waiting) = (client.clone(), client.clone());
        let job = Job {
            decide: Box::new(move |state| {
                let client = client.clone();
                match decide(state) {
                    Ok((changes, value)) => (changes, Box::new(move |stored| client.tell(stored.map(|()| value)))),
                    // The refusal may rest on a change of the same batch, so it waits for the batch as well.
                    Err(refusal) => (Vec::new(), Box::new(move |stored| client.tell(stored.and(Err(refusal))))),
                }
            }),
            actor: audit::actor(),
            refuse: Box::new(move |refused| refuse.tell(refused.and(Err(ApiError::internal())))),
            is_wanted: Box::new(move || waiting.is_there()),
        };
        let answered = async { answered.await.unwrap_or_else(|_| Err(ApiError::internal())) };
        match self.queue.try_send(Message::Job(job)) {
            Ok(()) if self.remote => patience::wait(answered).await,
            Ok(()) => answered.await,
            Err(TrySendError::Full(_)) => Err(ApiError::busy()),
            Err(TrySendError::Disconnected(_)) => Err(ApiError::store_away()),
        }
    }
}

/// Where one answer goes.
type Answer<T> = oneshot::Sender<Result<T, ApiError>>;

/// Who waits for an answer; only the first one arrives.
struct Client<T> {
    answer: Arc<Mutex<Option<Answer<T>>>>,
}

impl<T> Clone for Client<T> {
    fn clone(&self) -> Self {
        Self { answer: Arc::clone(&self.answer) }
    }
}

impl<T> Client<T> {
    fn is_there(&self) -> bool {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.as_ref().is_some_and(|answer| !answer.is_closed())
    }

    fn tell(&self, result: Result<T, ApiError>) {
        if let Some(answer) = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A client that went away meanwhile needs no answer.
            let _ = answer.send(result);
        }
    }
}

impl Queue {
    /// Whether others may have written since the last batch was gathered; asks once.
    pub(super) fn was_woken(&self) -> bool {
        self.woken_meanwhile.take()
    }

    /// The next message, waiting at most this long.
    pub(super) fn next(&self, wait: Option<Duration>) -> Result<Message, RecvTimeoutError> {
        let message = match wait {
            Some(wait) => self.messages.recv_timeout(wait)?,
            None => self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected)?,
        };
        if matches!(message, Message::Wake) {
            self.woken.store(false, Ordering::SeqCst);
        }
        Ok(message)
    }

    /// The jobs that go with the first one: those that are there, and those that are likely to come at once, because the batch
    /// before had so many.
    pub(super) fn gather(&self, first: Job, most: usize, expected: usize, linger: Duration) -> Vec<Job> {
        let mut batch = vec![first];
        let end = Instant::now() + linger;
        while batch.len() < most {
            let message = match self.messages.try_recv() {
                Ok(message) => message,
                Err(_) if batch.len() >= expected => break,
                Err(_) => match self.messages.recv_timeout(end.saturating_duration_since(Instant::now())) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                },
            };
            match message {
                Message::Job(job) => batch.push(job),
                Message::Wake => {
                    self.woken.store(false, Ordering::SeqCst);
                    self.woken_meanwhile.set(true);
                }
            }
        }
        batch
    }
}
