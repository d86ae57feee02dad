//! Processes that outlive a command: is it alive, is it ours, stop it. Plain POSIX `kill` through `sh`, because a
//! slim image has no `ps` or `kill` programs and this workspace writes no `unsafe`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Whether process `pid` is alive and its command line contains `mark`: a pid file may name a process that is long
/// gone and whose number belongs to someone else by now.
pub(super) fn is_ours(pid: u32, mark: &str) -> bool {
    let proc = Path::new("/proc").join(pid.to_string());
    let command_line = if Path::new("/proc/self").exists() {
        // A zombie has an empty command line: it counts as gone.
        std::fs::read(proc.join("cmdline")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    } else {
        let out = Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
        out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned()).unwrap_or_default()
    };
    command_line.contains(mark)
}

/// Asks the process to end (SIGTERM), waits up to `patience`, then kills it.
pub(super) fn stop(pid: u32, mark: &str, patience: Duration) -> Result<()> {
    for (signal, patience) in [("TERM", patience), ("KILL", Duration::from_secs(10))] {
        if !is_ours(pid, mark) {
            return Ok(());
        }
        // Fails only when the process is gone already.
        let _ = Command::new("sh").args(["-c", &format!("kill -{signal} {pid}")]).stderr(Stdio::null()).status();
        let deadline = Instant::now() + patience;
        while is_ours(pid, mark) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    if is_ours(pid, mark) {
        bail!("process {pid} does not end, not even on SIGKILL");
    }
    Ok(())
}
