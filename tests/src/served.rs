//! `eventpact serve` as its own process, for tests that talk to a registry.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::program;

/// A registry on a store of its own, until it is dropped.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub url: String,
    _store: TempDir,
    /// It has more to say, and nobody may hang up.
    _output: BufReader<ChildStdout>,
}

impl Served {
    /// Starts it on a free port, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        let store = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(program("eventpact"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--store", "sqlite:registry.db"]).current_dir(store.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the server starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        output.read_line(&mut line).expect("a line");
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        Self { url: url.trim_end_matches(',').to_owned(), child, _store: store, _output: output }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
