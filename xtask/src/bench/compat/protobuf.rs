//! `eventpact check --profile buf:FILE` against `buf breaking`, whole processes, over a large tree and over two tiny files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{aims, folder, rounds, said};
use crate::bench::process::print;
use crate::bench::proto_tree::{Tree, Version};
use crate::bench::protobuf::buf;

const ROUNDS: usize = 5;
const TINY_ROUNDS: usize = 15;
/// About 5 kB a file, as in the published APIs of large companies.
const TREE: Tree = Tree { folders: 200, messages: 2 };

/// Rule and file of a finding, and how often it stands there.
type Counts = BTreeMap<(String, String), usize>;

pub(super) fn run(binary: &Path) -> Result<()> {
    let buf = buf()?;
    println!("buf {}", said(Command::new(&buf).arg("--version"))?);
    tree(binary, &buf)?;
    tiny(binary, &buf)
}

fn tree(binary: &Path, buf: &Path) -> Result<()> {
    let folder = folder("protobuf")?;
    TREE.write(&folder.join("new"), Some(Version::New))?;
    let bytes = TREE.write(&folder.join("old"), Some(Version::Old))?;
    let mut ours = Command::new(binary);
    ours.args(["check", "new", "--against", "old", "--profile", "buf:FILE", "--format", "json"]).current_dir(&folder);
    let mut theirs = Command::new(buf);
    theirs.args(["breaking", "new", "--against", "old", "--error-format", "json"]).current_dir(&folder);
    let (our_findings, their_findings) = (ours_found(&said(&mut ours)?)?, buf_found(&said(&mut theirs)?)?);
    let total = |counts: &Counts| counts.values().sum::<usize>();
    println!(
        "Protobuf, {} files, {bytes} bytes, old against new, whole process, median of {ROUNDS}; buf:FILE finds {}, buf finds {}",
        TREE.files(),
        total(&our_findings),
        total(&their_findings)
    );
    for (rule, file) in difference(&our_findings, &their_findings) {
        println!("  differs: {rule} in {file}");
    }
    ensure!(our_findings == their_findings, "the findings are not the same");
    let usages = rounds(ROUNDS, &mut [(ours, 1), (theirs, 100)])?;
    if let [ours, theirs] = usages.as_slice() {
        print("eventpact check", *ours, *ours);
        print("buf breaking", *theirs, *ours);
        aims(*ours, *theirs, "3x", " (aim 0.25)");
    }
    Ok(())
}

fn tiny(binary: &Path, buf: &Path) -> Result<()> {
    let folder = folder("protobuf-tiny")?;
    for (version, ty) in [("old", "string"), ("new", "int32")] {
        let path = folder.join(version);
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        let text = format!("syntax = \"proto3\";\npackage shop.v1;\nmessage Order {{\n  {ty} id = 1;\n}}\n");
        std::fs::write(path.join("order.proto"), text)?;
    }
    let mut ours = Command::new(binary);
    ours.args(["check", "new/order.proto", "--against", "old/order.proto", "--profile", "buf:FILE"]).current_dir(&folder);
    let mut theirs = Command::new(buf);
    theirs.args(["breaking", "new", "--against", "old"]).current_dir(&folder);
    println!("Protobuf, two files of one message, whole process, median of {TINY_ROUNDS}");
    let usages = rounds(TINY_ROUNDS, &mut [(ours, 1), (theirs, 100)])?;
    if let [ours, theirs] = usages.as_slice() {
        print("eventpact check", *ours, *ours);
        print("buf breaking", *theirs, *ours);
        aims(*ours, *theirs, "10x", "");
    }
    Ok(())
}

fn ours_found(text: &str) -> Result<Counts> {
    let report: Value = serde_json::from_str(text).context("eventpact does not print JSON")?;
    let mut counts = Counts::new();
    for finding in report["findings"].as_array().into_iter().flatten() {
        let rule = finding["rule"].as_str().unwrap_or_default();
        let file = finding["file"].as_str().unwrap_or_default();
        let file = file.strip_prefix("new/").unwrap_or_default();
        // buf names no file for what is gone as a whole.
        *counts.entry((rule.to_owned(), file.to_owned())).or_default() += 1;
    }
    Ok(counts)
}

fn buf_found(text: &str) -> Result<Counts> {
    let mut counts = Counts::new();
    for line in text.lines() {
        let finding: Value = serde_json::from_str(line).with_context(|| format!("buf does not print JSON: {line}"))?;
        let rule = finding["type"].as_str().unwrap_or_default();
        let file = finding["path"].as_str().unwrap_or_default();
        let file = file.strip_prefix("new/").unwrap_or_default();
        *counts.entry((rule.to_owned(), file.to_owned())).or_default() += 1;
    }
    Ok(counts)
}

/// What only one of the two has, or another number of times.
fn difference<'a>(ours: &'a Counts, theirs: &'a Counts) -> impl Iterator<Item = &'a (String, String)> {
    let lacking = ours.iter().filter(|(key, n)| theirs.get(*key) != Some(n)).map(|(key, _)| key);
    lacking.chain(theirs.keys().filter(|key| !ours.contains_key(*key))).take(20)
}
