//! The stream of changes: from now on, or from where a client was; the present state where that is not known any more.
//!
//! One task for each stream takes entries from the [`Feed`](crate::feed::Feed) and hands events to the connection. It holds at most
//! [`AHEAD`] of them. A client that takes none for [`PATIENCE`], or that falls behind what the feed keeps, is cut off with the position
//! from which it goes on: nothing is left out in silence.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use eventpact_registry_client::grpc::messages::watch_event::Event;
use eventpact_registry_client::grpc::messages::{
    DocumentRemoved, DocumentVersion, Heartbeat, SchemaVersion, Setting, SnapshotDone, Started, VersionRemoved, WatchEvent,
    WatchRequest,
};
use futures_util::Stream;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tonic::{Code, Status};
use uuid::Uuid;

use super::{Call, convert, status};
use crate::documents::Document;
use crate::error::ApiError;
use crate::feed::{Cursor, Gone};
use crate::routes;
use crate::state::{Schema, State, Subject, Version};
use crate::store::{Change, Entry, Position};
use crate::subject::{SubjectName, context_prefix};

/// Events that wait for the connection.
const AHEAD: usize = 64;

/// Entries that are taken at a time.
const PART: usize = 64;

/// A client must take something within this time, as it must of an answer of REST.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often the stream says that it lives, and asks whether the caller may still come in.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The events of a stream, and how it ends.
pub(super) struct Events {
    waiting: mpsc::Receiver<WatchEvent>,
    end: oneshot::Receiver<Status>,
    ended: bool,
}

impl Stream for Events {
    type Item = Result<WatchEvent, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match std::task::ready!(self.waiting.poll_recv(cx)) {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => {
                // The end is told before the events stop.
                let end = std::task::ready!(Pin::new(&mut self.end).poll(cx));
                self.ended = true;
                Poll::Ready(end.ok().map(Err))
            }
        }
    }
}

/// Begins a stream.
pub(super) async fn start(call: Call, request: WatchRequest) -> Result<Events, Status> {
    let too_many = || Status::resource_exhausted("too many streams of changes are open; try again later");
    let place = Arc::clone(&call.app.grpc.places).try_acquire_owned().map_err(|_| too_many())?;
    let from = request.from.as_deref().map(parse).transpose()?;
    let newest = async {
        if let Some(sequence) = call.sequence {
            call.app.registry.reached(sequence).await?;
        }
        // What a client knows from another server, this one knows as well from here on.
        call.app.registry.newest().await
    };
    newest.await.map_err(|error| status::of(&error))?;
    let (sender, waiting) = mpsc::channel(AHEAD);
    let (end, ended) = oneshot::channel();
    let mut stopping = call.app.grpc.stopping.subscribe();
    tokio::spawn(async move {
        let mut follower = Follower::new(call, request.subject_prefix, sender.clone());
        let status = tokio::select! {
            status = follower.follow(from) => status,
            () = sender.closed() => Status::cancelled("the client has gone"),
            _ = stopping.wait_for(|stopping| *stopping) => follower.end(Code::Unavailable, "the server stops"),
        };
        let _ = end.send(status);
        drop(place);
    });
    Ok(Events { waiting, end: ended, ended: false })
}

/// A position: a number, and the batch that has it.
fn parse(text: &str) -> Result<(u64, Option<Uuid>), Status> {
    let (number, batch) = text.split_once('-').map_or((text, None), |(number, batch)| (number, Some(batch)));
    let batch = batch.map(Uuid::try_parse).transpose().ok();
    match (number.parse(), batch) {
        (Ok(number), Some(batch)) => Ok((number, batch)),
        _ => Err(status::of(&ApiError::bad_request("'from' is neither a number nor the position of an event"))),
    }
}

fn written(position: Position) -> String {
    if position.batch.is_nil() {
        return position.sequence.to_string();
    }
    format!("{}-{}", position.sequence, position.batch.simple())
}

/// One who follows.
struct Follower {
    call: Call,
    prefix: String,
    sender: mpsc::Sender<WatchEvent>,
    /// All that came until here was handed over.
    at: Cursor,
    /// The last position that was handed over.
    told: String,
}

type Told = Result<(), Status>;

impl Follower {
    fn new(call: Call, prefix: String, sender: mpsc::Sender<WatchEvent>) -> Self {
        let at = Cursor::of(&call.app.registry.snapshot());
        Self { call, prefix, sender, at, told: String::new() }
    }

