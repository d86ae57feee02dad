//! A PostgreSQL server for tests: fresh, on loopback, on a port of its own, stopped and removed at the end.
//!
//! The programs are found in `EVENTPACT_TEST_POSTGRES_BIN`, else where Debian puts them. A server is a process of a user who is not
//! root; when the tests run as root, it is the user `postgres` of the Debian package.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A running server.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
}

/// Where the programs are; `None`, and a line that says so, when they are not installed.
pub fn programs() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os("EVENTPACT_TEST_POSTGRES_BIN").filter(|given| !given.is_empty()) {
        return Some(given.into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found = versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file()).max();
    if found.is_none() {
        println!("SKIPPED: PostgreSQL is not installed (Debian: apt-get install postgresql)");
    }
    found
}

impl Postgres {
    /// Starts a server with an empty database. `None` when PostgreSQL is not installed.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub fn start() -> Option<Self> {
        let server = Self::place(programs()?);
        run(server.program("initdb").args(["-A", "trust", "-U", "postgres", "--no-sync", "-D"]).arg(server.data()));
        // A test in a network namespace comes from such an address.
        server.allow("host all all 10.0.0.0/8 trust");
        server.control(&["start"]);
        Some(server)
    }

    /// Starts a second server that takes over everything that this one writes, and keeps doing so.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn standby(&self) -> Self {
        let standby = Self::place(self.bin.clone());
        let mut copy = standby.program("pg_basebackup");
        copy.args(["-h", "127.0.0.1", "-U", "postgres", "-R", "-c", "fast", "-X", "stream", "--no-sync", "-p"]);
        run(copy.arg(self.port.to_string()).arg("-D").arg(standby.data()));
        standby.control(&["start"]);
        standby
    }

    /// A folder and a port, of which nothing is used yet.
    fn place(bin: PathBuf) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("eventpact-postgres-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for PostgreSQL can be made");
        let server = Self { bin, folder, port: free_port() };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&server.folder));
        }
        server
    }

    /// Adds a rule of access (`pg_hba.conf`), for connections after the next start or reload. It comes first.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn allow(&self, rule: &str) {
        let access = self.data().join("pg_hba.conf");
        let rules = std::fs::read_to_string(&access).expect("the rules of access");
        std::fs::write(&access, format!("{rule}\n{rules}")).expect("the rules of access can be written");
    }

    /// Puts a file into its folder, for its eyes only. Gives its name there.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn keep(&self, name: &str, text: &str) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its permissions");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&path));
        }
        path.display().to_string()
    }

    /// The address of a store in it, in a schema of its own.
    pub fn store(&self, schema: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres?schema={schema}", self.port)
    }

    /// Where it listens on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `pg_ctl`: for example `&["restart", "-m", "immediate"]`.
    ///
    /// # Panics
    /// When it fails.
    pub fn control(&self, words: &[&str]) {
        // Every address, so that it is also reached from a network namespace; fsync is on by default, and is said all the same.
        let options = format!(
            "-p {} -k {} -c listen_addresses=* -c fsync=on -c max_connections=200 -c shared_buffers=16MB",
            self.port,
            self.folder.display()
        );
        let mut command = self.program("pg_ctl");
        command.args(words).arg("-D").arg(self.data()).args(["-w", "-t", "60", "-s", "-l"]).arg(self.folder.join("log"));
        run(command.args(["-o", &options]));
    }

    /// Runs SQL and gives what it says, one row a line.
    ///
    /// # Panics
    /// When it fails.
    pub fn sql(&self, sql: &str) -> String {
        let mut command = self.program("psql");
        command.args(["-X", "-q", "-A", "-t", "-U", "postgres", "-h", "127.0.0.1", "-d", "postgres", "-p"]);
        run(command.arg(self.port.to_string()).args(["-v", "ON_ERROR_STOP=1", "-c", sql]))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of the programs, as a user who is not root.
    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut command = self.program("pg_ctl");
        command.args(["stop", "-m", "immediate", "-w", "-s", "-D"]).arg(self.data());
        let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// Runs a command to its end. Its output goes through a file: a server that it starts would keep a pipe open.
fn run(command: &mut Command) -> String {
    let out = tempfile::tempfile().expect("a file");
    let error = tempfile::tempfile().expect("a file");
    let streams = (out.try_clone().expect("a handle"), error.try_clone().expect("a handle"));
    let status = command.stdin(Stdio::null()).stdout(streams.0).stderr(streams.1).status();
    let read = |mut file: std::fs::File| {
        use std::io::{Read as _, Seek as _};
        let mut text = String::new();
        let _ = file.rewind();
        let _ = file.read_to_string(&mut text);
        text
    };
    let (said, why) = (read(out), read(error));
    match status {
        Ok(status) if status.success() => said,
        other => panic!("{command:?}: {other:?}\n{said}{why}"),
    }
}
