//! The conformance suite of the runtime against the broker that needs no server; `kafka.rs` runs it against Kafka.

use eventpact_runtime::conformance::{Case, Fixture};
use eventpact_runtime::transports::memory::{MemoryBroker, MemoryLimits};

struct Memory(MemoryBroker);

impl Fixture for Memory {
    type Transport = MemoryBroker;

    fn transport(&self) -> &MemoryBroker {
        &self.0
    }

    async fn create_topic(&self, name: &str, partitions: usize) -> Result<(), String> {
        self.0.create_topic(name, partitions);
        Ok(())
    }
}

async fn check(case: Case) {
    let broker = MemoryBroker::with_limits(MemoryLimits { buffered: 100, ..MemoryLimits::default() });
    if let Err(violation) = case.check(&Memory(broker)).await {
        panic!("{case:?}: {violation}");
    }
}

macro_rules! on_memory {
    ($($name:ident: $case:ident),* $(,)?) => {
        $(#[tokio::test] async fn $name() { check(Case::$case).await; })*

        #[test]
        fn every_case_is_run() {
            let run = [$(Case::$case),*];
            let missing: Vec<&Case> = Case::ALL.iter().filter(|case| !run.contains(case)).collect();
            assert!(missing.is_empty(), "not run against memory: {missing:?}");
        }
    };
}

on_memory! {
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
