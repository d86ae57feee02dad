//! Avro Java in a process of its own, which tells the CPU time of the thread that did the work: what its garbage collector and
//! its compiler spend in other threads is not counted.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::Failed;

/// A running `tests/clients/java_avro/Compat.java`.
pub(crate) struct Java {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Java {
    pub(crate) fn start(java: &str, class_path: &str, new: &str, old: &str) -> Result<Self, Failed> {
        let mut command = Command::new(java);
        command.args(["-Xmx512m", "-cp", class_path, "Compat", new, old]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("{java} cannot be started: {e}"))?;
        let asked = child.stdin.take().ok_or("no standard input")?;
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, asked, answers })
    }

    /// One line of answer.
    pub(crate) fn ask(&mut self, question: &str) -> Result<String, Failed> {
        writeln!(self.asked, "{question}")?;
        self.asked.flush()?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        if line.is_empty() {
            return Err("Avro Java ended; what it said is above".into());
        }
        Ok(line.trim().to_owned())
    }

    /// Microseconds of one of so many rounds, and the verdict.
    pub(crate) fn micros(&mut self, what: &str, rounds: u32) -> Result<(String, f64), Failed> {
        let answer = self.ask(&format!("{what} {rounds}"))?;
        let (verdict, nanos) = answer.split_once(' ').ok_or_else(|| format!("unexpected answer {answer:?}"))?;
        Ok((verdict.to_owned(), nanos.parse::<f64>()? / 1e3 / f64::from(rounds)))
    }
}

impl Drop for Java {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
