//! `eventpact descriptor` against `buf build`, whole processes, over a tree as large as that of the APIs of a large company.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::process::{Usage, measure, median, print};
use super::proto_tree::Tree;
use crate::node::ensure_node_client;
use crate::run::target;

const ROUNDS: usize = 5;
const TREE: Tree = Tree { folders: 200, messages: 8 };

/// Both parse, link and check the tree, and write its descriptors without places to nowhere.
pub(crate) fn run(binary: &Path) -> Result<()> {
    let buf = buf()?;
    let proto = target().join("bench-protobuf");
    let bytes = TREE.write(&proto, None)?;
    println!(
        "Protobuf, {} files, {bytes} bytes, whole process, median of {ROUNDS} (aim: 3x less CPU, half the memory)",
        TREE.files()
    );
    let (mut a, mut b, mut c): (Vec<Usage>, Vec<Usage>, Vec<Usage>) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        a.push(measure(Command::new(binary).args(["descriptor", ".", "--out", "/dev/null"]).current_dir(&proto))?);
        b.push(measure(Command::new(&buf).args(["build", ".", "--exclude-source-info", "-o", "/dev/null"]).current_dir(&proto))?);
        let with_places = ["descriptor", ".", "--source-info", "--out", "/dev/null"];
        c.push(measure(Command::new(binary).args(with_places).current_dir(&proto))?);
    }
    let (a, b, c) = (median(a), median(b), median(c));
    ensure!((a.code, b.code, c.code) == (0, 0, 0), "exit codes {}, {} and {}; both must accept the tree", a.code, b.code, c.code);
    print("eventpact descriptor", a, a);
    print("buf build", b, a);
    print("eventpact descriptor --source-info", c, a);
    #[allow(clippy::cast_precision_loss)] // a figure for people
    let memory = a.peak as f64 / b.peak as f64;
    println!("  memory of eventpact / memory of buf: {memory:.2}");
    Ok(())
}

/// The program itself, not the script in front of it.
pub(super) fn buf() -> Result<PathBuf> {
    let packages = ensure_node_client("buf")?.join("node_modules/@bufbuild");
    let entries = fs::read_dir(&packages).with_context(|| format!("cannot read {}", packages.display()))?;
    let found = entries.flatten().map(|entry| entry.path().join("bin/buf")).find(|path| {
        path.is_file()
            && path.parent().and_then(Path::parent).is_some_and(|folder| folder.file_name().is_some_and(|name| name != "buf"))
    });
    found.with_context(|| format!("{} has no buf for this machine", packages.display()))
}
