//! PostgreSQL: installed, and one server started for the tests that only need one: fresh, on a free port of loopback, as a user who
//! is not root, with fsync on, stopped and removed at the end. Tests that take a server down, or cut it off, start their own with
//! the same programs.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::install::{apt, is_root};
use super::process;

/// The variable that tells tests where the server is, as `postgres://USER@HOST:PORT/DATABASE`. When the user has set it, that one is
/// used and nothing is started.
pub(crate) const POSTGRES_ADDRESS: &str = "EVENTPACT_TEST_POSTGRES";

/// The variable that tells tests where the programs are. When the user has set it, nothing is installed.
pub(crate) const POSTGRES_BIN: &str = "EVENTPACT_TEST_POSTGRES_BIN";

/// Makes sure that PostgreSQL is installed and gives the folder of its programs.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os(POSTGRES_BIN).filter(|given| !given.is_empty()) {
        return Ok(given.into());
    }
    let missing = "missing: PostgreSQL, for the registry's tests; on Debian or Ubuntu: apt-get install postgresql";
    if installed().is_none() && apt(&["postgresql"]).is_err() {
        bail!("{missing}");
    }
    match installed() {
        Some(folder) => Ok(folder),
        None => bail!("{missing}"),
    }
}

/// Debian puts each version into a folder of its own; the newest one is taken.
fn installed() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max()
}

/// A server that runs until this is dropped.
pub(crate) struct Postgres {
    address: String,
    /// None when it is not ours to stop.
    folder: Option<PathBuf>,
    programs: PathBuf,
}

impl Postgres {
    /// Starts a server with an empty database, or takes the one that the user names.
    pub(crate) fn start(programs: &Path) -> Result<Self> {
        let programs = programs.to_owned();
        if let Ok(address) = std::env::var(POSTGRES_ADDRESS)
            && !address.is_empty()
        {
            return Ok(Self { address, folder: None, programs });
        }
        sweep();
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder))?;
        }
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        let server = Self { address, folder: Some(folder.clone()), programs };
        let data = folder.join("data");
        run(server.program("initdb", &folder).args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"]).arg(&data))?;
        let options = format!("-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=on", folder.display());
        let mut start = server.program("pg_ctl", &folder);
        start.args(["start", "-w", "-t", "60", "-s", "-o", &options, "-D"]).arg(&data).arg("-l").arg(folder.join("log"));
        run(&mut start).with_context(|| fs::read_to_string(folder.join("log")).unwrap_or_default())?;
        Ok(server)
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// One of the programs, as a user who is not root.
    fn program(&self, name: &str, folder: &Path) -> Command {
        let path = self.programs.join(name);
        let mut command = if is_root() { Command::new("runuser") } else { Command::new(&path) };
        if is_root() {
            command.args(["-u", "postgres", "--"]).arg(path);
        }
        command.current_dir(folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            stop(folder);
        }
    }
}

/// The beginning of the folders' names; the process that started the server comes after it.
const PREFIX: &str = "eventpact-xtask-postgres-";

/// Stops the servers of former runs that died.
fn sweep() {
    let left = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in left {
        let owner = entry.file_name().to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse().ok());
        if owner.is_some_and(|owner| !process::is_ours(owner, "xtask")) {
            stop(&entry.path());
        }
    }
}

/// Stops the server of a folder, if one runs, and removes the folder.
fn stop(folder: &Path) {
    let pid = fs::read_to_string(folder.join("data/postmaster.pid")).ok();
    let pid = pid.and_then(|text| text.lines().next()?.trim().parse().ok());
    // Its command line names the folder: a number that belongs to somebody else by now is left alone.
    let stopped = pid.map_or(Ok(()), |pid| process::stop(pid, &folder.display().to_string(), std::time::Duration::from_secs(20)));
    if let Err(error) = stopped.and_then(|()| Ok(fs::remove_dir_all(folder)?)) {
        eprintln!("postgres: {} could not be cleared away: {error:#}", folder.display());
    }
}

/// Runs a command to its end. A server that it starts would keep a pipe open, so its output is not read.
fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status.with_context(|| format!("cannot run {command:?}"))? {
        status if status.success() => Ok(()),
        status => bail!("{command:?} failed ({status})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_and_is_gone_afterwards() {
        let Some(programs) = installed() else { return };
        let server = Postgres::start(&programs).expect("it starts");
        let Some(folder) = server.folder.clone() else { return };
        let answers = |address: &str| Command::new(programs.join("pg_isready")).args(["-q", "-d", address]).status();
        assert!(answers(server.address()).expect("pg_isready runs").success());
        let address = server.address().to_owned();
        drop(server);
        assert!(!answers(&address).expect("pg_isready runs").success() && !folder.exists());
    }
}
