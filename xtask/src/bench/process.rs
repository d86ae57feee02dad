//! What a whole process costs: CPU time and peak memory, as the operating system accounts for it when the process ends.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use wait4::Wait4 as _;

/// The cost of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time, of all threads and awaited children.
    pub(crate) cpu: Duration,
    /// The largest resident memory, in bytes.
    pub(crate) peak: u64,
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
}

/// Runs a command to its end, its output thrown away.
pub(crate) fn measure(command: &mut Command) -> Result<Usage> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    let ended = child.wait4().context("the process cannot be waited for")?;
    let usage = ended.rusage;
    Ok(Usage { cpu: usage.utime + usage.stime, peak: usage.maxrss, code: ended.status.code().unwrap_or(-1) })
}

/// The medians of CPU time and memory over the runs.
pub(crate) fn median(mut runs: Vec<Usage>) -> Usage {
    let middle = runs.len() / 2;
    runs.sort_by_key(|run| run.peak);
    let peak = runs.get(middle).map_or(0, |run| run.peak);
    runs.sort_by_key(|run| run.cpu);
    let (cpu, code) = runs.get(middle).map_or((Duration::ZERO, -1), |run| (run.cpu, run.code));
    Usage { cpu, peak, code }
}

/// One line: name, milliseconds of CPU, peak memory, and how many times the first line's CPU that is.
pub(crate) fn print(name: &str, usage: Usage, first: Usage) {
    let ratio = usage.cpu.as_secs_f64() / first.cpu.as_secs_f64().max(1e-6);
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let mebibytes = usage.peak as f64 / (1024.0 * 1024.0);
    println!("  {name:34} {:9.1} ms CPU {mebibytes:8.1} MiB {ratio:8.1}x", usage.cpu.as_secs_f64() * 1000.0);
}
