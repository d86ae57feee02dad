//! The consumer as the runtime sees it: takes what the polling thread fetched, settles, commits, closes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::metadata::MetadataTopic;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::assignment::{Ending, Shared, State};
use super::poll::{self, Context};
use super::{CAPABILITIES, KafkaConfig, errors};
use crate::tracker::Position;
use crate::transport::{AssignmentEvent, Capabilities, ConnectError, Consumer, Delivery, RecvError, Settle, Subscription, Token};

/// How long to wait for the answer to a commit…
const COMMIT_WITHIN: Duration = Duration::from_secs(10);
/// …and for one that is overdue: the caller has other things to do meanwhile.
const OVERDUE_WITHIN: Duration = Duration::from_millis(50);

/// A member of a consumer group.
///
/// Positions are committed by [`Consumer::flush_settles`], when partitions are revoked, and by [`Consumer::close`]; they never
/// pass an unsettled message.
#[derive(Debug)]
pub struct KafkaConsumer {
    shared: Arc<Shared>,
    /// There until the consumer ends. The polling thread drops the client last, since that blocks.
    client: Option<Arc<Client>>,
    /// The polling thread's last words: how the last commit went, and that it has left the group.
    last_commit: oneshot::Receiver<Result<(), RecvError>>,
    left: oneshot::Receiver<()>,
}

struct Client(BaseConsumer<Context>);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.context().fmt(f)
    }
}

impl KafkaConsumer {
    /// Makes the client, looks for the topics, subscribes and starts to poll. Blocks.
    pub(super) fn connect(config: &KafkaConfig, subscription: Subscription) -> Result<Self, ConnectError> {
        let client_config = config.for_consumer(&subscription)?;
        let shared = Arc::new(Shared::new(subscription.topics.clone(), subscription.window));
        let context = Context {
            shared: Arc::clone(&shared),
            topics: subscription.topics,
            start: subscription.start,
            revoke_grace: config.revoke_grace,
        };
        let client: BaseConsumer<Context> =
            client_config.create_with_context(context).map_err(|error| errors::connect_error(&error))?;
        for topic in &client.context().topics {
            let metadata = client.fetch_metadata(Some(topic), config.connect_timeout);
            let metadata = metadata.map_err(|_| super::unreachable(&client_config, config.connect_timeout))?;
            let error = metadata.topics().first().and_then(MetadataTopic::error).map(RDKafkaErrorCode::from);
            if error == Some(RDKafkaErrorCode::UnknownTopicOrPartition) {
                return Err(ConnectError::NoTopic(topic.to_string()));
            }
        }
        let topics: Vec<&str> = client.context().topics.iter().map(|topic| &**topic).collect();
        client.subscribe(&topics).map_err(|error| errors::connect_error(&error))?;
        Self::start(shared, client)
    }

    fn start(shared: Arc<Shared>, client: BaseConsumer<Context>) -> Result<Self, ConnectError> {
        let client = Arc::new(Client(client));
        let (commit_sender, last_commit) = oneshot::channel();
        let (left_sender, left) = oneshot::channel();
        let thread = std::thread::Builder::new().name("eventpact-kafka".to_owned());
        let polled = Arc::clone(&client);
        let spawned = thread.spawn(move || {
            let end = Thread(Arc::clone(&polled.0.context().shared));
            // Nobody listens when the consumer was dropped.
            let _ = commit_sender.send(poll::run(&polled.0));
            drop(end);
            drop(polled);
            let _ = left_sender.send(());
        });
        match spawned {
            Ok(_) => Ok(Self { shared, client: Some(client), last_commit, left }),
            Err(error) => Err(ConnectError::Unavailable(format!("no thread for the Kafka consumer: {error}"))),
        }
    }

    /// Tells the polling thread to end, and leaves the client to it.
    fn end(&mut self, ending: Ending) {
        drop(self.client.take());
        self.shared.lock().ending.get_or_insert(ending);
        self.shared.moved.notify_all();
    }
}

/// Tells the consumer when the polling thread ends for a reason that nobody planned: it would wait for ever.
struct Thread(Arc<Shared>);

impl Drop for Thread {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        if state.ending.is_none() {
            state.fault = Some(RecvError::Fatal("the polling thread of the Kafka consumer has ended".to_owned()));
            self.0.arrived.notify_one();
        }
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        self.end(Ending::Crash);
    }
}

/// The fault to report, if any. One that cannot be cured stays.
fn fault(state: &mut State) -> Result<(), RecvError> {
    match &state.fault {
        Some(fatal @ RecvError::Fatal(_)) => Err(fatal.clone()),
        Some(RecvError::Transient(_)) => state.fault.take().map_or(Ok(()), Err),
        None => Ok(()),
    }
}

