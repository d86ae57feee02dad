//! Python clients of others, for the tests that use them unmodified: a virtual environment of our own in the cache folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::root;
use crate::services::{apt, cache_folder};

/// The variable that tells tests which Python has the clients. When the user has set it, that one is used as it is.
pub(crate) const PYTHON: &str = "EVENTPACT_TEST_PYTHON";

/// The variable that tells tests which Python has Schemathesis.
pub(crate) const SCHEMATHESIS: &str = "EVENTPACT_TEST_SCHEMATHESIS";

/// The interpreter that has Schemathesis, apart because its dependencies have nothing to do with the clients'.
pub(crate) fn ensure_schemathesis() -> Result<PathBuf> {
    match std::env::var_os(SCHEMATHESIS).filter(|value| !value.is_empty()) {
        Some(given) => Ok(given.into()),
        None => ensure_venv("schemathesis", "tests/clients/schemathesis/requirements.txt"),
    }
}

/// The interpreter that has the clients.
pub(crate) fn ensure_clients() -> Result<PathBuf> {
    match std::env::var_os(PYTHON).filter(|value| !value.is_empty()) {
        Some(given) => Ok(given.into()),
        None => ensure_venv("python-clients", "tests/clients/confluent_python/requirements.txt"),
    }
}

/// The interpreter of the environment `name`; makes it and installs what is listed there, from PyPI, when it is not there.
pub(crate) fn ensure_venv(name: &str, requirements: &str) -> Result<PathBuf> {
    let requirements = root().join(requirements);
    let wanted = fs::read_to_string(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let folder = cache_folder()?.join(name);
    let python = folder.join("bin/python");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let lock = fs::File::create(folder.join("lock"))?;
    lock.lock().context("cannot wait for another run that installs Python packages")?;
    let done = folder.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) && python.is_file() {
        return Ok(python);
    }
    println!("── Python packages into {}", folder.display());
    let missing = "needs python3 with venv (Debian: apt install python3-venv)";
    let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), missing);
    if make().is_err() {
        // Debian ships Python without venv; where nobody has to be asked, it is installed.
        apt(&["python3", "python3-venv"]).ok();
        make()?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&requirements);
    run(&mut pip, "needs PyPI, or an index that pip is told of (PIP_INDEX_URL)")?;
    write(&done, &wanted)?;
    Ok(python)
}

fn run(command: &mut Command, needs: &str) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| needs.to_owned())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
        bail!("the Python packages cannot be installed: {needs}: {last}");
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
