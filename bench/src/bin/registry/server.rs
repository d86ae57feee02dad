//! A server in a process of its own: started, waited for, measured, stopped.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Failed;
use super::http::once;
use super::schemas::{registration, request};

/// A start that takes longer has failed.
const START: Duration = Duration::from_secs(60);

/// A running server; it is killed when this goes.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    started: Instant,
}

impl Server {
    /// Starts a registry on this store and returns at once.
    pub(crate) fn registry(binary: &Path, store: &str) -> Result<Self, Failed> {
        let address = free()?;
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &address.to_string(), "--store", store]);
        command.env("EVENTPACT_LOG", "error");
        Self::start(&mut command, address)
    }

    /// Starts the bare route over the bodies in a file.
    pub(crate) fn bare(bodies: &Path) -> Result<Self, Failed> {
        let address = free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("bare").arg(address.to_string()).arg(bodies);
        let server = Self::start(&mut command, address)?;
        server.wait(&request("GET", "/schemas/ids/1", ""))?;
        Ok(server)
    }

    fn start(command: &mut Command, address: SocketAddr) -> Result<Self, Failed> {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let child = command.spawn().map_err(|e| format!("{} cannot be started: {e}", command.get_program().display()))?;
        Ok(Self { child, address, started })
    }

    /// Waits until it answers. The time is from the start of the process.
    pub(crate) fn ready(&self) -> Result<Duration, Failed> {
        self.wait(&request("GET", "/subjects?limit=1", ""))
    }

    /// Waits until it has taken the registration with this number. The time is from the start of the process.
    pub(crate) fn first_write(&self, number: u64) -> Result<Duration, Failed> {
        self.wait(&registration(number))
    }

    fn wait(&self, request: &[u8]) -> Result<Duration, Failed> {
        while self.started.elapsed() < START {
            if let Ok((200, _)) = once(self.address, request) {
                return Ok(self.started.elapsed());
            }
            std::thread::sleep(Duration::from_micros(300));
        }
        Err("the server does not answer".into())
    }

    /// The body of one answer, which must be a 200.
    pub(crate) fn ask(&self, request: &[u8]) -> Result<Vec<u8>, Failed> {
        match once(self.address, request)? {
            (200, body) => Ok(body),
            (status, body) => Err(format!("status {status}: {}", String::from_utf8_lossy(&body)).into()),
        }
    }

    /// CPU time so far, of all threads; 0 where the system does not tell.
    pub(crate) fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // After the name, which may hold anything: utime and stime are the 12th and 13th, in hundredths of a second on Linux.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
        fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
    }

    /// Resident memory in MiB; 0 where the system does not tell.
    pub(crate) fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    }

    /// Stops it as an administrator would, and waits until it is gone.
    pub(crate) fn stop(mut self) -> Result<(), Failed> {
        let mut kill = Command::new("kill");
        kill.arg("-TERM").arg(self.child.id().to_string()).status()?;
        let start = Instant::now();
        while self.child.try_wait()?.is_none() {
            if start.elapsed() > START {
                return Err("the server does not stop".into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> Result<SocketAddr, Failed> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A folder for stores, on the disk of the build's output; it is emptied first, and removed at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: &Path) -> Result<Self, Failed> {
        let _ = std::fs::remove_dir_all(path);
        std::fs::create_dir_all(path)?;
        Ok(Self(path.to_owned()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The store in a file of this name.
    pub(crate) fn sqlite(&self, name: &str) -> String {
        format!("sqlite:{}", self.0.join(name).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
