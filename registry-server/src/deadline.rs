//! How long one job may hold a thread that reads and compares schemas. A thread cannot be taken away from what runs on it, so the loops
//! that a request can make long ask whether the time is over, and stop; what they have then is not used.
//!
//! Reading one text, and comparing two, is bounded by the steps that the readers and checkers count. Here is about how many there are:
//! versions of a subject, files of a plan, schemas that look alike.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::error::ApiError;

/// The time of a job, in which the answer to a request can still be given.
pub(crate) const JOB_TIME: Duration = Duration::from_secs(8);

thread_local! {
    static JOB: Cell<Option<Job>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy)]
struct Job {
    until: Instant,
    /// A loop has stopped before its end.
    cut: bool,
}

/// Runs a job that must end within a time. If one of its loops stopped because of that, the answer is that it took too long.
pub(crate) fn within<T>(time: Duration, job: impl FnOnce() -> Result<T, ApiError>) -> Result<T, ApiError> {
    /// Puts back what was there, however the job ends.
    struct Before(Option<Job>);
    impl Drop for Before {
        fn drop(&mut self) {
            JOB.set(self.0);
        }
    }
    let before = Before(JOB.replace(Some(Job { until: Instant::now() + time, cut: false })));
    let done = job();
    let cut = JOB.get().is_some_and(|job| job.cut);
    drop(before);
    if cut { Err(ApiError::timed_out()) } else { done }
}

/// Is the time of the job on this thread over? Who asks must stop if it is.
pub(crate) fn is_over() -> bool {
    let Some(job) = JOB.get() else { return false };
    let cut = job.cut || Instant::now() >= job.until;
    JOB.set(Some(Job { cut, ..job }));
    cut
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
        assert_eq!(within(Duration::from_millis(20), endless).unwrap_err().code, ApiError::timed_out().code);
        assert_eq!(within(Duration::from_secs(60), || Ok(is_over())).ok(), Some(false));
        let late = || {
            std::thread::sleep(Duration::from_millis(2));
            Ok(2)
        };
        assert_eq!(within(Duration::from_millis(1), late).ok(), Some(2), "a job that is done is done");
        assert!(!is_over());
    }
}
