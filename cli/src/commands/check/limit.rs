//! How long a version may be compared. What is counted ends a comparison long before: this is for a text that nobody thought of.

use std::time::Duration;

use eventpact_contract::deadline;

/// For one version.
const TIME: Duration = Duration::from_secs(60);

/// Runs a comparison, which says so itself when it was stopped.
pub(crate) fn within<T>(compare: impl FnOnce() -> T) -> T {
    deadline::within(TIME, compare).0
}

/// Compares the parts of a version one by one; why some were left out, if any were.
pub(super) fn each<T>(parts: &[T], mut compare: impl FnMut(&T)) -> Option<String> {
    within(|| {
        for part in parts.iter().take_while(|_| !deadline::is_over_now()) {
            compare(part);
        }
        deadline::why()
    })
}
