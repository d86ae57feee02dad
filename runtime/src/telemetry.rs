//! Counters of a consumer, to be read at any time. Events for people go through `tracing`; nothing is exported from here.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of one consumer. Cheap to clone; clones count together. Use one per consumer.
#[derive(Debug, Clone, Default)]
pub struct Telemetry(Arc<Counters>);

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        #[derive(Debug, Default)]
        pub(crate) struct Counters { $(pub(crate) $name: AtomicU64),* }

        /// What the counters said at one moment.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Snapshot { $($(#[$doc])* pub $name: u64),* }

        impl Telemetry {
            /// The counters as they are now.
            pub fn snapshot(&self) -> Snapshot {
                Snapshot { $($name: self.0.$name.load(Ordering::Relaxed)),* }
            }
        }

        impl Snapshot {
            /// What was counted between `earlier` and this snapshot.
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                Self { $($name: self.$name.saturating_sub(earlier.$name)),* }
            }
        }
    };
}

counters! {
    /// Messages that came from the broker.
    received,
    /// Messages that a handler has accepted.
    handled,
    /// Tries beyond the first.
    retries,
    /// Handlers that panicked.
    panics,
    /// Messages that are in the dead-letter queue, confirmed.
    dead_lettered,
    /// Writes to the dead-letter queue that failed; the message was held and the write repeated.
    dead_letter_failures,
    /// Messages that were given back unhandled at the stop.
    released,
    /// Messages that were given up because their partition went to another consumer.
    revoked,
    /// Times that settlements were made known to the broker.
    flushes,
    /// Errors of receiving or settling that went away.
    transport_errors,
}

impl Telemetry {
    pub(crate) fn count(&self, counter: impl FnOnce(&Counters) -> &AtomicU64, by: usize) {
        if by > 0 {
            counter(&self.0).fetch_add(by as u64, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_together_and_a_difference_is_what_came_in_between() {
        let telemetry = Telemetry::default();
        telemetry.count(|counters| &counters.retries, 2);
        let before = telemetry.snapshot();
        telemetry.clone().count(|counters| &counters.retries, 3);
        assert_eq!(telemetry.snapshot().since(&before).retries, 3);
    }
}
