//! What a whole process costs: CPU time and peak memory, as the operating system accounts for it when the process ends.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
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

/// Runs a command to its end, its output thrown away. A small process of our own starts it and counts: Linux hands the peak
/// memory of whoever starts a process on to it, so a benchmark that has read large trees would be measured instead of the command.
pub(crate) fn measure(command: &Command) -> Result<Usage> {
    let mut counter = Command::new(std::env::current_exe()?);
    counter.arg("usage-of").arg("--").arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        counter.current_dir(folder);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => counter.env(name, value),
            None => counter.env_remove(name),
        };
    }
    let output = counter.stdin(Stdio::null()).output()?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let figures: Option<Vec<i64>> = printed.split_whitespace().map(|figure| figure.parse().ok()).collect();
    let Some([cpu, peak, code]) = figures.as_deref() else {
        bail!("{} was not measured: {}", command.get_program().display(), String::from_utf8_lossy(&output.stderr).trim());
    };
    let cpu = Duration::from_nanos(u64::try_from(*cpu)?);
    Ok(Usage { cpu, peak: u64::try_from(*peak)?, code: i32::try_from(*code)? })
}

/// The small process: runs the command and prints nanoseconds of CPU, bytes of peak memory and the exit code.
pub(crate) fn usage_of(command: &[OsString]) -> Result<()> {
    let (program, args) = command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
    let ended = child.wait4().context("the process cannot be waited for")?;
    let usage = ended.rusage;
    println!("{} {} {}", (usage.utime + usage.stime).as_nanos(), usage.maxrss, ended.status.code().unwrap_or(-1));
    Ok(())
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