    fn end(&self, code: Code, why: &str) -> Status {
        status::resumable(code, why, &self.told)
    }

    /// Hands over what comes, until something ends it.
    async fn follow(&mut self, from: Option<(u64, Option<Uuid>)>) -> Status {
        self.run(from).await.err().unwrap_or_else(|| self.end(Code::Unavailable, "the registry has ended"))
    }

    async fn run(&mut self, from: Option<(u64, Option<Uuid>)>) -> Told {
        let mut applied = self.call.app.registry.applied();
        self.begin(from).await?;
        let mut beat = Instant::now() + HEARTBEAT;
        loop {
            applied.borrow_and_update();
            if Instant::now() >= beat {
                self.beat().await?;
                beat = Instant::now() + HEARTBEAT;
            }
            match self.call.app.registry.feed.since(self.at, PART) {
                Ok(entries) if entries.is_empty() => tokio::select! {
                    changed = applied.changed() => if changed.is_err() { return Ok(()) },
                    () = tokio::time::sleep_until(beat) => {}
                },
                Ok(entries) => {
                    let state = self.call.app.registry.snapshot();
                    for entry in &entries {
                        self.tell(entry, &state).await?;
                    }
                }
                Err(Gone::Reloaded) => self.present().await?,
                Err(Gone::Overrun) => return Err(self.end(Code::Aborted, "the client is too slow for what changes")),
            }
        }
    }

    /// The first events.
    async fn begin(&mut self, from: Option<(u64, Option<Uuid>)>) -> Told {
        if let Some((sequence, batch)) = from {
            match self.call.app.registry.feed.resume(sequence, batch) {
                Some(cursor) => self.at = cursor,
                None => return self.present().await,
            }
        }
        self.send(Event::Started(Started { snapshot: false }), true).await
    }

    /// What there is now.
    async fn present(&mut self) -> Told {
        let state = self.call.app.registry.snapshot();
        self.at = Cursor::of(&state);
        self.send(Event::Started(Started { snapshot: true }), false).await?;
        let mut subjects = Vec::new();
        for (context, content) in state.contexts() {
            let names = content.subjects().map(|(name, _)| SubjectName::new(Arc::clone(context), Arc::clone(name)));
            subjects.extend(names.filter(|subject| self.concerns(subject)));
        }
        for subject in subjects {
            let versions: Vec<_> = state.subject(&subject).into_iter().flat_map(Subject::versions).collect();
            for (number, version) in versions {
                let schema = state.version(&subject, number).map(|(_, schema)| schema);
                self.send(told(&subject, number, version, schema.map(|schema| &**schema)), false).await?;
            }
        }
        for (name, versions) in state.documents.all() {
            if self.concerns(&SubjectName::parse(name)) {
                for (number, document) in versions.all() {
                    self.send(document_event(name, number, document), false).await?;
                }
            }
        }
        let mut settings: Vec<_> = state.configs().map(|(scope, config)| config_event(scope, Some(&**config))).collect();
        settings.extend(state.modes().map(|(scope, mode)| mode_event(scope, Some(mode))));
        for (scope, event) in settings {
            if self.concerns_setting(&scope) {
                self.send(event, false).await?;
            }
        }
        self.send(Event::SnapshotDone(SnapshotDone {}), true).await
    }

    /// The events of an entry; the last one has its position.
    async fn tell(&mut self, entry: &Entry, state: &State) -> Told {
        let mut events: Vec<Event> = entry.changes.iter().filter_map(|change| self.event(change, entry, state)).collect();
        self.at.position = entry.position;
        let last = events.pop();
        for event in events {
            self.send(event, false).await?;
        }
        match last {
            Some(event) => self.send(event, true).await,
            None => Ok(()),
        }
    }

