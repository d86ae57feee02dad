//! Handlers that get views of payloads: the same events as a handler with owned ones, and the same way to the dead-letter queue.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use avro_corners_events::runtime::confirm::Single;
use avro_corners_events::runtime::consumer::ConsumerConfig;
use avro_corners_events::runtime::event::Event;
use avro_corners_events::runtime::failure::{ErrorClass, Failure};
use avro_corners_events::runtime::message::{Envelope, Record};
use avro_corners_events::runtime::policy::dead_letter::header;
use avro_corners_events::runtime::policy::retry::{Backoff, RetryPolicy};
use avro_corners_events::runtime::schemas::Schemas;
use avro_corners_events::runtime::shutdown::Shutdown;
use avro_corners_events::runtime::transport::{Producer, Transport};
use avro_corners_events::runtime::transports::memory::MemoryBroker;
use avro_corners_events::types_2::{ADDRESS, TypesConsumer, TypesProducer, TypesRefHandler};
use avro_corners_events::{Defaults, DefaultsRef, LogicalRef, Tree, TreeRef, Unions, UnionsRef};

#[allow(unreachable_pub, clippy::pedantic)] // generated
#[rustfmt::skip] // generated: compared byte for byte
#[path = "../codegen/avro-corners/expected/examples/samples/mod.rs"]
mod samples;

/// What came, made owned; trees fail the first time.
#[derive(Default)]
struct Seen {
    trees: Mutex<Vec<(Tree, u32)>>,
    defaults: Mutex<Vec<Defaults>>,
    unions: Mutex<Vec<Unions>>,
}

impl TypesRefHandler for &Seen {
    type Outcome = Result<(), Failure>;

    async fn on_logical(&self, _: Envelope<LogicalRef<'_>>) -> Self::Outcome {
        Err(Failure::new(ErrorClass::Validation, "nobody wants it"))
    }

    async fn on_defaults(&self, envelope: Envelope<DefaultsRef<'_>>) -> Self::Outcome {
        self.defaults.lock().expect("no handler panics").push(envelope.event.to_owned());
        Ok(())
    }

    async fn on_tree(&self, envelope: Envelope<TreeRef<'_>>) -> Self::Outcome {
        tokio::task::yield_now().await; // the view lives on over a wait
        self.trees.lock().expect("no handler panics").push((envelope.event.to_owned(), envelope.meta.attempt));
        if envelope.meta.attempt == 1 { Err(Failure::new(ErrorClass::Timeout, "not yet")) } else { Ok(()) }
    }

    async fn on_unions(&self, envelope: Envelope<UnionsRef<'_>>) -> Self::Outcome {
        self.unions.lock().expect("no handler panics").push(envelope.event.to_owned());
        Ok(())
    }
}

#[tokio::test]
async fn a_handler_of_views_gets_every_event() {
    let (broker, schemas) = (Arc::new(MemoryBroker::new()), Schemas::local());
    broker.create_topic(ADDRESS, 1);
    broker.create_topic("dead", 1);
    let producer = Arc::new(broker.producer().await.unwrap());
    let orders = TypesProducer::new(Arc::clone(&producer), &schemas).await.unwrap();
    orders.send_tree(&samples::tree()).await.unwrap();
    orders.send_logical(&samples::logical()).await.unwrap();
    orders.send_defaults(&samples::defaults()).await.unwrap();
    // A tree with a byte too few: the payload is refused before the handler sees any of it.
    let mut body = schemas.prefix::<Tree>(ADDRESS).await.unwrap();
    samples::tree().encode(&mut body).unwrap();
    body.pop();
    let (confirmation, completion) = Single::new();
    producer.enqueue(Record::new(ADDRESS, body).as_ref(), completion).expect("there is room");
    confirmation.wait().await.unwrap();
    orders.send_unions(&samples::unions()).await.unwrap();

    let (seen, stop) = (Seen::default(), Shutdown::new());
    let config = ConsumerConfig {
        retry: RetryPolicy {
            max_attempts: 3,
            backoff: Backoff::Fixed { delay: Duration::from_millis(1) },
            ..RetryPolicy::default()
        },
        dead_letter: Some(Arc::from("dead")),
        ..ConsumerConfig::new("views")
    };
    let consumer = TypesConsumer::new(Arc::clone(&broker), schemas, config);
    let done = async {
        while broker.committed("views", ADDRESS, 0) != Some(5) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        stop.stop();
    };
    let run = async { tokio::join!(consumer.run_ref(&seen, stop.stopped()), done).0 };
    let report = tokio::time::timeout(Duration::from_secs(20), run).await.expect("five messages are settled").unwrap();
    assert!(report.clean);

    assert_eq!(*seen.trees.lock().unwrap(), [(samples::tree(), 1), (samples::tree(), 2)]);
    assert_eq!(*seen.defaults.lock().unwrap(), [samples::defaults()]);
    assert_eq!(*seen.unions.lock().unwrap(), [samples::unions()]);
    let dead = broker.records("dead");
    let reasons: Vec<&str> = dead.iter().filter_map(|record| record.headers.text(header::MESSAGE)).collect();
    assert_eq!(reasons.first(), Some(&"nobody wants it"));
    assert!(reasons.get(1).is_some_and(|reason| reason.starts_with("ping: the payload ends inside")), "{reasons:?}");
    assert_eq!(reasons.len(), 2, "{reasons:?}");
}
