//! How long a thread may go on reading and comparing.
//!
//! What a text can ask for is bounded by steps that are counted, so that a verdict does not depend on the machine. This is the net
//! below them, for an embedding program that has to answer in time: it runs the work [`within`] a time, the loops of the readers and
//! checkers ask whether it [`is_over`], and stop. What they have then is not complete, and is told as such. Outside of [`within`]
//! the time is never over.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The clock is looked at by one question of so many.
const RARELY: u32 = 256;

thread_local! {
    static LIMIT: Cell<Option<Limit>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    until: Instant,
    time: Duration,
    /// Questions so far.
    asked: u32,
    /// Somebody was told that the time is over.
    cut: bool,
}

/// Runs work that should not take longer than a time, nor longer than the work around it may still take. The flag says that some of
/// it was left out because the time was over.
pub fn within<T>(time: Duration, work: impl FnOnce() -> T) -> (T, bool) {
    /// Puts back what was there, however the work ends.
    struct Around(Option<Limit>);
    impl Drop for Around {
        fn drop(&mut self) {
            LIMIT.set(self.0);
        }
    }
    let mut around = Around(LIMIT.get());
    // A time without end is no limit of its own.
    let own = Instant::now().checked_add(time);
    let earlier = around.0.filter(|outer| own.is_none_or(|own| outer.until <= own));
    let limit = match (earlier, own) {
        (Some(outer), _) => Some(outer),
        (None, own) => own.map(|until| Limit { until, time, asked: 0, cut: false }),
    };
    LIMIT.set(limit);
    let done = work();
    let cut = LIMIT.get().is_some_and(|limit| limit.cut);
    if let (Some(outer), true, true) = (&mut around.0, earlier.is_some(), cut) {
        outer.cut = true;
    }
    (done, cut)
}

/// Is the time over? Who asks must stop if it is. For loops of short steps: most questions do not look at the clock.
pub fn is_over() -> bool {
    let Some(mut limit) = LIMIT.get() else { return false };
    if limit.cut {
        return true;
    }
    if limit.asked % RARELY == 0 {
        limit.cut = Instant::now() >= limit.until;
    }
    limit.asked = limit.asked.wrapping_add(1);
    LIMIT.set(Some(limit));
    limit.cut
}

/// The same, for loops of long steps.
pub fn is_over_now() -> bool {
    let Some(limit) = LIMIT.get() else { return false };
    let cut = limit.cut || Instant::now() >= limit.until;
    LIMIT.set(Some(Limit { cut, ..limit }));
    cut
}

/// Is less time left than this? Who asks is about to do what cannot be stopped for so long, and must leave it out then, as if the
/// time were over.
pub fn is_shorter_than(time: Duration) -> bool {
    let Some(limit) = LIMIT.get() else { return false };
    let cut = limit.cut || limit.until.saturating_duration_since(Instant::now()) < time;
    LIMIT.set(Some(Limit { cut, ..limit }));
    cut
}

/// Why the work is not complete; `None` when nothing was left out so far.
pub fn why() -> Option<String> {
    let limit = LIMIT.get().filter(|limit| limit.cut)?;
    let seconds = limit.time.as_secs_f64();
    Some(format!("stopped after {seconds:.1} s: the schemas are too large to be compared in this time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn endless() {
        while !is_over() {}
    }

    #[test]
    fn loops_end_when_the_time_is_over() {
        assert!(!is_over() && !is_over_now() && !is_shorter_than(LONG), "outside there is no limit");
        let (told, cut) = within(Duration::from_millis(20), || {
            endless();
            why()
        });
        assert!(cut && told.is_some_and(|why| why.starts_with("stopped after 0.0 s")));
        assert_eq!(within(LONG, || is_over() || is_over_now() || is_shorter_than(LONG / 2)), (false, false));
        assert_eq!(within(LONG, || is_shorter_than(2 * LONG)), (true, true));
        assert_eq!(within(Duration::MAX, || is_over() || is_over_now()), (false, false));
        assert!(!is_over() && why().is_none());
    }

    #[test]
    fn who_is_done_was_not_cut() {
        let late = || std::thread::sleep(Duration::from_millis(2));
        assert_eq!(within(Duration::from_millis(1), late), ((), false));
    }

    #[test]
    fn an_inner_limit_ends_the_inner_work_alone() {
        let (inner, outer) = within(LONG, || {
            let inner = within(Duration::ZERO, endless).1;
            assert!(!is_over_now());
            inner
        });
        assert_eq!((inner, outer), (true, false));
    }

    #[test]
    fn an_outer_limit_ends_the_inner_work_too() {
        let (inner, outer) = within(Duration::from_millis(5), || within(LONG, endless).1);
        assert_eq!((inner, outer), (true, true));
    }
}
