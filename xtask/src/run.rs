//! Starting programs: what runs is shown, what fails is an error that names it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// `cargo` with arguments, in the root of the workspace.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root()).stdin(Stdio::null());
    command
}

/// Shows the command, runs it, and fails when it does.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<()> {
    let start = Instant::now();
    println!("── {title}");
    let status = command.status().with_context(|| format!("{title}: {} cannot be started", command.get_program().display()))?;
    if !status.success() {
        bail!("{title} failed ({status}): {}", shown(command));
    }
    println!("   ok, {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// The command as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let parts = std::iter::once(command.get_program()).chain(command.get_args());
    parts.map(|p| p.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
