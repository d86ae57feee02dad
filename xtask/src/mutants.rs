//! `cargo xtask mutants`: leaves out one rule at a time and wants a test to notice. A rule that no test misses is not proved.
//!
//! The rules stand in lists that are constants, and the product has no way to leave one out. So a copy of the sources gets lists
//! that look at a variable, is built once, and its tests run once for each rule.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, root, step, target};

/// The rule to leave out.
const WITHOUT: &str = "EVENTPACT_WITHOUT_RULE";

/// The test programs that are asked, by the prefix of the rule, the quickest first. Rules of buf have no prefix.
const SUITES: [(&str, &[&str]); 5] = [
    ("avro/", &["compat", "compat_corpus"]),
    ("protobuf/", &["compat", "protobuf_corpus"]),
    ("json-schema/", &["compat", "json_schema_corpus"]),
    ("asyncapi/", &["compat_asyncapi"]),
    ("", &["compat_buf"]),
];

/// Leaves out each rule whose id holds the filter.
pub(crate) fn run(filter: Option<&str>) -> Result<()> {
    let tree = target().join("mutants");
    copy(&tree)?;
    mutate(&tree)?;
    let programs = build(&tree)?;
    let program = |name: &str| programs.iter().find(|(own, _)| own == name).map(|(_, path)| path.clone()).context("not built");
    let listed = Command::new(program("rule_ids")?).args(["--nocapture", "--test-threads=1"]).output()?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let ids: Vec<&str> = listed.lines().filter_map(|line| line.strip_prefix("rule ")).collect();
    let ids: Vec<&str> = ids.into_iter().filter(|id| filter.is_none_or(|f| id.contains(f))).collect();
    if ids.is_empty() {
        bail!("no rule of that name");
    }
    let all: BTreeSet<&str> = SUITES.iter().flat_map(|(_, suites)| suites.iter().copied()).collect();
    for name in all {
        if let Some(red) = first_red(&tree, &program(name)?, "")? {
            bail!("{name} fails with all rules in place: {red}");
        }
    }
    let mut survivors = Vec::new();
    for id in &ids {
        let suites = SUITES.iter().find(|(prefix, _)| id.starts_with(prefix)).map_or(&[][..], |(_, suites)| *suites);
        let mut seen = None;
        for suite in suites {
            if let Some(test) = first_red(&tree, &program(suite)?, id)? {
                seen = Some(format!("{suite}: {test}"));
                break;
            }
        }
        println!("{id:<50} {}", seen.as_deref().unwrap_or("NOBODY NOTICES"));
        if seen.is_none() {
            survivors.push(*id);
        }
    }
    println!("{} rules left out one by one, {} noticed by a test", ids.len(), ids.len() - survivors.len());
    if !survivors.is_empty() {
        bail!("no test notices that these rules are gone: {}", survivors.join(", "));
    }
    Ok(())
}

/// The sources as they are now, without what git ignores. Files that are the same stay untouched, so that they are not built again.
fn copy(tree: &Path) -> Result<()> {
    let mut list = Command::new("git");
    list.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let output = list.output().context("git cannot be started")?;
    if !output.status.success() {
        bail!("git ls-files fails; the sources must be a working tree of git");
    }
    for name in String::from_utf8(output.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let from = root().join(name);
        if from.is_file() {
            put(&tree.join(name), &fs::read(&from)?)?;
        }
    }
    Ok(())
}

fn put(path: &Path, content: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Makes the lists of rules look at the variable.
fn mutate(tree: &Path) -> Result<()> {
    const LIST: &str = "const RULES: &[&Rule<Check>] = &[";
    let mut lists = 0;
    let mut open = vec![tree.join("compat/src")];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let old = fs::read_to_string(&path)?;
            let mut text =
                old.replace("in RULES {", "in RULES.iter() {").replace("in rules::RULES {", "in rules::RULES.iter() {");
            if let Some(line) = old.lines().find(|line| line.contains(LIST)) {
                let visible = line.split("const ").next().unwrap_or("");
                text = text.replace(line, "static LISTED: &[&Rule<Check>] = &[");
                write!(
                    text,
                    "\n{visible}static RULES: std::sync::LazyLock<Vec<&'static Rule<Check>>> = std::sync::LazyLock::new(|| \
                     LISTED.iter().copied().filter(|rule| crate::rule::takes_part(rule.info.id)).collect());\n"
                )?;
                lists += 1;
            }
            let flat = "ALL.iter().flat_map(|rules| rules.iter())";
            if old.contains(flat) {
                text = text.replace(flat, &format!("{flat}.filter(|rule| crate::rule::takes_part(rule.info.id))"));
                lists += 1;
            }
            if path.ends_with("compat/src/rule.rs") {
                write!(
                    text,
                    "\npub(crate) fn takes_part(id: &str) -> bool {{ std::env::var(\"{WITHOUT}\").map_or(true, |out| out != id) }}\n"
                )?;
            }
            if text != old {
                put(&path, text.as_bytes())?;
            }
        }
    }
    if lists != SUITES.len() {
        bail!("{lists} lists of rules were found, not {}; `xtask/src/mutants.rs` knows how they are written", SUITES.len());
    }
    let ids = "//! The ids of all rules.\n#[test]\nfn ids() {\n    for rule in eventpact_compat::rule::all() {\n        \
               println!(\"\\nrule {}\", rule.id);\n    }\n}\n";
    put(&tree.join("tests/tests/rule_ids.rs"), ids.as_bytes())
}

/// Builds the test programs of the copy: their names and paths.
fn build(tree: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut args: Vec<&str> = vec!["test", "--quiet", "--no-run", "--package", "eventpact-tests", "--test", "rule_ids"];
    let suites: BTreeSet<&str> = SUITES.iter().flat_map(|(_, suites)| suites.iter().copied()).collect();
    args.extend(suites.iter().flat_map(|suite| ["--test", suite]));
    let mut command = cargo(&args);
    // Cargo takes the copy's packages for those of the workspace itself: in one folder each would stand for the other.
    command.current_dir(tree).env("CARGO_TARGET_DIR", tree.join("target"));
    command.env_remove(WITHOUT);
    step("tests of the copy", &mut command)?;
    command.args(["--message-format", "json"]);
    let output = command.stderr(Stdio::null()).output()?;
    let mut programs = Vec::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        if let (Some(name), Some(path)) = (message["target"]["name"].as_str(), message["executable"].as_str()) {
            programs.push((name.to_owned(), PathBuf::from(path)));
        }
    }
    Ok(programs)
}

/// The first test of a program that fails without the rule; `None` when all pass.
fn first_red(tree: &Path, program: &Path, without: &str) -> Result<Option<String>> {
    let mut command = Command::new(program);
    command
        .env(WITHOUT, without)
        .env_remove("BLESS")
        .env("EVENTPACT_SHARED", root().join("../shared"))
        .current_dir(tree.join("tests"));
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{} cannot be started", program.display()))?;
    if output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let red = text.lines().find_map(|line| line.strip_prefix("test ")?.strip_suffix(" ... FAILED")).unwrap_or("ends early");
    // The folder of the case, where the test names it.
    let case = text.split_whitespace().find_map(|word| word.split_once("/tests/compat/")?.1.strip_suffix("/expected.txt"));
    Ok(Some(case.map_or_else(|| red.to_owned(), |case| format!("{red} ({case})"))))
}