    /// What a change tells this caller.
    fn event(&self, change: &Change, entry: &Entry, state: &State) -> Option<Event> {
        match change {
            Change::PutVersion { subject, number, version } if self.concerns(subject) => {
                let with = |other: &Change| match other {
                    Change::PutSchema { context, id, schema, .. } if *context == subject.context && *id == version.id => {
                        Some(Arc::clone(schema))
                    }
                    _ => None,
                };
                let known = state.context(&subject.context).and_then(|context| context.schema(version.id)).cloned();
                let schema = entry.changes.iter().find_map(with).or(known);
                Some(told(subject, *number, *version, schema.as_deref()))
            }
            Change::DropVersion { subject, number } if self.concerns(subject) => {
                Some(Event::VersionRemoved(VersionRemoved { subject: subject.to_string(), version: *number }))
            }
            Change::Config { scope, config } if self.concerns_setting(scope) => Some(config_event(scope, config.as_deref()).1),
            Change::Mode { scope, mode } if self.concerns_setting(scope) => Some(mode_event(scope, mode.as_ref()).1),
            Change::PutDocument { name, number, document } if self.concerns(&SubjectName::parse(name)) => {
                Some(document_event(name, *number, document))
            }
            Change::DropDocument { name, number } if self.concerns(&SubjectName::parse(name)) => {
                Some(Event::DocumentRemoved(DocumentRemoved { name: name.to_string(), version: *number }))
            }
            _ => None,
        }
    }

    /// Is this about a subject that was asked for, and that the caller may see?
    fn concerns(&self, subject: &SubjectName) -> bool {
        let begins = self.prefix.is_empty() || {
            let context = context_prefix(&subject.context);
            match self.prefix.strip_prefix(&context) {
                Some(rest) => subject.name.starts_with(rest),
                None => context.starts_with(&self.prefix),
            }
        };
        begins && self.call.caller.may_read(subject)
    }

    fn concerns_setting(&self, scope: &str) -> bool {
        scope.starts_with(&self.prefix) && routes::may_see_settings(&self.call.caller, scope)
    }

    /// Says that the stream lives; ends it when the caller's credentials do not count any more.
    async fn beat(&mut self) -> Told {
        let caller = self.call.app.gate.caller(&self.call.headers, &self.call.peer).await;
        self.call.caller = caller.map_err(|error| status::of(&error))?;
        self.send(Event::Heartbeat(Heartbeat {}), true).await
    }

    /// Hands an event over. `whole`: what it belongs to is complete with it.
    async fn send(&mut self, event: Event, whole: bool) -> Told {
        let position = if whole { written(self.at.position) } else { String::new() };
        let event = WatchEvent { sequence: self.at.position.sequence, position: position.clone(), event: Some(event) };
        match self.sender.send_timeout(event, PATIENCE).await {
            Ok(()) => {
                if whole {
                    self.told = position;
                }
                Ok(())
            }
            Err(SendTimeoutError::Timeout(_)) => Err(self.end(Code::Aborted, "the client took no event for 30 s")),
            Err(SendTimeoutError::Closed(_)) => Err(Status::cancelled("the client has gone")),
        }
    }
}

fn told(subject: &SubjectName, number: i32, version: Version, schema: Option<&Schema>) -> Event {
    Event::Version(SchemaVersion {
        subject: subject.to_string(),
        version: number,
        id: version.id,
        guid: schema.map(|schema| schema.identity.to_string()).unwrap_or_default(),
        deleted: version.deleted,
        schema: schema.map(convert::stored),
        timestamp: version.ts,
    })
}

fn document_event(name: &str, number: i32, document: &Document) -> Event {
    Event::Document(DocumentVersion {
        name: name.to_owned(),
        version: number,
        deleted: document.deleted,
        document: document.text.to_string(),
        sha256: document.sha256(),
        timestamp: document.ts,
    })
}

fn config_event(scope: &Arc<str>, config: Option<&eventpact_registry_client::Config>) -> (Arc<str>, Event) {
    (Arc::clone(scope), Event::Config(Setting { scope: scope.to_string(), value: convert::write(config) }))
}

fn mode_event(scope: &Arc<str>, mode: Option<&Arc<str>>) -> (Arc<str>, Event) {
    let value = mode.map(ToString::to_string).unwrap_or_default();
    (Arc::clone(scope), Event::Mode(Setting { scope: scope.to_string(), value }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_read_as_it_is_written() {
        let position = Position { sequence: 42, batch: Uuid::now_v7() };
        assert_eq!(parse(&written(position)).unwrap(), (42, Some(position.batch)));
        assert_eq!(parse(&written(Position { sequence: 7, ..Position::default() })).unwrap(), (7, None));
        for bad in ["", "x", "-", "1-", "1-x", "-1", "1 "] {
            assert_eq!(parse(bad).unwrap_err().code(), Code::InvalidArgument, "{bad}");
        }
    }
}
