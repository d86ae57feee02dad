//! `eventpact check` of a large AsyncAPI document against the official differ with the official parser, whole processes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{aims, folder, rounds, said, samples};
use crate::bench::process::print;
use crate::node::ensure_node_client;

const ROUNDS: usize = 5;
const CHANNELS: usize = 500;

pub(super) fn run(binary: &Path) -> Result<()> {
    let client = ensure_node_client("asyncapi_diff")?;
    let folder = folder("asyncapi")?;
    let (new, old) = samples::asyncapi_pair(CHANNELS);
    println!("AsyncAPI, {CHANNELS} channels, {} changes, {} bytes, whole process, median of {ROUNDS}", CHANNELS / 10, old.len());
    for (name, text) in [("new.yaml", new), ("old.yaml", old)] {
        std::fs::write(folder.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    for package in ["diff", "parser"] {
        println!("  @asyncapi/{package} {}", version(&client, package)?);
    }
    let mut ours = Command::new(binary);
    ours.args(["check", "new.yaml", "--against", "old.yaml", "--format", "json"]).current_dir(&folder);
    let mut theirs = Command::new("node");
    theirs.arg(client.join("diff.mjs")).args(["old.yaml", "new.yaml"]).current_dir(&folder);
    let report: Value = serde_json::from_str(&said(&mut ours)?).context("eventpact does not print JSON")?;
    let found = report["findings"].as_array().map_or(0, Vec::len);
    let classes = said(&mut theirs)?;
    ensure!(classes.starts_with('{'), "the differ does not answer: {classes}");
    println!("  eventpact: {found} findings; @asyncapi/diff: {classes}");
    let usages = rounds(ROUNDS, &mut [(ours, 1), (theirs, 0)])?;
    if let [ours, theirs] = usages.as_slice() {
        print("eventpact check", *ours, *ours);
        print("@asyncapi/diff with its parser", *theirs, *ours);
        aims(*ours, *theirs, "50x", "");
    }
    Ok(())
}

/// The version of a package that is installed.
fn version(client: &Path, package: &str) -> Result<String> {
    let path = client.join("node_modules/@asyncapi").join(package).join("package.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: Value = serde_json::from_str(&text)?;
    Ok(manifest["version"].as_str().unwrap_or("of unknown version").to_owned())
}
