//! The suite that every transport must pass: what the runtime promises, checked through the transport's own traits.
//!
//! A case produces, consumes, crashes and fails on purpose, and says in words what was promised and not kept. Each case uses
//! topics and groups of its own, so a broker may be shared. What only one broker can do belongs into that broker's tests.

mod delivery;
mod failure;
mod script;

use std::fmt;

use crate::transport::Transport;

/// A broker under test.
pub trait Fixture: Sync {
    /// Its transport.
    type Transport: Transport;

    /// The transport.
    fn transport(&self) -> &Self::Transport;

    /// Makes an empty topic.
    fn create_topic(&self, name: &str, partitions: usize) -> impl Future<Output = Result<(), String>> + Send;
}

/// A promise that was not kept.
#[derive(Debug)]
pub struct Violation(String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

impl Violation {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn check(holds: bool, text: impl FnOnce() -> String) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self(text())) }
    }
}

macro_rules! cases {
    ($($(#[$doc:meta])* $variant:ident => $function:path),* $(,)?) => {
        /// The promises.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Case { $($(#[$doc])* $variant),* }

        impl Case {
            /// All of them.
            pub const ALL: &[Case] = &[$(Case::$variant),*];

            /// Checks one against a broker.
            pub async fn check<F: Fixture>(self, fixture: &F) -> Result<(), Violation> {
                match self { $(Case::$variant => $function(fixture).await),* }
            }
        }
    };
}

cases! {
    /// Bodies, keys, headers and tombstones arrive as they were sent.
    RecordsArriveUnchanged => delivery::records_arrive_unchanged,
    /// Everything that was sent is handled, and a clean stop in between causes no duplicate.
    NothingIsLost => delivery::nothing_is_lost,
    /// Messages of one key are handled in the order of sending, also across a retry.
    KeysKeepTheirOrder => delivery::keys_keep_their_order,
    /// What a crashed consumer had not settled is delivered again, and no more than was in flight.
    CrashRedelivers => delivery::crash_redelivers,
    /// Nothing past an unsettled message is committed.
    OnlyThePrefixIsCommitted => delivery::only_the_prefix_is_committed,
    /// A partition does not run further ahead of an unsettled message than its window.
    WindowHolds => delivery::window_holds,
    /// Members of a group share the work; one that joins or leaves loses nothing.
    RebalanceLosesNothing => delivery::rebalance_loses_nothing,
    /// A full buffer holds the sender up and loses nothing.
    BackPressureLosesNothing => delivery::back_pressure_loses_nothing,
    /// Browsing sees everything and settles nothing.
    BrowsingSettlesNothing => delivery::browsing_settles_nothing,
    /// A message is tried as often as the policy says, counting from 1.
    RetriesAreCounted => failure::retries_are_counted,
    /// A message that always fails ends in the dead-letter queue, unchanged and with its reason; others go on.
    PoisonIsDeadLettered => failure::poison_is_dead_lettered,
    /// A panic is caught, tried again once, then dead-lettered.
    PanicIsDeadLettered => failure::panic_is_dead_lettered,
    /// What cannot be decoded is dead-lettered without another try.
    UndecodableIsNotRetried => failure::undecodable_is_not_retried,
    /// The source is settled only when its dead letter is confirmed.
    DeadLetterIsConfirmedFirst => failure::dead_letter_is_confirmed_first,
    /// While the dead-letter queue cannot be written, the message is held, neither settled nor spun on.
    UnwritableQueueHoldsTheMessage => failure::unwritable_queue_holds_the_message,
    /// Without a dead-letter queue the consumer stops at a message that cannot be handled, and keeps it.
    NoQueueStopsTheConsumer => failure::no_queue_stops_the_consumer,
    /// A stop finishes what is in flight.
    StopFinishesWhatIsInFlight => failure::stop_finishes_what_is_in_flight,
    /// A stop whose time is up gives back what is not finished.
    StopGivesBackWhatIsNotFinished => failure::stop_gives_back_what_is_not_finished,
}