impl Consumer for KafkaConsumer {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn next_batch(&mut self, into: &mut Vec<Delivery>, max: usize, wait: Duration) -> Result<(), RecvError> {
        let deadline = Instant::now() + wait;
        let before = into.len();
        loop {
            {
                let mut state = self.shared.lock();
                state.deliver(into, max);
                if state.resting {
                    self.shared.moved.notify_all();
                }
                if into.len() > before {
                    return Ok(());
                }
                fault(&mut state)?;
                if std::mem::take(&mut state.unseen_events) {
                    return Ok(());
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || timeout(left, self.shared.arrived.notified()).await.is_err() {
                return Ok(());
            }
        }
    }

    fn take_events(&mut self, into: &mut Vec<AssignmentEvent>) {
        self.shared.lock().take_events(into);
    }

    fn settle(&mut self, token: Token, settle: Settle) {
        if self.shared.lock().settle(token, settle) {
            self.shared.moved.notify_all();
        }
    }

    fn acknowledge(&mut self, tokens: &[Token]) {
        let mut state = self.shared.lock();
        let mut awaited = false;
        for token in tokens {
            awaited |= state.settle(*token, Settle::Ack);
        }
        if awaited {
            self.shared.moved.notify_all();
        }
    }

    async fn flush_settles(&mut self) -> Result<(), RecvError> {
        let until = Instant::now() + if self.shared.lock().commits.overdue { OVERDUE_WITHIN } else { COMMIT_WITHIN };
        loop {
            // One commit at a time; one whose caller gave up is waited for first.
            let (answered, positions) = {
                let mut state = self.shared.lock();
                let positions = state.uncommitted(None);
                if positions.is_empty() {
                    return Ok(());
                }
                let free = !std::mem::replace(&mut state.commits.in_flight, true);
                (state.commits.answered, free.then_some(positions))
            };
            let ours = positions.is_some();
            if let Some(positions) = positions {
                self.commit(positions)?;
            }
            self.answer(answered, until).await?;
            if ours && let Some(error) = self.shared.lock().commits.last.take() {
                return Err(error);
            }
        }
    }

    async fn close(mut self, deadline: Duration) -> Result<(), RecvError> {
        let until = Instant::now() + deadline;
        self.end(Ending::Close(until));
        // The thread looks up from its poll every tenth of a second, so give it a little more than was asked for.
        let Ok(committed) = timeout(deadline + Duration::from_millis(500), &mut self.last_commit).await else {
            return Err(RecvError::Transient("the last commit was not confirmed in time: its messages come again".to_owned()));
        };
        let committed = committed.unwrap_or_else(|_| Err(RecvError::Fatal("the polling thread ended early".to_owned())));
        // Leaving is a courtesy: the group would notice by itself, later.
        let _ = timeout(until.saturating_duration_since(Instant::now()), &mut self.left).await;
        committed
    }
}

impl KafkaConsumer {
    /// Commits on a thread for this one commit: the call blocks, in the worst case longer than a runtime that shuts down should
    /// wait for one of its own threads.
    fn commit(&self, positions: Vec<Position>) -> Result<(), RecvError> {
        let Some(client) = self.client.clone() else { return Err(RecvError::Fatal("the consumer is closed".to_owned())) };
        let thread = std::thread::Builder::new().name("eventpact-kafka-commit".to_owned());
        let spawned = thread.spawn(move || {
            let context = client.0.context();
            let result = context.commit(&client.0, &positions);
            answered(&context.shared, result.err());
        });
        if let Err(error) = spawned {
            let error = RecvError::Transient(format!("no thread for a commit: {error}"));
            answered(&self.shared, Some(error));
        }
        Ok(())
    }

    /// Waits until a commit beyond the first `answered` ones is answered.
    async fn answer(&self, answered: u64, until: Instant) -> Result<(), RecvError> {
        while self.shared.lock().commits.answered == answered {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || timeout(left, self.shared.committed.notified()).await.is_err() {
                self.shared.lock().commits.overdue = true;
                return Err(RecvError::Transient("the broker has not answered a commit yet".to_owned()));
            }
        }
        Ok(())
    }
}

fn answered(shared: &Shared, failed: Option<RecvError>) {
    let mut state = shared.lock();
    state.commits.in_flight = false;
    state.commits.overdue = false;
    state.commits.last = failed;
    state.commits.answered += 1;
    drop(state);
    shared.committed.notify_one();
}
