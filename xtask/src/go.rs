//! Go programs of others' libraries, for the tests that talk to our registry with them: built into the cache folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{root, shown};
use crate::services::{apt, cache_folder};

/// The program of `tests/clients/<name>`, built. Its libraries come from the Go module proxy, as `go.sum` has them.
pub(crate) fn ensure_go_client(name: &str) -> Result<PathBuf> {
    let source = root().join("tests/clients").join(name);
    let folder = cache_folder()?.join("go-clients");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let program = folder.join(name);
    let go = go()?;
    let mut command = Command::new(&go);
    command.args(["build", "-trimpath", "-o"]).arg(&program).arg(".").current_dir(&source);
    let status = command.status().with_context(|| format!("{} cannot be started", shown(&command)))?;
    if !status.success() {
        bail!("{} failed; the Go that is needed stands in {}", shown(&command), source.join("go.mod").display());
    }
    Ok(program)
}

/// `go`, installed where nobody has to be asked. From 1.21 on it fetches the release that a module needs by itself.
fn go() -> Result<PathBuf> {
    let places = ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"];
    let found = || places.iter().find(|place| Command::new(place).arg("version").output().is_ok_and(|o| o.status.success()));
    if found().is_none() {
        apt(&["golang-go"]).ok();
    }
    found().map(PathBuf::from).context("Go is missing: install it (package golang-go, or go.dev) for the tests of Go clients")
}
