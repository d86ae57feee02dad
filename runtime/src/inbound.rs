//! The way in: from a delivery to a typed event. Which message of the channel it is, and whether our schema reads it.
//!
//! A body of our own schema is decoded straight on. A body of another writer's schema goes through a plan that is worked out
//! once per schema id. Everything that can be wrong with a body becomes a [`Failure`] with its class; nothing is skipped.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::codec::{DecodeError, avro, framing};
use crate::event::{DecodeRef, Event, Schema, SchemaFormat};
use crate::failure::{ErrorClass, Failure};
use crate::message::{Envelope, Metadata};
use crate::schemas::{SchemaError, Schemas, WriterText};
use crate::transport::Delivery;

/// The header that names the message where a channel carries several and the schema does not tell them apart.
pub const MESSAGE_HEADER: &str = "eventpact-message";

/// How long an unknown id stays unknown without asking again, so that bad messages cannot flood the registry.
const UNKNOWN_FOR: Duration = Duration::from_secs(10);
/// Ids that are kept at most; ids come from the wire.
const MAX_IDS: usize = 10_000;

/// The messages that one consumer reads from one channel, and what is known about the schemas of their writers.
///
/// Build it with [`Inbound::new`] and one [`Inbound::message`] per message; the order gives the index of [`Opened::message`].
#[derive(Debug)]
pub struct Inbound {
    topic: Arc<str>,
    schemas: Schemas,
    readers: Vec<Reader>,
    /// The first writers that were met, to be found without a lock: nearly all messages are theirs.
    first: [OnceLock<(u32, Arc<Writer>)>; 4],
    writers: RwLock<HashMap<u32, Known>>,
}

/// A message type of ours.
#[derive(Debug)]
struct Reader {
    name: &'static str,
    full_name: &'static str,
    schema: Schema,
    subject: String,
}

/// What an id means for us.
#[derive(Debug, Clone)]
enum Known {
    Writer(Arc<Writer>),
    /// Unknown or unreadable, until the time given.
    Bad(SchemaError, Instant),
}

#[derive(Debug)]
struct Writer {
    /// Which of our messages it is; `None` when only the message indexes or a header tell.
    message: Option<usize>,
    schema: WriterSchema,
    subject: Option<String>,
}

/// How the bytes of a writer's schema are read.
#[derive(Debug)]
enum WriterSchema {
    /// As our own: it is our own, or its format takes care of differences itself.
    Same,
    /// Rewritten first.
    Transcode(Box<avro::Plan>),
}

/// A delivery whose message is known and whose payload is ready to be decoded.
#[derive(Debug)]
pub struct Opened<'d> {
    /// Which message it is: the position of its [`Inbound::message`] call.
    pub message: usize,
    /// The writer's schema id, when the body names one.
    pub schema_id: Option<u32>,
    delivery: &'d Delivery,
    payload: &'d [u8],
    /// Where the payload begins in the body.
    offset: usize,
    writer: Option<Met<'d>>,
}

/// A writer that was met among the first or later.
#[derive(Debug)]
enum Met<'d> {
    First(&'d Writer),
    Later(Arc<Writer>),
}

impl Met<'_> {
    fn get(&self) -> &Writer {
        match self {
            Self::First(writer) => writer,
            Self::Later(writer) => writer,
        }
    }
}

/// What a dead letter says about schemas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchemaFacts {
    /// The id that the body names.
    pub writer_id: Option<u32>,
    /// The subject of the writer's schema, as far as it is known.
    pub subject: Option<String>,
    /// The fingerprint of the schema that we read with.
    pub reader_fingerprint: Option<&'static str>,
}

impl Inbound {
    /// A channel without messages yet.
    pub fn new(schemas: Schemas, topic: impl Into<Arc<str>>) -> Self {
        Self { topic: topic.into(), schemas, readers: Vec::new(), first: Default::default(), writers: RwLock::default() }
    }

    /// Adds the message `E`.
    #[must_use]
    pub fn message<E: Event>(mut self) -> Self {
        let subject = self.schemas.subject::<E>(&self.topic);
        self.readers.push(Reader { name: E::NAME, full_name: E::FULL_NAME, schema: E::SCHEMA, subject });
        self
    }

