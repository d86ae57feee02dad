//! The suite that every transport must pass, against Kafka.

use eventpact_runtime::conformance::{Case, Fixture};
use eventpact_runtime::transports::kafka::KafkaTransport;

use crate::support::{broker, config};

struct Kafka(KafkaTransport);

impl Fixture for Kafka {
    type Transport = KafkaTransport;

    fn transport(&self) -> &KafkaTransport {
        &self.0
    }

    async fn create_topic(&self, name: &str, partitions: usize) -> Result<(), String> {
        let partitions = i32::try_from(partitions).map_err(|error| error.to_string())?;
        self.0.create_topics(&[name], partitions, 1).await.map_err(|error| error.to_string())
    }
}

async fn check(case: Case) {
    let _broker = broker().await;
    // A small queue, so that back-pressure is met with few messages.
    let kafka = KafkaTransport::new(config().set_producer("queue.buffering.max.messages", "100"));
    if let Err(violation) = case.check(&Kafka(kafka)).await {
        panic!("{case:?}: {violation}");
    }
}

macro_rules! on_kafka {
    ($($name:ident: $case:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread")] async fn $name() { check(Case::$case).await; })*

        #[test]
        fn every_case_is_run() {
            let run = [$(Case::$case),*];
            let missing: Vec<&Case> = Case::ALL.iter().filter(|case| !run.contains(case)).collect();
            assert!(missing.is_empty(), "not run against Kafka: {missing:?}");
        }
    };
}

on_kafka! {
    records_arrive_unchanged: RecordsArriveUnchanged,
    nothing_is_lost: NothingIsLost,
    keys_keep_their_order: KeysKeepTheirOrder,
    crash_redelivers: CrashRedelivers,
    only_the_prefix_is_committed: OnlyThePrefixIsCommitted,
    window_holds: WindowHolds,
    rebalance_loses_nothing: RebalanceLosesNothing,
    back_pressure_loses_nothing: BackPressureLosesNothing,
    browsing_settles_nothing: BrowsingSettlesNothing,
    retries_are_counted: RetriesAreCounted,
    poison_is_dead_lettered: PoisonIsDeadLettered,
    panic_is_dead_lettered: PanicIsDeadLettered,
    undecodable_is_not_retried: UndecodableIsNotRetried,
    dead_letter_is_confirmed_first: DeadLetterIsConfirmedFirst,
    unwritable_queue_holds_the_message: UnwritableQueueHoldsTheMessage,
    no_queue_stops_the_consumer: NoQueueStopsTheConsumer,
    stop_finishes_what_is_in_flight: StopFinishesWhatIsInFlight,
    stop_gives_back_what_is_not_finished: StopGivesBackWhatIsNotFinished,
}
