//! How long one job may hold a thread that reads and compares schemas. A thread cannot be taken away from what runs on it, so the loops
//! that a request can make long ask whether the time is over, and stop; what they have then is not used.
//!
//! Here are the loops over versions of a subject, files of a plan, schemas that look alike. Those inside of one comparison are bounded
//! by steps, and ask [`eventpact_contract::deadline`], on which this is built.

use std::time::Duration;

use eventpact_contract::deadline;

use crate::error::ApiError;

/// The time of a job, in which the answer to a request can still be given.
pub(crate) const JOB_TIME: Duration = Duration::from_secs(8);

/// Runs a job that must end within a time. If one of its loops stopped because of that, the answer is that it is too much.
pub(crate) fn within<T>(time: Duration, job: impl FnOnce() -> Result<T, ApiError>) -> Result<T, ApiError> {
    let (done, cut) = deadline::within(time, job);
    if cut { Err(ApiError::too_much()) } else { done }
}

/// Is the time of the job on this thread over? Who asks must stop if it is.
pub(crate) fn is_over() -> bool {
    deadline::is_over_now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_whose_loop_was_stopped_has_no_answer() {
        assert!(!is_over(), "outside of a job there is no limit");
        let endless = || {
            while !is_over() {}
            Ok(1)
        };
        assert_eq!(within(Duration::from_millis(20), endless).unwrap_err().code, ApiError::too_much().code);
        assert_eq!(within(Duration::from_secs(60), || Ok(is_over())).ok(), Some(false));
        let late = || {
            std::thread::sleep(Duration::from_millis(2));
            Ok(2)
        };
        assert_eq!(within(Duration::from_millis(1), late).ok(), Some(2), "a job that is done is done");
        assert!(!is_over());
    }
}