    /// Finds out which message a delivery is and how its payload is read. Asks the registry once per unknown schema id.
    pub async fn open<'d>(&'d self, delivery: &'d Delivery) -> Result<Opened<'d>, Failure> {
        let body = delivery.record.value.as_deref().ok_or_else(|| {
            Failure::new(ErrorClass::Decode, "the record has no body (a tombstone), and the contract has no such message")
        })?;
        if !self.schemas.framed() {
            let message = self.named(delivery)?;
            return Ok(Opened { message, schema_id: None, delivery, payload: body, offset: 0, writer: None });
        }
        let (id, rest) = framing::read_prefix(body)?;
        let writer = match self.first(id) {
            Some(writer) => Met::First(writer),
            None => match self.cached(id) {
                Some(known) => Met::Later(known?),
                // Boxed, because it is rare and large.
                None => Met::Later(Box::pin(self.resolve(id)).await?),
            },
        };
        let (message, payload) = self.message_of(delivery, writer.get(), rest)?;
        let offset = body.len() - payload.len();
        Ok(Opened { message, schema_id: Some(id), delivery, payload, offset, writer: Some(writer) })
    }

    /// What is known about the schemas of a delivery; for the dead letter.
    pub fn facts(&self, delivery: &Delivery) -> SchemaFacts {
        let body = delivery.record.value.as_deref().filter(|_| self.schemas.framed());
        let writer_id = body.and_then(|body| framing::read_prefix(body).ok()).map(|(id, _)| id);
        let writer = writer_id.and_then(|id| self.cached(id)).and_then(Result::ok);
        let message = writer.as_ref().and_then(|writer| writer.message);
        let reader = self.readers.get(message.unwrap_or(0)).filter(|_| message.is_some() || self.readers.len() == 1);
        SchemaFacts {
            writer_id,
            subject: writer
                .as_ref()
                .and_then(|writer| writer.subject.clone())
                .or_else(|| reader.filter(|_| writer_id.is_some()).map(|reader| reader.subject.clone())),
            reader_fingerprint: reader.map(|reader| reader.schema.fingerprint).filter(|text| !text.is_empty()),
        }
    }

    fn first(&self, id: u32) -> Option<&Writer> {
        let known = self.first.iter().map_while(OnceLock::get).find(|(known, _)| *known == id);
        known.map(|(_, writer)| &**writer)
    }

    fn cached(&self, id: u32) -> Option<Result<Arc<Writer>, SchemaError>> {
        match self.writers.read().unwrap_or_else(PoisonError::into_inner).get(&id)? {
            Known::Writer(writer) => Some(Ok(Arc::clone(writer))),
            Known::Bad(error, until) if Instant::now() < *until => Some(Err(error.clone())),
            Known::Bad(..) => None,
        }
    }

    async fn resolve(&self, id: u32) -> Result<Arc<Writer>, SchemaError> {
        let resolved = self.work_out(id).await;
        let known = match &resolved {
            Ok(writer) => {
                // Two tasks may meet the same writer at once: it then has two places, which does no harm.
                let _ = self.first.iter().find(|place| place.set((id, Arc::clone(writer))).is_ok());
                Known::Writer(Arc::clone(writer))
            }
            Err(error) if error.is_transient() => return resolved,
            Err(error) => Known::Bad(error.clone(), Instant::now() + UNKNOWN_FOR),
        };
        let mut writers = self.writers.write().unwrap_or_else(PoisonError::into_inner);
        if writers.len() >= MAX_IDS {
            writers.clear();
        }
        writers.insert(id, known);
        resolved
    }

    async fn work_out(&self, id: u32) -> Result<Arc<Writer>, SchemaError> {
        let text = self.schemas.writer(id).await?;
        let candidates: Vec<usize> =
            (0..self.readers.len()).filter(|index| self.readers[*index].schema.format == text.format).collect();
        let same = candidates.iter().copied().find(|index| is_same_text(&self.readers[*index].schema, &text));
        let named = || candidates.iter().copied().find(|index| says_name(&self.readers[*index], &text));
        let message = match (same, candidates.as_slice()) {
            (Some(index), _) => Some(index),
            (None, [only]) => Some(*only),
            (None, []) => {
                let text = format!("schema id {id} is {:?}, which no message of `{}` is", text.format, self.topic);
                return Err(SchemaError::Incompatible(text));
            }
            (None, _) => named(),
        };
        let schema = match (text.format, same, message) {
            (SchemaFormat::Avro, None, Some(index)) => self.plan(id, index, &text)?,
            (SchemaFormat::Avro, None, None) => {
                let text = format!("schema id {id} is none of the messages of `{}`", self.topic);
                return Err(SchemaError::Unknown(text));
            }
            _ => WriterSchema::Same,
        };
        // One Protobuf file may hold several messages of ours: there the indexes in the body decide.
        let message = message.filter(|_| text.format != SchemaFormat::Protobuf || candidates.len() == 1);
        Ok(Arc::new(Writer { message, schema, subject: text.subject }))
    }

