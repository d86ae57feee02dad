//! The checker in process: reading two versions and comparing them, against warm Avro Java and the `apache-avro` crate, and what
//! it costs as a document grows. Rounds are interleaved; figures are medians of CPU time of the thread.
//!
//! `compat avro NEW OLD JAVA CLASSPATH` and `compat growth UNIT (NUMBER NEW OLD)…`; `cargo xtask bench compat` writes the files.

#![allow(clippy::print_stdout)] // the figures are the output

mod growth;
mod java;
mod peers;

use std::collections::BTreeMap;
use std::time::Duration;

use cpu_time::ThreadTime;
use eventpact_compat::asyncapi;
use eventpact_compat::check;
use eventpact_compat::mode::Mode;
use eventpact_compat::options::Options;
use eventpact_compat::pair::Pair;
use eventpact_contract::load::{Document, load};
use eventpact_contract::source::{Memory, Sources};

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["avro", new, old, java, class_path] => peers::run(new, old, java, class_path),
        ["growth", unit, sizes @ ..] => growth::run(unit, sizes),
        _ => Err("run it as `cargo xtask bench compat`".into()),
    }
}

/// Two versions of a document as texts.
struct Pairing {
    name: String,
    new: Memory,
    old: Memory,
}

impl Pairing {
    fn read(new: &str, old: &str) -> Result<Self, Failed> {
        let name = new.rsplit('/').next().unwrap_or(new).to_owned();
        let memory = |path: &str| -> Result<Memory, Failed> {
            let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {path}: {e}"))?;
            Ok(Memory(BTreeMap::from([(name.clone(), text)])))
        };
        let (new, old) = (memory(new)?, memory(old)?);
        Ok(Self { name, new, old })
    }

    fn text(memory: &Memory) -> &str {
        memory.0.values().next().map_or("", String::as_str)
    }

    /// Reads both and compares them: the number of findings.
    fn check(&self) -> Result<usize, Failed> {
        let mut sources = Sources::new();
        let (new, new_found) = load(&mut sources, &self.new, &self.name);
        let (old, old_found) = load(&mut sources, &self.old, &self.name);
        match (new, old) {
            (Some(new), Some(old)) => compare(&new, &old),
            _ => Err(format!("{} is not read: {:?}", self.name, new_found.first().or(old_found.first())).into()),
        }
    }
}

fn compare(new: &Document, old: &Document) -> Result<usize, Failed> {
    match (new, old) {
        (Document::Contract(new), Document::Contract(old)) => {
            Ok(asyncapi::compare(new, old, Mode::Full, Options::default()).findings.len())
        }
        (Document::Schema(new), Document::Schema(old)) => {
            Ok(check::compare(Pair::new(new, old), Options::default()).findings.len())
        }
        _ => Err("one is a schema, the other a contract".into()),
    }
}

fn time<T>(run: impl FnOnce() -> Result<T, Failed>) -> Result<Duration, Failed> {
    let start = ThreadTime::now();
    std::hint::black_box(run()?);
    Ok(start.elapsed())
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
