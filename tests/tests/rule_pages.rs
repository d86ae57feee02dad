//! Every id that a finding can have is known to `eventpact explain`, and every page belongs to an id that is found.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use eventpact_tests::{program, root};
use serde_json::Value;

/// What ids start with. Other texts of this form would be media types and the like.
const FAMILIES: [&str; 9] = ["yaml", "source", "fmt", "avro", "protobuf", "json-schema", "asyncapi", "check", "config"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The literals in the sources that are ids: `family/some-words`, the official parser's names, and buf's where its rules are.
fn reported() -> BTreeSet<String> {
    let mut files = Vec::new();
    for room in ["contract", "compat", "cli"] {
        sources(&root().join(room).join("src"), &mut files);
    }
    let mut ids = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let of_buf = file.parent().is_some_and(|folder| folder.ends_with("protobuf/buf/rules"));
        let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap_or(&text);
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            ids.extend(
                line.split('"')
                    .skip(1)
                    .step_by(2)
                    .filter(|literal| is_id(literal) || (of_buf && is_id_of_buf(literal)))
                    .map(str::to_owned),
            );
        }
    }
    ids
}

/// Other texts of this form are values of options.
fn is_id_of_buf(text: &str) -> bool {
    const SUBJECTS: [&str; 10] =
        ["ENUM", "EXTENSION", "FIELD", "FILE", "MESSAGE", "ONEOF", "PACKAGE", "RESERVED", "RPC", "SERVICE"];
    let subject = text.split_once('_').map_or("", |(subject, _)| subject);
    SUBJECTS.contains(&subject) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_id(text: &str) -> bool {
    let words = |words: &str, upper: bool| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || (upper && b.is_ascii_uppercase());
        words.split('-').all(|word| !word.is_empty() && word.bytes().all(plain))
    };
    let official = |text: &str| {
        let tail = ["asyncapi-", "asyncapi2-", "asyncapi3-"].iter().find_map(|head| text.strip_prefix(head));
        text == "invalid-ref" || tail.is_some_and(|tail| words(tail, true))
    };
    match text.split_once('/') {
        Some((family, name)) => FAMILIES.contains(&family) && words(name, false),
        None => official(text),
    }
}

#[test]
fn every_id_that_is_found_has_a_page_and_every_page_an_id() {
    let output = Command::new(program("eventpact")).args(["rules", "--json"]).output().expect("eventpact can be started");
    let list: Value = serde_json::from_slice(&output.stdout).expect("a JSON list");
    let rules = list.as_array().expect("a list").iter();
    let pages: BTreeSet<String> = rules.map(|rule| rule["rule"].as_str().expect("an id").to_owned()).collect();
    let reported = reported();
    assert!(reported.len() > 100, "only {} ids were found in the sources", reported.len());
    let silent: Vec<&String> = reported.difference(&pages).collect();
    assert!(silent.is_empty(), "these have no page (contract/src/rule/pages/, or a rule file): {silent:#?}");
    let stale: Vec<&String> = pages.difference(&reported).collect();
    assert!(stale.is_empty(), "nothing reports these, so their pages can go: {stale:#?}");
}

#[test]
fn every_page_says_something() {
    let output = Command::new(program("eventpact")).args(["rules", "--json"]).output().expect("eventpact can be started");
    let list: Value = serde_json::from_slice(&output.stdout).expect("a JSON list");
    for rule in list.as_array().expect("a list").iter().step_by(10) {
        let id = rule["rule"].as_str().expect("an id");
        let output = Command::new(program("eventpact")).args(["explain", id]).output().expect("eventpact can be started");
        let page = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && page.starts_with(id) && page.lines().count() > 4, "{page}");
    }
}

/// What `rules` says of a rule's severity is the worst that its own cases show.
#[test]
fn the_severity_of_a_rule_is_that_of_its_findings() {
    let output =
        Command::new(program("eventpact")).args(["rules", "--format", "json"]).output().expect("eventpact can be started");
    let list: Value = serde_json::from_slice(&output.stdout).expect("a JSON list");
    let mut texts = String::new();
    expectations(&root().join("tests/compat"), &mut texts);
    let worst = |id: &str| ["error", "warning", "info"].into_iter().find(|word| texts.contains(&format!("{word}[{id}]")));
    let mut known = 0;
    for rule in list.as_array().expect("a list").iter().filter(|rule| rule["breaks"].is_string()) {
        let id = rule["rule"].as_str().expect("an id");
        assert!(rule["page"].as_str().is_some_and(|page| page.len() > 100), "{rule:#}");
        if let Some(worst) = worst(id) {
            assert_eq!(rule["severity"], worst, "{id}");
            known += 1;
        }
    }
    assert!(known > 90, "only {known} rules have a finding in a case");
}

fn expectations(folder: &Path, texts: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            expectations(&path, texts);
        } else if path.file_name().is_some_and(|name| name == "expected.txt") {
            texts.push_str(&std::fs::read_to_string(&path).expect("what is expected"));
        }
    }
}