    fn plan(&self, id: u32, index: usize, writer: &WriterText) -> Result<WriterSchema, SchemaError> {
        let reader = &self.readers[index].schema;
        let references: Vec<(&str, &str)> = reader.references.iter().map(|known| (known.name, known.text)).collect();
        match avro::Plan::new(&writer.text, &writer.references, reader.text, &references) {
            Ok(plan) => Ok(WriterSchema::Transcode(Box::new(plan))),
            Err(error) => Err(SchemaError::Incompatible(format!(
                "our schema of `{}` cannot read what was written with schema id {id}: {error}",
                self.readers[index].full_name
            ))),
        }
    }

    fn message_of<'b>(&self, delivery: &Delivery, writer: &Writer, rest: &'b [u8]) -> Result<(usize, &'b [u8]), Failure> {
        let format = self.readers.first().map(|reader| reader.schema.format);
        if format != Some(SchemaFormat::Protobuf) {
            let message = writer.message.map_or_else(|| self.named(delivery), Ok)?;
            return Ok((message, rest));
        }
        let (indexes, payload) = framing::read_indexes(rest, framing::PREFIX_LEN)?;
        let by_index = self.readers.iter().position(|reader| reader.schema.message_indexes == indexes);
        by_index.map(|message| (message, payload)).ok_or_else(|| {
            let text = format!("the body is message {indexes:?} of its file, which no message of `{}` is", self.topic);
            Failure::new(ErrorClass::SchemaUnknown, text)
        })
    }

    /// The only message, or the one that the header names.
    fn named(&self, delivery: &Delivery) -> Result<usize, Failure> {
        if self.readers.len() == 1 {
            return Ok(0);
        }
        let name = delivery.record.headers.text(MESSAGE_HEADER);
        name.and_then(|name| self.readers.iter().position(|reader| reader.name == name)).ok_or_else(|| {
            let text = match name {
                Some(name) => format!("the header {MESSAGE_HEADER} names `{name:.100}`, which `{}` does not carry", self.topic),
                None => format!("`{}` carries several messages, and the header {MESSAGE_HEADER} is missing", self.topic),
            };
            Failure::new(ErrorClass::SchemaUnknown, text)
        })
    }
}

impl Opened<'_> {
    /// Decodes the payload as an `E`; `attempt` is the number of the try, from 1.
    pub fn decode<E: Event>(&self, attempt: u32) -> Result<Envelope<E>, Failure> {
        let event = match self.plan() {
            Some(plan) => {
                let mut ours = Vec::new();
                self.transcode(plan, &mut ours).and_then(|()| E::decode(&ours))
            }
            None => E::decode(self.payload),
        };
        Ok(self.envelope(event.map_err(|error| self.located(&error))?, attempt))
    }

    /// Decodes the payload as an `E` that borrows from the delivery; or from `buffer`, where the payload of another writer's
    /// schema is rewritten.
    pub fn decode_ref<'b, E: DecodeRef>(
        &'b self,
        attempt: u32,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Envelope<E::Ref<'b>>, Failure> {
        let event = match self.plan() {
            Some(plan) => self.transcode(plan, buffer).and_then(|()| E::decode_ref(buffer)),
            None => E::decode_ref(self.payload),
        };
        Ok(self.envelope(event.map_err(|error| self.located(&error))?, attempt))
    }

    fn plan(&self) -> Option<&avro::Plan> {
        match self.writer.as_ref().map(Met::get) {
            Some(Writer { schema: WriterSchema::Transcode(plan), .. }) => Some(plan),
            _ => None,
        }
    }

    fn transcode(&self, plan: &avro::Plan, ours: &mut Vec<u8>) -> Result<(), DecodeError> {
        ours.clear();
        ours.reserve(self.payload.len() + 64);
        plan.transcode(self.payload, ours)
    }

    fn envelope<T>(&self, event: T, attempt: u32) -> Envelope<T> {
        let record = &self.delivery.record;
        let meta = Metadata {
            topic: Arc::clone(&record.topic),
            partition: self.delivery.partition(),
            offset: self.delivery.offset,
            timestamp_ms: record.timestamp_ms,
            attempt,
            schema_id: self.schema_id,
        };
        Envelope { event, key: record.key.clone(), headers: record.headers.clone(), meta }
    }

    #[cold]
    fn located(&self, error: &DecodeError) -> Failure {
        let after =
            if self.offset > 0 { format!("; the payload begins at byte {} of the body", self.offset) } else { String::new() };
        let class = if error.is_because_of_schemas() { ErrorClass::SchemaIncompatible } else { ErrorClass::Decode };
        Failure::new(class, format!("{error}{after}"))
    }
}

