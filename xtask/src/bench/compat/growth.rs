//! What a check costs for each file, field and channel as there are more of them: the cost of one must not grow.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{folder, rounds, samples};
use crate::bench::proto_tree::{Tree, Version};
use crate::run::step;

const ROUNDS: usize = 5;
/// Folders of 20 files.
const FOLDERS: [usize; 3] = [25, 100, 200];
const FIELDS: [usize; 3] = [100, 1_000, 10_000];
const CHANNELS: [usize; 3] = [50, 500, 5_000];

pub(super) fn run(binary: &Path, library: &Path) -> Result<()> {
    files(binary)?;
    let folder = folder("growth")?;
    let pair = |number: usize| samples::avro_pair(number, true);
    documents(library, &folder, ("field", "avsc"), &FIELDS, pair)?;
    documents(library, &folder, ("channel", "yaml"), &CHANNELS, samples::asyncapi_pair)
}

fn files(binary: &Path) -> Result<()> {
    println!("Growth, `check --profile buf:FILE` of trees, whole process, median of {ROUNDS} (aim: flat, <= 1.2x)");
    let folder = folder("growth")?;
    let mut commands = Vec::new();
    for folders in FOLDERS {
        let tree = Tree { folders, messages: 2 };
        let root = folder.join(format!("{}-files", tree.files()));
        tree.write(&root.join("new"), Some(Version::New))?;
        tree.write(&root.join("old"), Some(Version::Old))?;
        let mut command = Command::new(binary);
        command.args(["check", "new", "--against", "old", "--profile", "buf:FILE", "--format", "json"]).current_dir(&root);
        commands.push((command, 1));
    }
    let mut first = None;
    for (folders, usage) in FOLDERS.iter().zip(rounds(ROUNDS, &mut commands)?) {
        let files = Tree { folders: *folders, messages: 2 }.files();
        #[allow(clippy::cast_precision_loss)] // figures for people
        let (micros, kibibytes) = (usage.cpu.as_secs_f64() * 1e6 / files as f64, usage.peak as f64 / 1024.0 / files as f64);
        let factor = micros / *first.get_or_insert(micros);
        println!("  {files:6} files     {micros:9.2} µs per unit {factor:8.2}x   ({kibibytes:.0} KiB per file)");
    }
    Ok(())
}

/// Pairs of documents of several sizes, in process.
fn documents(
    library: &Path,
    folder: &Path,
    (unit, ending): (&str, &str),
    sizes: &[usize],
    pair: impl Fn(usize) -> (String, String),
) -> Result<()> {
    let mut command = Command::new(library);
    command.args(["growth", unit]);
    for size in sizes {
        let (new, old) = pair(*size);
        command.arg(size.to_string());
        for (version, text) in [("new", new), ("old", old)] {
            let path = folder.join(format!("{size}-{unit}-{version}.{ending}"));
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
            command.arg(path);
        }
    }
    step(&format!("Growth, reading and comparing two versions by the {unit}, in process (aim: flat, <= 1.2x)"), &mut command)
}
