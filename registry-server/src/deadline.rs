//! How long one job may hold a thread that reads and compares schemas. A thread cannot be taken away from what runs on it, so the loops
//! that a request can make long ask whether the time is over, and stop; what they have then is not used. `registry/workers.rs` sets it.
//!
//! Here are the loops over versions of a subject, files of a plan, schemas that look alike. Those inside of one comparison are bounded
//! by steps, and ask [`eventpact_contract::deadline`], on which this is built.

use std::time::Duration;

use eventpact_contract::deadline;

/// The time of a job from when it is asked for, in which the answer to a request can still be given.
pub(crate) const JOB_TIME: Duration = Duration::from_secs(8);

/// Is the time of the job on this thread over? Who asks must stop if it is.
pub(crate) fn is_over() -> bool {
    deadline::is_over_now()
}