/// The registry may give a text back with other white space.
fn is_same_text(schema: &Schema, writer: &WriterText) -> bool {
    let same = |ours: &str, theirs: &str| {
        let squeezed = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
        ours == theirs
            || (schema.format != SchemaFormat::Protobuf && squeezed(ours).is_some_and(|ours| Some(ours) == squeezed(theirs)))
    };
    same(schema.text, &writer.text)
        && schema
            .references
            .iter()
            .all(|ours| writer.references.iter().any(|(name, text)| name == ours.name && same(ours.text, text)))
}

/// True when the writer's text is a record of the reader's full name.
fn says_name(reader: &Reader, writer: &WriterText) -> bool {
    let Ok(serde_json::Value::Object(schema)) = serde_json::from_str(&writer.text) else { return false };
    let text = |key: &str| schema.get(key).and_then(serde_json::Value::as_str);
    match (text("name"), text("namespace")) {
        (Some(name), Some(namespace)) if !name.contains('.') => reader.full_name == format!("{namespace}.{name}"),
        (Some(name), _) => reader.full_name == name,
        _ => text("title").is_some_and(|title| title == reader.name),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::codec::EncodeError;
    use crate::codec::avro::wire;
    use crate::message::{Headers, Record};
    use crate::random::Random;
    use crate::transport::Token;

    macro_rules! event {
        ($name:ident, $full:literal, $schema:expr) => {
            #[derive(Debug, PartialEq)]
            struct $name(i32);

            impl Event for $name {
                const NAME: &'static str = stringify!($name);
                const FULL_NAME: &'static str = $full;
                const CONTENT_TYPE: &'static str = "application/octet-stream";
                const SCHEMA: Schema = $schema;

                fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
                    wire::write_int(out, self.0);
                    Ok(())
                }

                fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                    let mut reader = wire::Reader::new(bytes);
                    let event = Self(reader.int()?);
                    reader.finish()?;
                    Ok(event)
                }
            }
        };
    }

    const fn avro(text: &'static str) -> Schema {
        Schema { fingerprint: "crc-64-avro:0123", ..Schema::new(SchemaFormat::Avro, text) }
    }

    event!(
        Placed,
        "shop.Placed",
        avro(r#"{"type":"record","name":"Placed","namespace":"shop","fields":[{"name":"n","type":"int"}]}"#)
    );
    event!(
        Newer,
        "shop.Placed",
        avro(r#"{"type":"record","name":"shop.Placed","fields":[{"name":"s","type":"string"},{"name":"n","type":"int"}]}"#)
    );
    event!(Foreign, "shop.Placed", avro(r#"{"type":"record","name":"shop.Placed","fields":[{"name":"n","type":"string"}]}"#));
    event!(Paid, "shop.Paid", avro(r#"{"type":"record","name":"shop.Paid","fields":[{"name":"n","type":"int"}]}"#));
    event!(First, "shop.First", Schema::new(SchemaFormat::Protobuf, "message First {} message Second {}"));
    event!(
        Second,
        "shop.Second",
        Schema { message_indexes: &[1], ..Schema::new(SchemaFormat::Protobuf, "message First {} message Second {}") }
    );

    fn delivery(body: Option<Vec<u8>>, headers: Headers) -> Delivery {
        let record = Record { value: body.map(Bytes::from), headers, ..Record::new("orders", "") };
        Delivery { record, offset: 3, delivery_count: None, token: Token { topic: 0, partition: 1, offset: 3, epoch: 0 } }
    }

    async fn body<E: Event>(schemas: &Schemas, payload: &[u8]) -> Vec<u8> {
        let mut body = schemas.prefix::<E>("orders").await.unwrap();
        body.extend_from_slice(payload);
        body
    }

    /// What `inbound` makes of a body: the position of the message and its number, or the class of the failure.
    async fn read<E: Event + std::fmt::Debug>(inbound: &Inbound, body: Vec<u8>) -> Result<(usize, String), ErrorClass> {
        let delivery = delivery(Some(body), Headers::new());
        let opened = inbound.open(&delivery).await.map_err(|failure| failure.class)?;
        let envelope = opened.decode::<E>(1).map_err(|failure| failure.class)?;
        Ok((opened.message, format!("{:?}", envelope.event)))
    }

    #[tokio::test]
    async fn our_own_schema_and_newer_ones_are_read() {
        let schemas = Schemas::local();
        let inbound = Inbound::new(schemas.clone(), "orders").message::<Placed>();
        assert_eq!(read::<Placed>(&inbound, body::<Placed>(&schemas, &[14]).await).await, Ok((0, "Placed(7)".into())));
        let newer = body::<Newer>(&schemas, &[2, b'x', 16]).await;
        for _ in 0..3 {
            assert_eq!(read::<Placed>(&inbound, newer.clone()).await, Ok((0, "Placed(8)".into())));
        }
    }

    /// The bytes of a [`Placed`].
    #[derive(Debug, Clone, PartialEq)]
    struct PlacedRef<'a>(&'a [u8]);

    impl From<PlacedRef<'_>> for Placed {
        fn from(view: PlacedRef<'_>) -> Self {
            Self::decode(view.0).unwrap()
        }
    }

    impl DecodeRef for Placed {
        type Ref<'a> = PlacedRef<'a>;

        fn decode_ref(bytes: &[u8]) -> Result<PlacedRef<'_>, DecodeError> {
            Self::decode(bytes).map(|_| PlacedRef(bytes))
        }
    }

    #[tokio::test]
    async fn a_view_is_of_the_body_or_of_what_a_plan_made_of_it() {
        let schemas = Schemas::local();
        let inbound = Inbound::new(schemas.clone(), "orders").message::<Placed>();
        let own = delivery(Some(body::<Placed>(&schemas, &[14]).await), Headers::new());
        let newer = delivery(Some(body::<Newer>(&schemas, &[2, b'x', 16]).await), Headers::new());
        let broken = delivery(Some(body::<Newer>(&schemas, &[2, b'x']).await), Headers::new());
        let mut buffer = vec![9; 9];
        let opened = inbound.open(&own).await.unwrap();
        let view = opened.decode_ref::<Placed>(2, &mut buffer).unwrap();
        assert_eq!((view.event, view.meta.attempt, view.meta.schema_id), (PlacedRef(&[14]), 2, opened.schema_id));
        let opened = inbound.open(&newer).await.unwrap();
        assert_eq!(opened.decode_ref::<Placed>(1, &mut buffer).unwrap().event, PlacedRef(&[16]));
        let opened = inbound.open(&broken).await.unwrap();
        let (owned, view) = (opened.decode::<Placed>(1).unwrap_err(), opened.decode_ref::<Placed>(1, &mut buffer).unwrap_err());
        assert_eq!((view.class, view.to_string()), (owned.class, owned.to_string()));
    }

    #[tokio::test]
    async fn what_cannot_be_read_has_its_class() {
        let schemas = Schemas::local();
        let inbound = Inbound::new(schemas.clone(), "orders").message::<Placed>();
        let incompatible = body::<Foreign>(&schemas, &[2, b'x']).await;
        for (body, class) in [
            (incompatible, ErrorClass::SchemaIncompatible),
            (vec![0, 0, 0, 9, 9, 14], ErrorClass::SchemaUnknown),
            (b"{}".to_vec(), ErrorClass::Decode),
            (vec![], ErrorClass::Decode),
            (body::<Placed>(&schemas, &[14, 14]).await, ErrorClass::Decode),
            (body::<Placed>(&schemas, &[]).await, ErrorClass::Decode),
        ] {
            for _ in 0..2 {
                assert_eq!(read::<Placed>(&inbound, body.clone()).await, Err(class), "{body:?}");
            }
        }
        let tombstone = delivery(None, Headers::new());
        assert_eq!(inbound.open(&tombstone).await.unwrap_err().class, ErrorClass::Decode);
    }

    #[tokio::test]
    async fn an_absent_registry_is_not_the_fault_of_the_message() {
        let client = eventpact_registry_client::Client::new("http://127.0.0.1:1").unwrap();
        let inbound = Inbound::new(Schemas::registry(client), "orders").message::<Placed>();
        assert_eq!(read::<Placed>(&inbound, vec![0, 0, 0, 0, 1, 14]).await, Err(ErrorClass::SchemaRegistryUnavailable));
    }

    #[tokio::test]
    async fn the_messages_of_a_channel_are_told_apart() {
        let schemas = Schemas::local();
        let avro = Inbound::new(schemas.clone(), "orders").message::<Placed>().message::<Paid>();
        assert_eq!(read::<Placed>(&avro, body::<Newer>(&schemas, &[0, 2]).await).await, Ok((0, "Placed(1)".into())));
        assert_eq!(read::<Paid>(&avro, body::<Paid>(&schemas, &[2]).await).await, Ok((1, "Paid(1)".into())));
        let protobuf = Inbound::new(schemas.clone(), "orders").message::<First>().message::<Second>();
        assert_eq!(read::<First>(&protobuf, body::<First>(&schemas, &[2]).await).await, Ok((0, "First(1)".into())));
        assert_eq!(read::<Second>(&protobuf, body::<Second>(&schemas, &[2]).await).await, Ok((1, "Second(1)".into())));
        let third = [&body::<First>(&schemas, &[]).await[..5], &[2, 4, 2]].concat();
        assert_eq!(read::<First>(&protobuf, third).await, Err(ErrorClass::SchemaUnknown));
        let bare = Inbound::new(Schemas::bare(), "orders").message::<Placed>().message::<Paid>();
        assert_eq!(read::<Paid>(&bare, vec![2]).await, Err(ErrorClass::SchemaUnknown));
        let mut headers = Headers::new();
        headers.push(MESSAGE_HEADER, "Paid");
        assert_eq!(bare.open(&delivery(Some(vec![2]), headers)).await.unwrap().message, 1);
    }

    #[tokio::test]
    async fn a_dead_letter_learns_what_is_known_of_the_schemas() {
        let schemas = Schemas::local();
        let inbound = Inbound::new(schemas.clone(), "orders").message::<Placed>();
        let known = delivery(Some(body::<Newer>(&schemas, &[0]).await), Headers::new());
        let _ = inbound.open(&known).await;
        let facts = inbound.facts(&known);
        let reader_fingerprint = Some("crc-64-avro:0123");
        assert_eq!(facts, SchemaFacts { writer_id: Some(1), subject: Some("orders-value".into()), reader_fingerprint });
        let garbage = inbound.facts(&delivery(Some(b"{}".to_vec()), Headers::new()));
        assert_eq!(garbage, SchemaFacts { reader_fingerprint, ..SchemaFacts::default() });
    }

    #[tokio::test]
    async fn no_bytes_make_it_panic() {
        let schemas = Schemas::local();
        let avro = Inbound::new(schemas.clone(), "orders").message::<Placed>();
        let protobuf = Inbound::new(schemas.clone(), "orders").message::<First>().message::<Second>();
        schemas.id_for::<Newer>("orders").await.unwrap();
        schemas.id_for::<First>("orders").await.unwrap();
        let mut random = Random::new(11);
        for _ in 0..20_000 {
            let length = usize::try_from(random.below(16)).unwrap();
            let mut body: Vec<u8> = (0..length).map(|_| random.next().to_le_bytes()[0]).collect();
            if let Some(prefix) = body.get_mut(..5) {
                prefix.copy_from_slice(&[0, 0, 0, 0, u8::try_from(random.below(4)).unwrap()]);
            }
            let _ = read::<Placed>(&avro, body.clone()).await;
            let _ = read::<Second>(&protobuf, body).await;
        }
    }
}
