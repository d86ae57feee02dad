//! How far long work is: one line on standard error, for people only.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work that is done sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// A line that shows how many of the steps of some work are done; it goes away with the work.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    started: std::time::Instant,
}

impl Progress {
    /// Work of so many steps. Nothing is shown where nobody looks: not in a file or a pipe, and not in the log of a CI system.
    pub(crate) fn new(what: &'static str, steps: usize) -> Self {
        let seen = std::io::stderr().is_terminal()
            && std::env::var_os("CI").is_none_or(|value| value.is_empty() || value == "false")
            && std::env::var_os("GITHUB_ACTIONS").is_none()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}").ok().filter(|_| seen);
        let bar = style.map(|style| {
            let bar = ProgressBar::with_draw_target(u64::try_from(steps).ok(), ProgressDrawTarget::hidden());
            bar.with_style(style).with_message(what)
        });
        Self { bar, started: std::time::Instant::now() }
    }

    /// One more step is done.
    pub(crate) fn step(&self) {
        let Some(bar) = &self.bar else { return };
        if bar.is_hidden() && self.started.elapsed() >= PATIENCE {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
