//! `git cat-file --batch`: one process that gives the content of many files, started with the first of them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::input::files::MAX_BYTES;

/// The process, once it is needed.
#[derive(Default)]
pub(super) struct Batch {
    running: Mutex<Option<Running>>,
}

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Batch {
    /// The content of an object, named `COMMIT:PATH`; `None` when there is none. Links within the commit are followed.
    pub(super) fn content(&self, object: &str) -> Result<Option<Vec<u8>>, String> {
        if object.contains('\n') {
            return alone(object); // a line is what separates one question from the next
        }
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let process = match running.as_mut() {
            Some(process) => process,
            None => running.insert(Running::start()?),
        };
        let answer = process.ask(object).map_err(|error| format!("git does not answer: {error}"));
        if answer.is_err() {
            *running = None; // what is left of the answer would be taken for the next one
        }
        answer?
    }
}

/// The content of an object whose name has a line break, from a process of its own.
fn alone(object: &str) -> Result<Option<Vec<u8>>, String> {
    let mut command = Command::new("git");
    command.args(["cat-file", "blob", object]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("git cannot be started: {e}"))?;
    let mut bytes = Vec::new();
    let read = child.stdout.take().map(|out| out.take(MAX_BYTES + 1).read_to_end(&mut bytes));
    if bytes.len() as u64 > MAX_BYTES {
        child.kill().ok();
        child.wait().ok();
        return Err(format!("it has more than {MAX_BYTES} bytes"));
    }
    let status = child.wait().map_err(|error| format!("git does not answer: {error}"))?;
    Ok((status.success() && read.is_some_and(|read| read.is_ok())).then_some(bytes))
}

impl Running {
    fn start() -> Result<Self, String> {
        let mut command = Command::new("git");
        command.args(["cat-file", "--batch", "--follow-symlinks"]).stderr(Stdio::null());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|e| format!("git cannot be started: {e}"))?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self { child, input, output: BufReader::new(output) }),
            _ => Err("git cannot be talked to".to_owned()),
        }
    }

    /// The outer error is one of the process, the inner one of the object.
    fn ask(&mut self, object: &str) -> std::io::Result<Result<Option<Vec<u8>>, String>> {
        writeln!(self.input, "{object}")?;
        self.input.flush()?;
        let mut head = String::new();
        if self.output.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        // `<id> blob <size>`, `<object> missing`, or for links that lead nowhere `dangling <size>` and the name.
        let mut words = head.trim_end().rsplit(' ');
        let Some(size) = words.next().and_then(|size| size.parse::<u64>().ok()) else { return Ok(Ok(None)) };
        let is_file = words.next() == Some("blob");
        let mut bytes = Vec::new();
        if size > MAX_BYTES || !is_file {
            std::io::copy(&mut self.output.by_ref().take(size + 1), &mut std::io::sink())?;
            let too_large = format!("it has {size} bytes (the limit is {MAX_BYTES})");
            return Ok(if is_file { Err(too_large) } else { Ok(None) });
        }
        self.output.by_ref().take(size).read_to_end(&mut bytes)?;
        self.output.read_exact(&mut [0])?;
        Ok(Ok(Some(bytes)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has nothing to lose: whatever it still says, nobody asked for.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
