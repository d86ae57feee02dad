//! `eventpact serve` as its own process, for tests that talk to a registry.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use tempfile::TempDir;

use crate::program;

/// A registry in a process of its own, which is killed when this is dropped.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub url: String,
    _store: Option<TempDir>,
    /// It has more to say, and nobody may hang up.
    _output: BufReader<ChildStdout>,
}

impl Served {
    /// Starts it on a free port and a store of its own, and waits until it listens.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = format!("sqlite:{}", folder.path().join("registry.db").display());
        Self::launch(&program("eventpact"), &store, &[], Some(folder)).expect("it starts")
    }

    /// Starts it on a store that is there or not, under another program where one is named (`strace …`). When it refuses to
    /// start, all that it said.
    ///
    /// # Errors
    /// The output and the exit code of a process that ended without listening.
    ///
    /// # Panics
    /// When the program cannot be run at all.
    pub fn at(store: &str, under: &[&str]) -> Result<Self, Output> {
        Self::by(&program("eventpact"), store, under)
    }

    /// The same with another build of the program.
    ///
    /// # Errors
    /// As for [`Served::at`].
    pub fn by(program: &Path, store: &str, under: &[&str]) -> Result<Self, Output> {
        Self::launch(program, store, under, None)
    }

    fn launch(program: &Path, store: &str, under: &[&str], folder: Option<TempDir>) -> Result<Self, Output> {
        let mut command = match under {
            [] => Command::new(program),
            [first, rest @ ..] => {
                let mut command = Command::new(first);
                command.args(rest).arg(program);
                command
            }
        };
        command.args(["serve", "--listen", "127.0.0.1:0", "--store", store]).env("NO_COLOR", "1");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        output.read_line(&mut line).expect("a line");
        let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) else {
            return Err(child.wait_with_output().expect("its end"));
        };
        let url = url.trim_end_matches(',').to_owned();
        // Whatever it complains of later is for nobody: a full pipe must not stop it.
        let mut complaints = child.stderr.take().expect("a pipe");
        std::thread::spawn(move || std::io::copy(&mut complaints, &mut std::io::sink()));
        Ok(Self { url, child, _store: folder, _output: output })
    }

    /// The same for a SQLite file.
    ///
    /// # Errors
    /// As for [`Served::at`].
    pub fn on_file(path: &Path) -> Result<Self, Output> {
        Self::at(&format!("sqlite:{}", path.display()), &[])
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// When its end cannot be waited for.
    pub fn ended(mut self) {
        self.child.wait().expect("its end");
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
