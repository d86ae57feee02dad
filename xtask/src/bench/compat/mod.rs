//! The checker against its peers: one Avro pair, trees of `.proto` files, an AsyncAPI document; and what each costs as it grows.
//!
//! CPU is user and system time of all threads; memory is the largest resident set of the process.

mod asyncapi;
mod avro;
mod growth;
mod protobuf;
mod samples;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::process::{Usage, measure, median};
use crate::run::target;

/// What can be measured on its own, as `cargo xtask bench compat-avro`.
pub(super) const PARTS: [&str; 4] = ["avro", "protobuf", "asyncapi", "growth"];

/// Runs all of it or a part; `library` is the program of `bench/` that checks in process.
pub(super) fn run(binary: &Path, library: &Path, part: Option<&str>) -> Result<()> {
    let wanted = |name: &str| part.is_none_or(|part| part == name);
    if wanted("avro") {
        avro::run(library)?;
    }
    if wanted("protobuf") {
        protobuf::run(binary)?;
    }
    if wanted("asyncapi") {
        asyncapi::run(binary)?;
    }
    if wanted("growth") {
        growth::run(binary, library)?;
    }
    Ok(())
}

/// A folder of its own for what a bench writes.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = target().join("bench-compat").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// Medians over interleaved rounds: one figure for each command, which must end with the code beside it.
fn rounds(count: usize, commands: &mut [(Command, i32)]) -> Result<Vec<Usage>> {
    let mut runs = vec![Vec::with_capacity(count); commands.len()];
    for _ in 0..count {
        for ((command, code), runs) in commands.iter_mut().zip(&mut runs) {
            let usage = measure(command)?;
            ensure!(usage.code == *code, "{} ended with {}, not with {code}", crate::run::shown(command), usage.code);
            runs.push(usage);
        }
    }
    Ok(runs.into_iter().map(median).collect())
}

/// What a command prints, whatever its exit code.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// How many times the CPU and which part of the memory ours needs, next to the aims.
fn aims(ours: Usage, theirs: Usage, cpu: &str, memory: &str) {
    let times = theirs.cpu.as_secs_f64() / ours.cpu.as_secs_f64().max(1e-6);
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let part = ours.peak as f64 / theirs.peak as f64;
    println!("  {times:.1}x less CPU (aim {cpu}), {part:.2} of the memory{memory}");
}
